"""`start` and `take_slot`: the steps every changing ticket has.

Must not: call a cluster; gates and fingerprints are the kind's `recheck`.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from apps.audit.services import record
from apps.tickets import registry, slots
from apps.tickets.advance import ENGINE, make_open_steps_due
from apps.tickets.fingerprints import refresh_fingerprint, valid_approvals
from apps.tickets.models import Ticket, TicketStatus
from apps.tickets.outcomes import Done, Failed, Outcome, SentBack, Waiting
from apps.tickets.transitions import transition
from apps.tickets.visit import Visit

SLOT_RECHECK = 30.0


@registry.step("start", writes=False)
def start(visit: Visit) -> Outcome:
    """Read the gates and approvals again, then the ticket is running (D13, D16, D17).

    A retry comes here too. Once a cluster was changed the fingerprint stands, and the kind looks at what is unfinished.
    """
    ticket = visit.ticket
    kind = registry.KINDS[ticket.kind]
    if ticket.frozen_at is not None:
        return _restart(ticket, kind)
    back = kind.recheck(ticket) or _void_approvals(ticket)
    if back is not None:
        return back
    with transaction.atomic():
        locked = Ticket.objects.select_for_update().get(pk=ticket.pk)
        if locked.status == TicketStatus.QUEUED and visit.is_mine():
            transition(locked, TicketStatus.RUNNING, actor=ENGINE)
    return Done()


def _restart(ticket: Ticket, kind: registry.Kind) -> Outcome:
    """A half-done ticket keeps its fingerprint; who approved it must still be entitled (D13)."""
    have = len(valid_approvals(ticket))
    if have < ticket.approvals_needed:
        return Failed("approval.void_lost_right", {"have": have, "needed": ticket.approvals_needed})
    return kind.recheck_frozen(ticket) or Done()


def _void_approvals(ticket: Ticket) -> SentBack | None:
    """Back to the approvers when the fingerprint moved or a right was lost since (D13, D17)."""
    if not ticket.approvals_needed:
        return None
    lines = refresh_fingerprint(ticket)
    if lines:
        return SentBack(TicketStatus.PENDING_APPROVAL, {"code": "approval.void_changed", "params": {"lines": lines}})
    have = len(valid_approvals(ticket))
    if have < ticket.approvals_needed:
        params = {"have": have, "needed": ticket.approvals_needed}
        return SentBack(TicketStatus.PENDING_APPROVAL, {"code": "approval.void_lost_right", "params": params})
    return None


@registry.step("take_slot", writes=False)
def take_slot(visit: Visit) -> Outcome:
    """Take the slot when it is this ticket's turn; a roll back asks the holder to stop and goes first (D7, D10)."""
    ticket = visit.ticket
    if not slots.take(ticket, step_id=visit.step.pk, fence=visit.fence):
        holder = slots.holder(ticket)
        if ticket.slot_first and holder is not None and holder.cancel_requested_at is None:
            abort_holder(holder, {"code": "ticket.aborted_by_rollback", "params": {"ticket": ticket.pk}})
        params: dict[str, Any] = {"place": slots.place(ticket), "holder": holder.pk if holder else None}
        return Waiting(SLOT_RECHECK, params)
    later = slots.later_started(ticket) if ticket.frozen_at is not None else None
    if later is not None:  # it waited for its retry while another one changed what it had begun (D6)
        return Failed("ticket.later_started", {"ticket": ticket.pk, "later": later})
    return registry.KINDS[ticket.kind].on_slot(ticket) or Done()


def abort_holder(holder: Ticket, reason: dict[str, Any]) -> None:
    """Ask the holder of a slot to stop: no further patch, what is under way is awaited (D8, D10)."""
    with transaction.atomic():
        asked = Ticket.objects.filter(pk=holder.pk, cancel_requested_at__isnull=True).update(
            cancel_requested_at=Now(), cancel_reason=reason
        )
        if asked:
            record(
                "ticket.abort_requested",
                target=holder,
                params=reason,
                project_id=holder.project_id,
                environment_id=holder.environment_id,
                actor=ENGINE,
            )
            make_open_steps_due(holder)
