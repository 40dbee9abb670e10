"""Fingerprints and what hangs on them: when one moves, the approvals of it are void (D13, D17).

Must not: compute a fingerprint inside a transaction (it reads the clusters), or decide who may approve (policy does).
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from apps.audit.services import record
from apps.common.canonical import sha256_hex
from apps.common.errors import Conflict
from apps.policy.actor import Actor
from apps.policy.services import allowed
from apps.tickets import hints, registry
from apps.tickets.advance import ENGINE
from apps.tickets.models import Approval, StepStatus, Ticket, TicketStatus
from apps.tickets.slots import wake_next
from apps.tickets.transitions import transition

MOST_LINES = 20


def fingerprint_of(content: dict[str, Any] | None) -> str:
    """SHA-256 of canonical JSON (D17); empty for a kind without one."""
    return "" if content is None else sha256_hex(content)


def refresh_fingerprint(ticket: Ticket, *, actor: Actor = ENGINE) -> list[dict[str, Any]]:
    """Compute the fingerprint now (calls outside) and store it; approvals are voided when it moved.

    Answers the changed lines [{path, before, after}]; empty when nothing moved or the ticket is frozen.
    """
    if ticket.frozen_at is not None:
        return []
    kind = registry.KINDS.get(ticket.kind)
    if kind is None:
        raise Conflict("ticket.kind_removed", ticket=ticket.pk, kind=ticket.kind)
    content = kind.fingerprint_content(ticket)
    if content is None:
        return []
    with transaction.atomic():
        locked = Ticket.objects.select_for_update().get(pk=ticket.pk)
        lines = [] if locked.frozen_at else changed_lines(locked.fingerprint_content, content)
        Ticket.objects.filter(pk=ticket.pk).update(fingerprint_at=Now())
        if lines:
            Ticket.objects.filter(pk=ticket.pk).update(
                fingerprint=fingerprint_of(content),
                fingerprint_content=content,
                fingerprint_moved={"from": locked.fingerprint, "lines": lines},
            )
            void_approvals(locked, {"code": "approval.void_changed", "params": {"lines": lines}}, actor=actor)
            hints.announce_ticket(ticket)
    ticket.refresh_from_db()
    return lines


def lines_since(ticket: Ticket, fingerprint: str) -> list[dict[str, Any]]:
    """The lines of the last move, when it was a move away from `fingerprint`; else empty."""
    moved = ticket.fingerprint_moved or {}
    return list(moved["lines"]) if moved.get("from") == fingerprint else []


def changed_lines(before: Any, after: Any, path: str = "") -> list[dict[str, Any]]:
    """Where two JSON values differ, at most MOST_LINES: [{path, before, after}]."""
    if before == after:
        return []
    if isinstance(before, dict) and isinstance(after, dict):
        lines = []
        for key in sorted({*before, *after}):
            lines += changed_lines(before.get(key), after.get(key), f"{path}.{key}" if path else key)
        return lines[:MOST_LINES]
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        lines = []
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            lines += changed_lines(old, new, f"{path}[{index}]")
        return lines[:MOST_LINES]
    return [{"path": path, "before": before, "after": after}]


def void_approvals(ticket: Ticket, reason: dict[str, Any], *, actor: Actor) -> int:
    """Strike every valid approval; the rows stay. Inside the caller's transaction."""
    voided = Approval.objects.filter(ticket=ticket, voided_at__isnull=True, decision=Approval.Decision.APPROVE).update(
        voided_at=Now(), void_reason=reason
    )
    if voided:
        record(
            "ticket.approvals_voided",
            target=ticket,
            params={"count": voided, "reason": reason},
            project_id=ticket.project_id,
            environment_id=ticket.environment_id,
            actor=actor,
        )
    return voided


def valid_approvals(ticket: Ticket) -> list[Approval]:
    """Approvals of the present fingerprint by people who may still decide now (D13: a lost grant is void)."""
    found = Approval.objects.filter(
        ticket=ticket,
        voided_at__isnull=True,
        decision=Approval.Decision.APPROVE,
        fingerprint=ticket.fingerprint,
        actor__is_active=True,
    ).select_related("actor")
    return [a for a in found if _may_still(ticket, a)]


def _may_still(ticket: Ticket, approval: Approval) -> bool:
    person = approval.actor
    who = Actor(person.pk, person.username, "user", is_instance_admin=person.is_instance_admin)
    action = registry.action_on(ticket.kind, "ticket.approve")
    return allowed(who, action, project_id=ticket.project_id, environment_id=ticket.environment_id, obj=ticket).allowed


def send_back(ticket: Ticket, status: str, reason: dict[str, Any]) -> None:
    """A gate no longer holds: approvals are void, the slot is freed, the ticket waits again (D13, D16).

    The caller holds the ticket's row.
    """
    if ticket.status == status:
        return
    void_approvals(ticket, reason, actor=ENGINE)
    if status == TicketStatus.PENDING_APPROVAL and ticket.status == TicketStatus.PENDING_CONFIRMATION:
        return
    ticket.steps.update(
        status=StepStatus.PLANNED,
        due_at=None,
        lease_until=None,
        lease_owner="",
        started_at=None,
        finished_at=None,
        visits=0,
        troubles=0,
        fence=F("fence") + 1,
    )
    ticket.slots.all().delete()
    transition(ticket, status, reason=reason, actor=ENGINE)
    wake_next(ticket)
