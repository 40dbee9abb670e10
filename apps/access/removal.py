"""The ticket kind `project_removal`: what an access set up is taken away again, and the project closed.

An admitted project is archived by its owners, with somebody's approval; a request that ended half way is undone without
one. Must not: take away what was there before the portal, or close a project that still runs.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from apps.access.models import Provision
from apps.access.provisioning.rows import REMOVAL
from apps.access.removing.plan import plan_removal, removable
from apps.access.removing.running import assert_nothing_open, assert_removable
from apps.common.errors import Conflict, DomainError, Invalid
from apps.policy.actor import Actor
from apps.policy.services import require
from apps.projects.models import Project
from apps.tickets import registry
from apps.tickets.models import Ticket, TicketStatus
from apps.tickets.outcomes import SentBack
from apps.tickets.registry import Filing, Kind, Prepared, StepSpec
from apps.tickets.services.closing import assert_not_closing
from apps.tickets.services.filing import file_ticket
from apps.tickets.transitions import OPEN

ACCESS = "project_access"
UNDOABLE = (TicketStatus.CANCELED, TicketStatus.FAILED, TicketStatus.ERRORED)
Json = dict[str, Any]


@registry.register
class ProjectRemovalKind(Kind):
    """Archive a project, or undo a request for one that did not come to its end."""

    name = REMOVAL
    request_action = "project.archive"
    approve_action = "project_access.approve"
    read_action = "project_access.read"
    operate_action = "project_access.operate"
    needs_active = False
    closes_project = True
    schema = {
        "type": "object",
        "properties": {
            "confirm": {"type": "string", "maxLength": 80},
            "reason": {"type": "string", "minLength": 10, "maxLength": 2000},
            "because": {"type": "integer", "minimum": 1, "maximum": 2**63 - 1},
        },
        "additionalProperties": False,
    }

    def require_right(self, filing: Filing) -> None:
        """Whoever may operate a request may undo it; an owner of the project he need not be."""
        request = _undone(filing.project, filing.form)
        if request is None:
            super().require_right(filing)
        else:
            require(filing.actor, self.operate_action, project_id=filing.project.pk, obj=request)

    def prepare(self, filing: Filing) -> Prepared:
        project, stage = filing.project, filing.project.stage
        if stage not in (Project.Stage.ACTIVE, Project.Stage.REQUESTED):
            raise Conflict("project.not_active", project=project.slug, stage=stage.value)
        if stage == Project.Stage.ACTIVE:
            _assert_confirmed(project, filing.form)
        assert_removable(project)
        needed = 1 if stage == Project.Stage.ACTIVE else 0
        return Prepared(
            title=project.slug,
            status=TicketStatus.PENDING_APPROVAL if needed else TicketStatus.QUEUED,
            facts={"stage": stage.value, "reason": filing.form.get("reason", "")},
            approvals_needed=needed,
            fingerprint_content=_content(project, removable(project)),
        )

    def create(self, ticket: Ticket, prepared: Prepared) -> None:
        assert_nothing_open(
            ticket.project
        )  # again: whoever was faster is seen now, and nobody else comes (hold_project)

    def plan(self, ticket: Ticket) -> list[StepSpec]:
        return plan_removal(ticket.project)

    def summary(self, ticket: Ticket) -> Json:
        return {"removes": told(_planned(ticket)), "keeps": told(_untouched(ticket.project))}

    def fingerprint_content(self, ticket: Ticket) -> Json:
        return _content(ticket.project, _planned(ticket))

    def recheck(self, ticket: Ticket) -> SentBack | None:
        """Somebody may have started it again since."""
        assert_removable(ticket.project)
        return None


def preview(project: Project) -> Json:
    """What an archiving would do: {removes, keeps, blocked}; calls the clusters. What cannot be read blocks it, too."""
    blocked: Json | None = None
    try:
        if project.stage != Project.Stage.ACTIVE:
            raise Conflict("project.not_active", project=project.slug, stage=project.stage.value)
        assert_not_closing(project)
        assert_removable(project)
    except DomainError as error:
        blocked = error.as_reason()
    removes = [row for row in removable(project) if row.confirmed_at is not None]
    return {"removes": removes, "keeps": list(_untouched(project)), "blocked": blocked}


def archive_project(
    project: Project, form: Json, *, idempotency_key: str | None = None, actor: Actor
) -> tuple[Ticket, bool]:
    """File the archiving of an admitted project; (ticket, whether it is new)."""
    if project.stage != Project.Stage.ACTIVE:
        require(actor, "project.archive", project_id=project.pk, obj=project)
        raise Conflict("project.not_active", project=project.slug, stage=project.stage.value)
    return file_ticket(REMOVAL, Filing(project, None, form, actor), idempotency_key=idempotency_key)


def undo_access(request: Ticket, *, idempotency_key: str | None = None, actor: Actor) -> tuple[Ticket, bool]:
    """Take away what a request that ended badly has made; Conflict `access.not_undoable` for any other."""
    require(actor, "project_access.operate", project_id=request.project_id, obj=request)
    project = request.project
    if request.kind != ACCESS or request.status not in UNDOABLE or project.stage != Project.Stage.REQUESTED:
        stage = project.stage.value
        raise Conflict("access.not_undoable", ticket=request.pk, status=request.status, stage=stage)
    filing = Filing(project, None, {"because": request.pk}, actor)
    return file_ticket(REMOVAL, filing, idempotency_key=idempotency_key)


def file_removal(project: Project, *, because: Ticket) -> None:
    """The undo of a canceled request, filed by itself in the transaction of its end; asked for by who canceled it.

    Where somebody undoes it already, that will do.
    """
    if Ticket.objects.filter(project=project, kind=REMOVAL, status__in=OPEN).exists():
        return
    person = because.cancel_requested_by or because.requester
    actor = Actor(user_id=person.pk, name=person.username, kind="system", display_name=person.display_name)
    file_ticket(REMOVAL, Filing(project, None, {"because": because.pk}, actor))


def _undone(project: Project, form: Json) -> Ticket | None:
    """The request that the form names; Invalid for one that is no request of this project."""
    if "because" not in form:
        return None
    named = form["because"] if isinstance(form["because"], int) else 0
    found = Ticket.objects.filter(pk=named, project=project, kind=ACCESS).first()
    if found is None:
        raise Invalid(fields={"because": [{"code": "does_not_exist", "params": {"value": str(named)}}]})
    return found


def has_made(project: Project) -> bool:
    """Whether the project's access has made anything outside, or may have."""
    return bool(removable(project))


