"""A template before it is saved: what it makes for an example or a project, and what is wrong with it, line by line.

Stores nothing; reads Jenkins for a template job, which is kept there. Must not: show a secret of a job, or accept a
version of which a controller in use has no job.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from apps.catalog.jobtemplates import job_problems, masked
from apps.catalog.looking import read_template
from apps.catalog.models import Language, TemplateVersion
from apps.catalog.rendering import Problem
from apps.catalog.services import JOB_NAME, SAMPLE, check_job_name, dockerfile_problems, refuse, sidecar_problems
from apps.common.errors import IntegrationError, Invalid
from apps.integrations.clients import get_jenkins
from apps.integrations.jenkins import jobxml
from apps.integrations.loop import run_many
from apps.integrations.models import JenkinsController
from apps.projects.models import Project

KIND = TemplateVersion.Kind
JENKINS_FIELD = "jenkins_template"


@dataclass(frozen=True)
class Previewed:
    """rendered: the Dockerfile or the job's configuration, "" when there is none. values: what was filled in.

    where: the controller whose template job was read, "" for none.
    """

    rendered: str
    problems: list[Problem]
    values: dict[str, str]
    where: str = ""


def preview(language: Language, kind: str, text: str, project: Project | None) -> Previewed:
    """What the text makes; Invalid when the project is of another language.

    `text` is a Dockerfile's source, the name of a template job, or a sidecar's image. Content is never refused: it is a problem.
    """
    if project is not None and project.language != language.slug:
        about = {"project": project.slug, "language": project.language}
        raise Invalid(fields={"project": [{"code": "template.other_language", "params": about}]})
    values = {"project": project.slug if project else SAMPLE["project"], "language": language.slug}
    if kind == KIND.DOCKERFILE:
        rendered, problems = dockerfile_problems(text, values)
        return Previewed(rendered, problems, values)
    if kind == KIND.LOGGING_SIDECAR:
        return Previewed("", sidecar_problems(text.strip()), {})
    return _job(language, text, project)


def check_job(language: Language, name: str) -> None:
    """Refuse a template job that a controller does not have, or that cannot be built with; calls Jenkins.

    Looked at is each controller that projects of the language use, or, without any project, each one switched on. One
    that does not answer is its IntegrationError: nobody can say that its builds would work.
    """
    check_job_name(name)
    problems: list[Problem] = []
    for row, found in _read(controllers_of(language), name):
        if isinstance(found, IntegrationError):
            if found.code != "jenkins.template_missing":
                raise found
            problems.append(_missing(found))
        else:
            problems += [_on(row, problem) for problem in job_problems(found)]
    refuse(JENKINS_FIELD, problems)


def controllers_of(language: Language) -> list[JenkinsController]:
    """Those that projects of the language use; without any project all that are switched on."""
    active = Project.objects.filter(Project.in_stage(Project.Stage.ACTIVE), language=language.slug)
    used = JenkinsController.objects.filter(pk__in=active.values("jenkins_id"))
    return list((used if used.exists() else JenkinsController.objects.filter(is_enabled=True)).order_by("name"))


def _job(language: Language, name: str, project: Project | None) -> Previewed:
    """The job as the first controller's template job makes it, and the problems of all of them."""
    values = {} if project is None else {"project": project.slug}
    if not JOB_NAME.fullmatch(name):
        return Previewed("", [Problem("template.bad_job_name", params={"name": name[:200]})], values)
    rows = [project.jenkins] if project is not None else controllers_of(language)
    if not rows:
        return Previewed("", [Problem("template.no_jenkins", level="warn")], values)
    rendered, where, problems = "", "", []
    for row, found in _read(rows, name):
        if isinstance(found, IntegrationError):
            is_missing = found.code == "jenkins.template_missing"
            problems.append(_missing(found) if is_missing else Problem(found.code, params=found.params))
            continue
        problems += [_on(row, problem) for problem in job_problems(found)]
        if not rendered and all(problem.code != "template.xml_unreadable" for problem in problems):
            rendered, where = masked(jobxml.job_from_template(found, template=name)), row.name
    return Previewed(rendered, problems, values, where)


def _read(rows: Sequence[JenkinsController], name: str) -> list[tuple[JenkinsController, str | IntegrationError]]:
    if not rows:
        return []
    works = [read_template(get_jenkins(row), name) for row in rows]
    return list(zip(rows, run_many(works, float(settings.CONFIG.outside_timeout) * 2), strict=True))


def _missing(error: IntegrationError) -> Problem:
    about: dict[str, Any] = {name: error.params.get(name, "") for name in ("template", "name")}
    return Problem(error.code, params=about)


def _on(row: JenkinsController, problem: Problem) -> Problem:
    return Problem(problem.code, problem.line, problem.level, {**problem.params, "jenkins": row.name})
