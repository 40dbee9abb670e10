"""The one table of allowed ticket transitions and the one function that writes them (compare-and-set + audit).

Must not: be bypassed; no other module assigns `Ticket.status`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from apps.audit.services import record
from apps.common.errors import InvalidTransition
from apps.policy.actor import Actor
from apps.tickets import hints, registry
from apps.tickets.models import Slot, Step, StepStatus, Ticket, TicketStatus

EXPIRES_AFTER = timedelta(days=14)
S = TicketStatus
OPEN = frozenset({S.PENDING_CONFIRMATION, S.PENDING_APPROVAL, S.SCHEDULED, S.QUEUED, S.RUNNING})
ENDED = frozenset(S) - OPEN
NOT_STARTED = frozenset({S.PENDING_CONFIRMATION, S.PENDING_APPROVAL, S.SCHEDULED, S.QUEUED})

ALLOWED: dict[str, frozenset[str]] = {
    S.PENDING_CONFIRMATION: frozenset({S.PENDING_APPROVAL, S.QUEUED, S.REJECTED, S.CANCELED, S.SUPERSEDED, S.EXPIRED}),
    S.PENDING_APPROVAL: frozenset(
        {S.PENDING_CONFIRMATION, S.SCHEDULED, S.QUEUED, S.REJECTED, S.CANCELED, S.SUPERSEDED, S.EXPIRED}
    ),
    S.SCHEDULED: frozenset({S.PENDING_CONFIRMATION, S.PENDING_APPROVAL, S.QUEUED, S.CANCELED, S.SUPERSEDED, S.EXPIRED}),
    S.QUEUED: frozenset({S.PENDING_CONFIRMATION, S.PENDING_APPROVAL, S.RUNNING, S.CANCELED, S.FAILED, S.ERRORED}),
    # back from running: only a retried ticket that has changed nothing yet, when a gate no longer holds
    S.RUNNING: frozenset(
        {S.SUCCEEDED, S.FAILED, S.ERRORED, S.CANCELED, S.SUPERSEDED, S.PENDING_CONFIRMATION, S.PENDING_APPROVAL}
    ),
    S.FAILED: frozenset({S.RUNNING}),
    S.ERRORED: frozenset({S.RUNNING}),
    S.SUCCEEDED: frozenset(),
    S.CANCELED: frozenset(),
    S.REJECTED: frozenset(),
    S.SUPERSEDED: frozenset(),
    S.EXPIRED: frozenset(),
}


def transition(
    ticket: Ticket,
    to: str,
    *,
    reason: dict[str, Any] | None = None,
    audit: dict[str, Any] | None = None,
    tells_kind: bool = True,
    actor: Actor,
) -> None:
    """Move a ticket to `to` if its stored status is still `ticket.status` and the table has that edge.

    Writes the times that belong to the status, frees slots and skips steps on an end, audits, and announces after commit.
    Raises InvalidTransition when the edge is not allowed or somebody else moved it first.
    """
    came_from = ticket.status
    if to not in ALLOWED.get(came_from, frozenset()):
        raise InvalidTransition(ticket=ticket.pk, came_from=came_from, to=to)
    changes: dict[str, Any] = {"status": to, "reason": reason}
    if to == S.QUEUED:
        changes["queued_at"] = Now()
    if to == S.RUNNING:
        changes["started_at"] = Now() if ticket.started_at is None else ticket.started_at
        changes["finished_at"] = None
    if to in ENDED:
        changes["finished_at"] = Now()
    if to not in OPEN - {S.RUNNING, S.QUEUED}:
        changes["expires_at"] = None
    elif ticket.expires_at is None:
        changes["expires_at"] = Now() + EXPIRES_AFTER  # sent back out of the queue: it waits for people again
    if to in ENDED or to in (S.PENDING_APPROVAL, S.PENDING_CONFIRMATION):
        changes["slot_wanted_at"] = None
    with transaction.atomic():
        moved = Ticket.objects.filter(pk=ticket.pk, status=came_from).update(**changes)
        if not moved:
            raise InvalidTransition(ticket=ticket.pk, came_from=came_from, to=to)
        ticket.refresh_from_db()
        record(
            f"ticket.{to}",
            target=ticket,
            params={"from": came_from, "reason": reason, **(audit or {})},
            project_id=ticket.project_id,
            environment_id=ticket.environment_id,
            actor=actor,
        )
        if to in ENDED:
            Slot.objects.filter(ticket=ticket).delete()
            _skip_the_rest(ticket)
            kind = registry.KINDS.get(ticket.kind)
            if kind is not None and tells_kind:  # a kind that was removed leaves its tickets to end without it
                kind.on_end(ticket)
        hints.announce_ticket(ticket)


def _skip_the_rest(ticket: Ticket) -> None:
    """Steps that have not ended are skipped, and whoever visits one of them is fenced off."""
    unended = [StepStatus.PLANNED, StepStatus.DUE, StepStatus.WAITING]
    Step.objects.filter(ticket=ticket, status__in=unended).update(
        status=StepStatus.SKIPPED, due_at=None, lease_until=None, lease_owner="", fence=F("fence") + 1
    )
