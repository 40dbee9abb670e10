"""What people do to a ticket on its way: cancel, retry, comment, review afterwards.

Must not: stop anything outside itself; a running ticket stops by the visits of its own steps (D8).
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from apps.audit.services import record
from apps.common.errors import Conflict, Invalid, is_reason
from apps.policy.actor import Actor
from apps.policy.services import require
from apps.projects.services.projects import assert_active
from apps.tickets import hints, registry
from apps.tickets.advance import advance, end_ticket, make_open_steps_due, reset_steps
from apps.tickets.models import Comment, Review, Step, StepStatus, Ticket, TicketStatus
from apps.tickets.services.closing import hold_project
from apps.tickets.slots import later_started, wake_next
from apps.tickets.transitions import NOT_STARTED, transition

RETRYABLE = (TicketStatus.FAILED, TicketStatus.ERRORED)


def _where(ticket: Ticket) -> dict[str, Any]:
    return {"project_id": ticket.project_id, "environment_id": ticket.environment_id}


def cancel_ticket(ticket: Ticket, *, reason: str = "", actor: Actor) -> Ticket:
    """Cancel: at once before anything started; afterwards the ticket goes on until the outside confirms (D8)."""
    require(actor, registry.action_on(ticket.kind, "ticket.cancel"), **_where(ticket), obj=ticket)
    why = {"code": "ticket.canceled_by", "params": {"name": actor.called, "comment": reason}}
    with transaction.atomic():
        locked = Ticket.objects.select_for_update().get(pk=ticket.pk)
        if locked.status not in (*NOT_STARTED, TicketStatus.RUNNING):
            raise Conflict("ticket.ended_already", ticket=locked.pk, status=locked.status)
        if locked.cancel_requested_at is not None:
            raise Conflict("ticket.cancel_requested_already", ticket=locked.pk)
        Ticket.objects.filter(pk=locked.pk).update(
            cancel_requested_at=Now(), cancel_requested_by=actor.user_id, cancel_reason=why
        )
        locked.refresh_from_db()
        record("ticket.cancel_requested", target=locked, params=why, **_where(locked), actor=actor)
        if locked.status in NOT_STARTED:
            _cancel_unstarted(locked, why, actor)
        else:
            make_open_steps_due(locked)
            advance(locked)
        hints.announce_ticket(locked)
    ticket.refresh_from_db()
    return ticket


def _cancel_unstarted(ticket: Ticket, why: dict[str, Any], actor: Actor) -> None:
    ticket.steps.exclude(status=StepStatus.SUCCEEDED).update(
        status=StepStatus.SKIPPED, due_at=None, lease_until=None, lease_owner="", fence=F("fence") + 1
    )
    transition(ticket, TicketStatus.CANCELED, reason=why, actor=actor)
    wake_next(ticket)


def retry_ticket(ticket: Ticket, *, actor: Actor) -> Ticket:
    """Go on from the failed steps under a new attempt; finished targets are not touched (R5, D5, D6).

    Raises Conflict when it did not fail, or when a later ticket of the same slot has started since.
    """
    require(actor, registry.action_on(ticket.kind, "ticket.retry"), **_where(ticket), obj=ticket)
    with transaction.atomic():
        locked = Ticket.objects.select_for_update().get(pk=ticket.pk)
        if locked.status not in RETRYABLE:
            raise Conflict("ticket.not_retryable", ticket=locked.pk, status=locked.status)
        kind = registry.KINDS.get(locked.kind)
        if kind is not None:  # of one that was removed nobody can say
            if kind.needs_active:
                assert_active(locked.project)
            hold_project(locked.project, kind, ticket=locked)
        later = later_started(locked)
        if later is not None:
            raise Conflict("ticket.later_started", ticket=locked.pk, later=later)
        Ticket.objects.filter(pk=locked.pk).update(
            cancel_requested_at=None, cancel_requested_by=None, cancel_reason=None, reason=None
        )
        locked.refresh_from_db()
        transition(locked, TicketStatus.RUNNING, audit={"retry": True}, actor=actor)
        _reset_steps(locked)
        advance(locked)
    ticket.refresh_from_db()
    return ticket


def _reset_steps(ticket: Ticket) -> None:
    """Bad and skipped steps are planned anew; each bad one takes back to its `retry_from`, and the slot is taken anew."""
    steps = list(ticket.steps.order_by("wave", "target", "order"))
    again = {s.pk for s in steps if s.status != StepStatus.SUCCEEDED}
    for bad in [s for s in steps if s.status in (StepStatus.FAILED, StepStatus.ERRORED, StepStatus.CANCELED)]:
        first = _retry_from(bad)
        begin = next((s.order for s in steps if s.name == first and _same_line(s, bad)), bad.order)
        again |= {s.pk for s in steps if _same_line(s, bad) and s.order >= begin}
    again |= {s.pk for s in steps if s.name in ("take_slot", "start")}  # its turn, gates and approvals again
    reset_steps(again)


def _retry_from(bad: Step) -> str | None:
    """The earlier step that its failure takes back to; None when the failure says nothing of what that one made."""
    params = bad.params if isinstance(bad.params, dict) else {}
    code = bad.reason["code"] if bad.reason is not None and is_reason(bad.reason) else ""
    return params.get("retry_from") if code.startswith(tuple(params.get("retry_on", [""]))) else None


def _same_line(a: Step, b: Step) -> bool:
    return a.wave == b.wave and a.target == b.target


def comment_ticket(ticket: Ticket, *, text: str, actor: Actor) -> Comment:
    """Add a word to a ticket (R18)."""
    require(actor, registry.action_on(ticket.kind, "ticket.comment"), **_where(ticket), obj=ticket)
    if not text.strip():
        raise Invalid("comment.empty", fields={"text": [{"code": "required", "params": {}}]})
    with transaction.atomic():
        comment = Comment.objects.create(ticket=ticket, actor_id=actor.person_id, text=text)
        record("ticket.commented", target=ticket, params={"comment": comment.pk}, **_where(ticket), actor=actor)
        hints.announce_ticket(ticket)
    return comment


def review_ticket(ticket: Ticket, *, outcome: str, comment: str = "", actor: Actor) -> Review:
    """Answer the review owed for what went without prior approval (D18, D19); reviewer ≠ requester."""
    require(actor, "ticket.review", **_where(ticket), obj=ticket)
    if not ticket.requires_review:
        raise Conflict("review.not_owed", ticket=ticket.pk)
    if outcome == Review.Outcome.CONCERN and not comment.strip():
        raise Invalid("review.comment_required", fields={"comment": [{"code": "required", "params": {}}]})
    with transaction.atomic():
        locked = Ticket.objects.select_for_update().get(pk=ticket.pk)
        if Review.objects.filter(ticket=locked).exists():
            raise Conflict("review.given_already", ticket=locked.pk)
        review = Review.objects.create(ticket=locked, reviewer_id=actor.person_id, outcome=outcome, comment=comment)
        record(
            "ticket.reviewed",
            target=locked,
            params={"outcome": outcome, "comment": comment},
            **_where(locked),
            actor=actor,
        )
        hints.announce_ticket(locked)
    return review


def end_superseded(older: Ticket, by: Ticket, *, actor: Actor) -> None:
    """A newer ticket retires an older waiting one (D18). The caller holds both rows' transaction."""
    Ticket.objects.filter(pk=older.pk).update(superseded_by=by)
    older.refresh_from_db()
    end_ticket(older, TicketStatus.SUPERSEDED, {"code": "ticket.superseded_by", "params": {"ticket": by.pk}})
