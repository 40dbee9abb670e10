"""The ticket kind `project_access`: somebody asks for a service to be taken in, ops of anywhere decide (P2, P3).

Must not: write a status, drive a step, or withdraw a project for which something still stands outside.
"""

from __future__ import annotations

from typing import Any

from apps.access import removal  # registers the kind `project_removal`
from apps.access.intake import working  # noqa: F401 - registers the chore of bulk intake
from apps.access.provisioning.plan import plan_access
from apps.access.resync import kind as resync  # noqa: F401 - registers the kind `resync_jobs`
from apps.common.errors import Conflict, Invalid
from apps.projects.models import Project
from apps.projects.services.projects import withdraw_project
from apps.tickets import registry
from apps.tickets.advance import ENGINE
from apps.tickets.models import Ticket, TicketStatus
from apps.tickets.outcomes import SentBack
from apps.tickets.registry import Filing, Kind, Prepared, StepSpec

APPROVALS = 1
GIVEN_UP = (TicketStatus.REJECTED, TicketStatus.CANCELED, TicketStatus.EXPIRED)


@registry.register
class ProjectAccessKind(Kind):
    """Filed by `requesting.request_project` only, together with its project; without environment, slot or fingerprint:
    what was asked for never changes afterwards."""

    name = "project_access"
    request_action = "project.request"
    approve_action = "project_access.approve"
    read_action = "project_access.read"
    operate_action = "project_access.operate"
    needs_active = False
    schema = {"type": "object"}

    def prepare(self, filing: Filing) -> Prepared:
        raise Invalid("access.own_door")

    def prepared(self, form: dict[str, Any]) -> Prepared:
        """How a request begins whose form was checked."""
        return Prepared(
            title=f"{form['slug']}: {form['gitlab_path']}",
            status=TicketStatus.PENDING_APPROVAL,
            approvals_needed=APPROVALS,
        )

    def plan(self, ticket: Ticket) -> list[StepSpec]:
        return plan_access(ticket.project, ticket.form)

    def summary(self, ticket: Ticket) -> dict[str, Any]:
        asked = ("slug", "language", "gitlab", "gitlab_path", "environments", "owners", "testers", "operators")
        return {name: ticket.form.get(name) for name in asked}

    def recheck(self, ticket: Ticket) -> SentBack | None:
        project = ticket.project
        if project.stage != Project.Stage.REQUESTED:
            raise Conflict("access.not_requested", project=project.slug, stage=project.stage.value)
        return None

    def on_end(self, ticket: Ticket) -> None:
        """A failed one may be retried or undone; one that was given up leaves nothing behind."""
        if ticket.status not in GIVEN_UP:
            return
        if removal.has_made(ticket.project):
            removal.file_removal(ticket.project, because=ticket)
        else:
            withdraw_project(ticket.project, ticket.pk, actor=ENGINE)
