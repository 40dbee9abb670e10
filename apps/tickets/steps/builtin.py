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
from apps.tickets.outcomes import Done, Outcome, SentBack, Waiting
from apps.tickets.transitions import transition
from apps.tickets.visit import Visit

SLOT_RECHECK = 30.0


@registry.step("start", writes=False)
def start(visit: Visit) -> Outcome:
    """Read the gates and approvals again, then the ticket is running (D13, D16, D17).

    A retry comes here too, until the first change of a cluster: from there on the approvals stand (D17).
    """
    ticket = visit.ticket
    if ticket.frozen_at is not None:
        return Done()
    back = registry.KINDS[ticket.kind].recheck(ticket)
    if back is not None:
        return back
    if ticket.approvals_needed:
        lines = refresh_fingerprint(ticket)
        if lines:
            return SentBack(
                TicketStatus.PENDING_APPROVAL, {"code": "approval.void_changed", "params": {"lines": lines}}
            )
        have = len(valid_approvals(ticket))
        if have < ticket.approvals_needed:
            params = {"have": have, "needed": ticket.approvals_needed}
            return SentBack(TicketStatus.PENDING_APPROVAL, {"code": "approval.void_lost_right", "params": params})
    with transaction.atomic():
        locked = Ticket.objects.select_for_update().get(pk=ticket.pk)
        if locked.status == TicketStatus.QUEUED:
            transition(locked, TicketStatus.RUNNING, actor=ENGINE)
    return Done()


@registry.step("take_slot", writes=False)
def take_slot(visit: Visit) -> Outcome:
    """Take the slot when it is this ticket's turn; a roll back asks the holder to stop and goes first (D7, D10)."""
    ticket = visit.ticket
    if not slots.take(ticket):
        holder = slots.holder(ticket)
        if ticket.slot_first and holder is not None and holder.cancel_requested_at is None:
            abort_holder(holder, {"code": "ticket.aborted_by_rollback", "params": {"ticket": ticket.pk}})
        params: dict[str, Any] = {"place": slots.place(ticket), "holder": holder.pk if holder else None}
        return Waiting(SLOT_RECHECK, params)
    ended = registry.KINDS[ticket.kind].on_slot(ticket)
    return ended or Done()


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
