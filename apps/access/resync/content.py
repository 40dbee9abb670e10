"""What a re-sync is about: its projects, how their jobs stand now, and the content an approval is bound to (B2, D17).

Must not: write anything, or show of a difference what drift hides.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from apps.catalog.drift import Difference
from apps.catalog.looking import Look, look_at_jobs
from apps.catalog.models import TemplateVersion
from apps.catalog.services import newest_template
from apps.common.errors import Conflict
from apps.projects.models import Project

RESYNC = "resync_jobs"
MOST_PROJECTS = 100
# Of each job an approver reads so many differences, characters of a value or line, and lines of a script's difference;
# the rest is on the drift page.
MOST_TOLD, MOST_VALUE, MOST_LINES = 10, 300, 40
Json = dict[str, Any]


def slugs_of(form: Json) -> list[str]:
    """The canary first, then the others in the order they were named."""
    return [form["canary"], *form["projects"]]


def projects_of(form: Json) -> list[Project]:
    """The rows in the order of `slugs_of`; Conflict `resync.project_gone` for one that is not in use any more."""
    slugs = slugs_of(form)
    rows = Project.objects.filter(Project.in_stage(Project.Stage.ACTIVE), slug__in=slugs, language=form["language"])
    found = {row.slug: row for row in rows.select_related("jenkins")}
    for slug in slugs:
        if slug not in found:
            raise Conflict("resync.project_gone", project=slug, language=form["language"])
    return [found[slug] for slug in slugs]


def newest_job_template(language: str) -> TemplateVersion:
    """The version that jobs are brought to; Conflict when the language has none."""
    return newest_template(language, TemplateVersion.Kind.JENKINS_JOB)


def content_now(form: Json) -> Json:
    """`content_of` as everything stands now; calls Jenkins. What cannot be read is its IntegrationError."""
    template = newest_job_template(form["language"])
    looks = look_at_jobs(projects_of(form), template)
    for look in looks:
        if look.error is not None:
            raise look.error
    return content_of(form, template, looks)


def content_of(form: Json, template: TemplateVersion, looks: Sequence[Look]) -> Json:
    """The fingerprint's content: which template, its text per controller, and each job by its text and differences.

    {kind, language, template: {version, job, hashes: {controller id: hash}}, canary, jobs: {slug: {…}}}; a job that is
    gone has the hash "".
    """
    read = [look for look in looks if look.template_hash]
    return {
        "kind": RESYNC,
        "language": form["language"],
        "template": {
            "version": template.version,
            "job": template.jenkins_template,
            "hashes": {str(look.project.jenkins_id): look.template_hash for look in read},
        },
        "canary": form["canary"],
        "jobs": {look.project.slug: _job(look) for look in looks},
    }


def _job(look: Look) -> Json:
    told = [_told(one) for one in look.differences[:MOST_TOLD]]
    return {
        "jenkins": look.project.jenkins.name,
        "link": look.link,
        "hash": look.job_hash,
        "standing": look.standing,
        "template_version": look.template_version,
        "differences": told,
        "more": len(look.differences) + look.left_out - len(told),
    }


def _told(one: Difference) -> Json:
    about = {"path": one.path, "kind": one.kind, "template": _short(one.template), "job": _short(one.job)}
    return {**about, "diff": [_cut(line) for line in overwritten(one.diff)[:MOST_LINES]]} if one.diff else about


def overwritten(diff: Sequence[str]) -> list[str]:
    """The lines of a unified diff from template to job, read the other way: `-` what the job loses, `+` what it gets."""
    lines: list[str] = []
    gets: list[str] = []
    for line in diff:
        if line.startswith("-"):
            gets.append(f"+{line[1:]}")
        elif line.startswith("+"):
            lines.append(f"-{line[1:]}")
        else:
            lines += [*gets, "@@" if line.startswith("@@") else line]
            gets = []
    return lines + gets


def _short(text: str | None) -> str | None:
    return None if text is None else _cut(text)


def _cut(text: str) -> str:
    return text if len(text) <= MOST_VALUE else f"{text[:MOST_VALUE]}…"
