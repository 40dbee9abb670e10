"""Deciding on a ticket: approve or reject exactly one fingerprint, and what follows (D13, D17).

Must not: call outside inside a transaction; the fingerprint is refreshed before it.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models.functions import Now

from apps.audit.services import record
from apps.common.errors import Conflict, Invalid
from apps.policy.actor import Actor
from apps.policy.services import require
from apps.tickets import hints, registry
from apps.tickets.advance import advance
from apps.tickets.fingerprints import lines_since, refresh_fingerprint, valid_approvals
from apps.tickets.models import Approval, Ticket, TicketStatus
from apps.tickets.transitions import transition


def decide(ticket: Ticket, *, decision: str, comment: str, fingerprint: str, actor: Actor) -> Approval:
    """One person's approve or reject of exactly `fingerprint`; moves the ticket when that was the last one needed.

    Raises Denied (not entitled, own request), Conflict (`approval.changed` with the changed lines, not pending,
    decided already).
    """
    action = registry.action_on(ticket.kind, "ticket.approve")
    require(actor, action, project_id=ticket.project_id, environment_id=ticket.environment_id, obj=ticket)
    _assert_pending(ticket)
    if decision == Approval.Decision.REJECT and not comment.strip():
        raise Invalid("approval.reason_required", fields={"comment": [{"code": "required", "params": {}}]})
    if decision == Approval.Decision.APPROVE:  # a no needs no look at the clusters
        refresh_fingerprint(ticket, actor=actor)
        if ticket.fingerprint and fingerprint != ticket.fingerprint:
            raise _changed(ticket, fingerprint)
    with transaction.atomic():
        locked = Ticket.objects.select_for_update().get(pk=ticket.pk)
        _assert_pending(locked)
        if locked.fingerprint != ticket.fingerprint:
            raise _changed(locked, fingerprint)
        if Approval.objects.filter(ticket=locked, actor_id=actor.person_id, voided_at__isnull=True).exists():
            raise Conflict("approval.decided_already", ticket=ticket.pk)
        approval = Approval.objects.create(
            ticket=locked,
            actor_id=actor.person_id,
            decision=decision,
            comment=comment,
            fingerprint=locked.fingerprint,
            revision=locked.revision,
        )
        record(
            "ticket.approved" if decision == Approval.Decision.APPROVE else "ticket.refused",
            target=locked,
            params={"fingerprint": locked.fingerprint, "comment": comment},
            project_id=locked.project_id,
            environment_id=locked.environment_id,
            actor=actor,
        )
        if decision == Approval.Decision.REJECT:
            reason = {"code": "ticket.rejected_by", "params": {"name": actor.called, "comment": comment}}
            transition(locked, TicketStatus.REJECTED, reason=reason, actor=actor)
        elif len(valid_approvals(locked)) >= locked.approvals_needed:
            go_on(locked, actor=actor)
        hints.announce_ticket(locked)
    ticket.refresh_from_db()
    return approval


def _changed(ticket: Ticket, seen: str) -> Conflict:
    """The decision was on another fingerprint than the ticket's: say which lines moved since."""
    lines = lines_since(ticket, seen)
    return Conflict("approval.changed", ticket=ticket.pk, fingerprint=ticket.fingerprint, lines=lines)


def _assert_pending(ticket: Ticket) -> None:
    if ticket.status != TicketStatus.PENDING_APPROVAL:
        raise Conflict("approval.not_pending", ticket=ticket.pk, status=ticket.status)


def go_on(ticket: Ticket, *, actor: Actor) -> None:
    """Nothing more is needed: to `scheduled` when a time is planned, else to `queued` with its first step due."""
    with transaction.atomic():
        if ticket.planned_at is not None and ticket.status != TicketStatus.SCHEDULED and _is_later(ticket):
            transition(ticket, TicketStatus.SCHEDULED, actor=actor)
            return
        transition(ticket, TicketStatus.QUEUED, actor=actor)
        advance(ticket)


def _is_later(ticket: Ticket) -> bool:
    return Ticket.objects.filter(pk=ticket.pk, planned_at__gt=Now()).exists()


def confirm(ticket: Ticket, *, actor: Actor) -> None:
    """The tester's pass came: on to approval, or straight to the queue when none is needed (D16)."""
    with transaction.atomic():
        locked = Ticket.objects.select_for_update().get(pk=ticket.pk)
        if locked.status != TicketStatus.PENDING_CONFIRMATION:
            return
        if locked.approvals_needed:
            transition(locked, TicketStatus.PENDING_APPROVAL, actor=actor)
        else:
            go_on(locked, actor=actor)
