"""What is left to do with a ticket whose rows break the regular way on: it ends `errored`, and no other waits for it.

Part of the engine, and with it the place that catches every exception. Must not: be a way around a step's outcome.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable

import structlog
from django.db import InterfaceError, InternalError, OperationalError, transaction
from django.db.models.functions import Now

from apps.tickets import hints
from apps.tickets.advance import end_ticket
from apps.tickets.models import OPEN_STEP, Step, StepStatus, Ticket, TicketStatus
from apps.tickets.outcomes import Errored
from apps.tickets.transitions import ENDED

log = structlog.get_logger(__name__)

DATABASE_AWAY = (OperationalError, InterfaceError, InternalError)
MAY_RUN = (TicketStatus.QUEUED, TicketStatus.RUNNING)


def defect(step: str = "") -> Errored:
    """A mistake of ours, with an id that both the reason and the log line show."""
    ident = secrets.token_hex(6)
    if not step:
        return Errored("engine.stuck", {"error_id": ident})
    return Errored("engine.crash", {"step": step, "error_id": ident})


def put_away(step: Step, fence: int) -> None:
    """A step that is due on a ticket that may not run (a row nobody of ours wrote) is not run."""
    log.warning("a step was due on a ticket that may not run", status=step.ticket.status)
    status = StepStatus.SKIPPED if step.ticket.status in ENDED else StepStatus.PLANNED
    Step.objects.filter(pk=step.pk, fence=fence, status__in=OPEN_STEP).update(
        status=status, due_at=None, lease_owner="", lease_until=None
    )


def end_errored(step: Step, fence: int, errored: Errored) -> bool:
    """Close the step and its ticket, past everything that reads its rows; False when a newer visit owns the step."""
    with transaction.atomic():
        ticket = Ticket.objects.select_for_update().get(pk=step.ticket_id)
        closed = Step.objects.filter(pk=step.pk, fence=fence, status__in=OPEN_STEP).update(
            status=StepStatus.ERRORED,
            reason={"code": errored.code, "params": errored.params},
            due_at=None,
            lease_owner="",
            lease_until=None,
            troubles=0,
            finished_at=Now(),
        )
        if closed:
            _break_off(ticket, errored)
        return bool(closed)


def _break_off(ticket: Ticket, errored: Errored) -> None:
    """End a ticket under way; its kind is not told, because it may be what breaks."""
    if ticket.status in MAY_RUN:
        reason = {"code": errored.code, "params": errored.params}
        end_ticket(ticket, TicketStatus.ERRORED, reason, tells_kind=False)
        hints.announce_ticket(ticket)


def each_alone(ticket_ids: Iterable[int], work: Callable[[Ticket], None]) -> None:
    """Do `work` on each locked ticket in a transaction of its own; one that breaks it keeps it from no other.

    A ticket under way that cannot be moved on ends `errored`; one that waits for people stays as it is.
    """
    for ticket_id in ticket_ids:
        try:
            with transaction.atomic():
                work(Ticket.objects.select_for_update().get(pk=ticket_id))
        except DATABASE_AWAY:
            raise
        except Exception:
            errored = defect()
            log.exception("a ticket could not be moved on", ticket_id=ticket_id, **errored.params)
            with transaction.atomic():
                _break_off(Ticket.objects.select_for_update().get(pk=ticket_id), errored)
