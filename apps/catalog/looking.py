"""The live look at projects' Jenkins jobs: where each stands to its language's template, one page at most (B2).

Template jobs are read once per controller, jobs side by side, and each fails on its own. Must not: write anything, or
take silence for an answer: what could not be read is `unreadable` and says why.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, get_args
from urllib.parse import quote

from django.conf import settings

from apps.catalog import drift
from apps.catalog.models import TemplateVersion
from apps.common.db import db_now
from apps.common.errors import IntegrationError, NotFound
from apps.integrations.clients import get_jenkins
from apps.integrations.jenkins import jobxml, notes
from apps.integrations.jenkins.client import Jenkins
from apps.integrations.loop import run_many
from apps.projects.models import Project

Standing = Literal["follows", "edited", "behind", "foreign", "missing", "unreadable"]
STANDINGS: tuple[Standing, ...] = get_args(Standing)
SIDE_BY_SIDE = 8
DEADLINES = 4  # how many deadlines of one call a whole page may take
# What is shown of one job: characters in all, of one value, and lines of one script's difference.
MOST_TEXT, MOST_VALUE, MOST_LINES = 128 * 1024, 8 * 1024, 400


@dataclass(frozen=True)
class Look:
    """What was read of one project's job. The hashes are `jobxml.content_hash`, "" for what was not read.

    template_version: the catalog's version the job says it was made from; None when it says none or is not ours.
    left_out: how many differences are not in `differences`, because their texts together are too long.
    """

    project: Project
    standing: Standing
    template_version: int | None
    newest_version: int
    checked_at: datetime
    differences: tuple[drift.Difference, ...] = ()
    left_out: int = 0
    error: IntegrationError | None = None
    job_hash: str = ""
    template_hash: str = ""

    @property
    def link(self) -> str:
        """Where the job is for people."""
        return job_link(self.project)


def job_link(project: Project) -> str:
    """The page of a project's job in Jenkins."""
    return f"{project.jenkins.url.rstrip('/')}/job/{quote(project.slug)}/"


def look_at_jobs(projects: Sequence[Project], template: TemplateVersion) -> list[Look]:
    """One look per project, in their order; `projects` with their `jenkins`, all of the template's language."""
    controllers = {one.jenkins_id: one.jenkins for one in projects}
    name = template.jenkins_template
    templates = _read({pk: read_template(get_jenkins(row), name) for pk, row in controllers.items()})
    jobs = _read({one.pk: get_jenkins(one.jenkins).get_config(one.slug) for one in projects})
    wanted = _Wanted(template, _versions(template), db_now())
    return [_look(wanted, one, templates[one.jenkins_id], jobs[one.pk]) for one in projects]


def look_at_job(project: Project, template: TemplateVersion) -> Look:
    """The look at one project's job."""
    return look_at_jobs([project], template)[0]


async def read_template(jenkins: Jenkins, name: str) -> str:
    """The template job's config.xml as Jenkins stores it. NotFound `jenkins.template_missing`. Read: repeatable."""
    try:
        return await jenkins.get_config(name)
    except NotFound:
        raise NotFound("jenkins.template_missing", template=name, **jenkins.http.about(f"job {name}")) from None


@dataclass(frozen=True)
class _Wanted:
    """What jobs are compared with. `versions`: the version by the name of its template job, where only one has it."""

    template: TemplateVersion
    versions: dict[str, int]
    at: datetime


def _versions(template: TemplateVersion) -> dict[str, int]:
    """For jobs made before they named their version."""
    same = TemplateVersion.objects.filter(language=template.language_id, kind=template.kind)
    pairs = list(same.values_list("jenkins_template", "version"))
    names = [name for name, _ in pairs]
    return {name: version for name, version in pairs if names.count(name) == 1}


def _read(works: dict[int, Coroutine[Any, Any, str]]) -> dict[int, str | IntegrationError]:
    gate = asyncio.Semaphore(SIDE_BY_SIDE)

    async def in_turn(work: Coroutine[Any, Any, str]) -> str:
        async with gate:
            return await work

    deadline = float(settings.CONFIG.outside_timeout) * DEADLINES
    answers = run_many([in_turn(work) for work in works.values()], deadline) if works else []
    return dict(zip(works, answers, strict=True))


def _look(wanted: _Wanted, project: Project, template: str | IntegrationError, job: str | IntegrationError) -> Look:
    bare = Look(project, "missing", None, wanted.template.version, wanted.at)
    if isinstance(job, IntegrationError) and job.code == "jenkins.job_missing":
        return bare
    try:
        if isinstance(job, IntegrationError):
            raise job
        if isinstance(template, IntegrationError):
            raise template
        return _compared(bare, wanted, template, job)
    except IntegrationError as error:
        return replace(bare, standing="unreadable", error=error)


def _compared(bare: Look, wanted: _Wanted, template: str, job: str) -> Look:
    standing: Standing = drift.standing(template, job)
    read = replace(bare, job_hash=jobxml.content_hash(job), template_hash=jobxml.content_hash(template))
    if standing == "foreign":
        return replace(read, standing=standing)
    note = notes.read(jobxml.description(job))
    if note.template != wanted.template.jenkins_template:
        standing = "behind"  # of another template job, which may say the same
    found = drift.differences(template, job)
    shown = _fitting(found)
    version = note.version or wanted.versions.get(note.template)
    left_out = len(found) - len(shown)
    return replace(read, standing=standing, template_version=version, differences=shown, left_out=left_out)


def _fitting(found: Sequence[drift.Difference]) -> tuple[drift.Difference, ...]:
    """The first ones, with their values cut, that together are no more than MOST_TEXT."""
    shown: list[drift.Difference] = []
    size = 0
    for one in found:
        short = replace(one, template=_cut(one.template), job=_cut(one.job), diff=one.diff[:MOST_LINES])
        size += len(short.path) + len(short.template or "") + len(short.job or "") + sum(map(len, short.diff))
        if size > MOST_TEXT and shown:
            break
        shown.append(short)
    return tuple(shown)


def _cut(text: str | None) -> str | None:
    return text if text is None or len(text) <= MOST_VALUE else f"{text[:MOST_VALUE]}…"
