"""The ticket kind `resync_jobs`: who may edit templates asks, another person approves exactly what was read (B2).

The ticket's project is the canary: its job is first, alone, and when it fails nothing else begins. Must not: take in a
job that is not the portal's, or one that could not be read.
"""

from __future__ import annotations

from typing import Any

from apps.access.resync import steps  # noqa: F401 - registers the step
from apps.access.resync.content import (
    MOST_PROJECTS,
    RESYNC,
    content_now,
    content_of,
    newest_job_template,
    projects_of,
    slugs_of,
)
from apps.catalog.looking import Look, look_at_jobs
from apps.catalog.models import Language
from apps.common.errors import Conflict, Invalid
from apps.policy.services import require
from apps.projects.models import Project
from apps.tickets import registry
from apps.tickets.models import Ticket, TicketStatus
from apps.tickets.registry import Filing, Kind, Prepared, StepSpec
from apps.tickets.transitions import OPEN

CANARY_WAVE, REST_WAVE = 1, 2
APPROVALS = 1
REQUEST = "integration.manage"  # who may add a template's version
NOT_WANTED = {"foreign": "resync.job_foreign", "missing": "resync.job_missing", "follows": "resync.job_follows"}
SLUG = {"type": "string", "minLength": 1, "maxLength": 80}
Json = dict[str, Any]


@registry.register
class ResyncJobsKind(Kind):
    """Write the jobs of some projects anew from their language's template."""

    name = RESYNC
    request_action = REQUEST
    approve_action = "resync.approve"
    read_action = "resync.read"
    operate_action = "resync.operate"
    schema = {
        "type": "object",
        "properties": {
            "language": {"type": "string", "minLength": 1, "maxLength": 40},
            "canary": SLUG,
            "projects": {"type": "array", "items": SLUG, "uniqueItems": True, "maxItems": MOST_PROJECTS - 1},
        },
        "required": ["language", "canary", "projects"],
        "additionalProperties": False,
    }

    def prepare(self, filing: Filing) -> Prepared:
        form = filing.form
        _check_named(filing)
        _assert_none_open(form["language"])
        projects = projects_of(form)
        for project in projects:  # a token of one project re-syncs no other
            require(filing.actor, self.request_action, project_id=project.pk, obj=project)
        template = newest_job_template(form["language"])
        looks = look_at_jobs(projects, template)
        _refuse_unfit(form, looks)
        return Prepared(
            title=_title(form, template.version),
            status=TicketStatus.PENDING_APPROVAL,
            facts={"version": template.version, "template": template.jenkins_template},
            approvals_needed=APPROVALS,
            fingerprint_content=content_of(form, template, looks),
        )

    def create(self, ticket: Ticket, prepared: Prepared) -> None:
        # One after the other: the second one sees the first.
        Language.objects.select_for_update(no_key=True).get(slug=ticket.form["language"])
        _assert_none_open(ticket.form["language"], besides=ticket.pk)

    def plan(self, ticket: Ticket) -> list[StepSpec]:
        canary, *rest = projects_of(ticket.form)
        return [
            StepSpec("start", 0),
            _step(canary, CANARY_WAVE),
            *(_step(project, REST_WAVE) for project in rest),
        ]

    def summary(self, ticket: Ticket) -> Json:
        """{language, template, canary, jobs: [{project, canary, …}]}, the canary first, as the fingerprint has them."""
        content = ticket.fingerprint_content or {}
        jobs = content.get("jobs", {})
        return {
            "language": content.get("language", ""),
            "template": {name: content.get("template", {}).get(name) for name in ("version", "job")},
            "canary": content.get("canary", ""),
            "jobs": [{"project": slug, **jobs[slug]} for slug in slugs_of(ticket.form) if slug in jobs],
        }

    def fingerprint_content(self, ticket: Ticket) -> Json:
        return content_now(ticket.form)


def _check_named(filing: Filing) -> None:
    """What the form names exists, and the canary is the ticket's project."""
    form, problems = filing.form, {}
    if form["canary"] != filing.project.slug:
        problems["canary"] = [{"code": "resync.other_canary", "params": {"project": filing.project.slug}}]
    if form["canary"] in form["projects"]:
        problems["projects"] = [{"code": "resync.canary_twice", "params": {"project": form["canary"]}}]
    if not Language.objects.filter(slug=form["language"]).exists():
        problems["language"] = [{"code": "does_not_exist", "params": {}}]
    if problems:
        raise Invalid(fields=problems)


def _refuse_unfit(form: Json, looks: list[Look]) -> None:
    """Foreign and missing jobs, those that follow already, and those that could not be read, each under its field."""
    problems: dict[str, list[Json]] = {}
    for look in looks:
        about = {"job": look.project.slug, "jenkins": look.project.jenkins.name}
        if look.error is not None:
            found: Json = look.error.as_reason()
        elif look.standing in NOT_WANTED:
            found = {"code": NOT_WANTED[look.standing], "params": about}
        else:
            continue
        problems.setdefault("canary" if look.project.slug == form["canary"] else "projects", []).append(found)
    if problems:
        raise Invalid(fields=problems)


def _assert_none_open(language: str, besides: int = 0) -> None:
    found = Ticket.objects.filter(kind=RESYNC, status__in=OPEN, form__language=language).exclude(pk=besides)
    first = found.order_by("pk").first()
    if first is not None:
        raise Conflict("resync.open_already", ticket=first.pk, language=language)


def _title(form: Json, version: int) -> str:
    others = len(form["projects"])
    return f"{form['language']} v{version}: {form['canary']}" + (f" + {others}" if others else "")


def _step(project: Project, wave: int) -> StepSpec:
    return StepSpec("resync_job", 0, project.slug, wave, f"jenkins:{project.jenkins_id}", {"project": project.pk})