def _assert_confirmed(project: Project, form: Json) -> None:
    if form.get("confirm") != project.slug:
        params = {"project": project.slug}
        problems = {"confirm": [{"code": "access.confirm_differs", "params": params}]}
        raise Invalid("access.confirm_differs", fields=problems, **params)
    if not form.get("reason"):
        raise Invalid(fields={"reason": [{"code": "required", "params": {}}]})


def _planned(ticket: Ticket) -> list[Provision]:
    """The rows that the ticket's steps are about, however far they are; of a ticket without steps yet those to come."""
    steps = list(ticket.steps.values_list("params", flat=True))
    if not steps:
        return removable(ticket.project)
    ids = [params["provision"] for params in steps if isinstance(params, dict) and "provision" in params]
    grants = Q(project=ticket.project_id, what=Provision.What.GRANTS, is_adopted=False)
    return list(Provision.objects.filter(Q(pk__in=ids) | grants).order_by("-pk"))


def _untouched(project: Project) -> list[Provision]:
    rows = Provision.objects.filter(project=project, removed_at=None, is_adopted=True)
    return list(rows.exclude(confirmed_at=None).order_by("pk"))


def _content(project: Project, rows: list[Provision]) -> Json:
    """What an approval is bound to: the things by what they are and where, whatever became of them since."""
    return {"kind": REMOVAL, "project": project.slug, "removes": told(rows)}


def told(rows: list[Provision]) -> list[Json]:
    """Rows as an approver reads them."""
    return [row.about() for row in rows]
