"""What the kinds of this room share: which pair, which release, and how rollouts end.

Must not: know one kind from another.
"""

from __future__ import annotations

from django.db.models.functions import Now

from apps.common.errors import Invalid
from apps.projects.models import Environment, ProjectEnvironment
from apps.releases.models import Release, Rollout
from apps.releases.targets import CHANGES_IMAGE
from apps.tickets.models import Step, StepStatus, Ticket, TicketStatus
from apps.tickets.registry import Filing

REF = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"^[^\x00-\x20~^:?*\[\\]+$"}
TAG = {"type": "string", "minLength": 1, "maxLength": 128}
NOT_STARTED = (TicketStatus.PENDING_CONFIRMATION, TicketStatus.PENDING_APPROVAL, TicketStatus.SCHEDULED)


def project_environment(filing: Filing) -> ProjectEnvironment:
    """The pair the ticket is for; Invalid when the project does not use that environment."""
    found = None
    if filing.environment is not None:
        found = (
            ProjectEnvironment.objects.select_related("environment", "project")
            .filter(project=filing.project, environment=filing.environment)
            .first()
        )
    if found is None:
        raise Invalid("release.environment_unused", fields={"environment": [{"code": "required", "params": {}}]})
    return found


def find_release(filing: Filing, tag: str) -> Release:
    """A release of the project by its tag, or by the digest of one that has no tag."""
    found = Release.objects.filter(project=filing.project)
    release = found.filter(tag=tag).first() if not tag.startswith("sha256:") else found.filter(digest=tag).last()
    if release is None:
        params = {"tag": tag[:80], "project": filing.project.slug}
        raise Invalid("release.unknown", fields={"release": [{"code": "release.unknown", "params": params}]}, **params)
    return release


def environment_of(ticket: Ticket) -> Environment:
    assert ticket.environment is not None
    return ticket.environment


def _workload_of(step: Step) -> int | None:
    """The workload a step changes; None when its row cannot be read, so that the ticket's end does not hang on it."""
    found = step.params.get("workload") if isinstance(step.params, dict) else None
    return found if isinstance(found, int) else None


def settle_rollouts(ticket: Ticket) -> None:
    """A rollout that was never judged: failed when the cluster refused the patch, skipped when none went out, else
    unknown."""
    open_results = [Rollout.Result.PENDING, Rollout.Result.RUNNING]
    begun = Rollout.objects.filter(ticket=ticket, result__in=open_results)
    for step in ticket.steps.filter(name__in=CHANGES_IMAGE, status=StepStatus.FAILED):
        begun.filter(workload=_workload_of(step)).update(
            result=Rollout.Result.FAILED, reason=step.reason, finished_at=Now()
        )
    for step in ticket.steps.filter(name__in=CHANGES_IMAGE, status=StepStatus.CANCELED, intent__isnull=True):
        begun.filter(workload=_workload_of(step), generation__isnull=True).update(
            result=Rollout.Result.SKIPPED, finished_at=Now()
        )
    begun.update(result=Rollout.Result.UNKNOWN)
