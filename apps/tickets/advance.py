"""What is next on a ticket after something changed: the next steps of each target, the next wave, or its end.

Everything here runs inside the caller's transaction, which holds the ticket's row. Must not: call outside.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db.models import F
from django.db.models.functions import Now

from apps.common.db import ClockTimestamp
from apps.common.errors import is_reason
from apps.policy.actor import Actor
from apps.tickets import bell, registry
from apps.tickets.models import Step, StepStatus, Ticket, TicketStatus
from apps.tickets.transitions import ENDED, transition

ENGINE = Actor.system("engine")
BAD = frozenset({StepStatus.FAILED, StepStatus.ERRORED, StepStatus.CANCELED})
OPEN = frozenset({StepStatus.DUE, StepStatus.WAITING})


def advance(ticket: Ticket) -> None:
    """Make the next steps due, or end the ticket when nothing is open any more. Idempotent."""
    if ticket.status in ENDED:
        return
    steps = list(ticket.steps.order_by("wave", "order", "target"))
    waves: dict[int, list[Step]] = defaultdict(list)
    for step in steps:
        waves[step.wave].append(step)
    for wave in sorted(waves):
        due = _next_of_targets(waves[wave])
        if ticket.cancel_requested_at is not None:
            due = [s for s in due if _settles_something(s, waves[wave])]
        if due:
            make_due(due)
        if due or any(s.status in OPEN for s in waves[wave]):
            return
        if any(s.status != StepStatus.SUCCEEDED for s in waves[wave]):
            break
    _finish(ticket, steps)


def _next_of_targets(wave: Iterable[Step]) -> list[Step]:
    """The first planned step of each target that has nothing open and nothing bad before it."""
    by_target: dict[str, list[Step]] = defaultdict(list)
    for step in wave:
        by_target[step.target].append(step)
    found = []
    for steps in by_target.values():
        for step in steps:
            if step.status == StepStatus.SUCCEEDED:
                continue
            if step.status == StepStatus.PLANNED:
                found.append(step)
            break
    return found


def _settles(step: Step) -> bool:
    registered = registry.STEPS.get(step.name)
    return registered is not None and registered.settles


def _said_ended(step: Step) -> bool:
    """Whether a failed settling step failed because what it waited for ended (the outside's own word)."""
    code = step.reason.get("code", "") if isinstance(step.reason, dict) else ""
    return step.status == StepStatus.FAILED and str(code).startswith("build.")


def _settles_something(step: Step, wave: list[Step]) -> bool:
    """Whether a cancelled ticket must still visit this step: it settles what the one before it began (D8)."""
    return _settles(step) and any(s.target == step.target and s.order < step.order for s in wave)


def make_due(steps: Iterable[Step]) -> None:
    """Planned steps become due now, and the bell rings after commit."""
    ids = [s.pk for s in steps]
    Step.objects.filter(pk__in=ids, status=StepStatus.PLANNED).update(status=StepStatus.DUE, due_at=Now())
    bell.ring_on_commit(ids)


def reset_steps(ids: Iterable[int]) -> None:
    """Plan these steps anew under the next attempt; whoever still visits one of them is fenced off."""
    Step.objects.filter(pk__in=list(ids)).update(
        status=StepStatus.PLANNED,
        attempt=F("attempt") + 1,
        intent=None,
        reason=None,
        due_at=None,
        lease_until=None,
        lease_owner="",
        troubles=0,
        visits=0,
        started_at=None,
        finished_at=None,
        fence=F("fence") + 1,
    )


def make_open_steps_due(ticket: Ticket) -> None:
    """Every open step of the ticket looks again now (something it waits for has changed)."""
    open_steps = ticket.steps.filter(status__in=OPEN)
    open_steps.update(due_at=Now(), woken_at=ClockTimestamp())
    bell.ring_on_commit(list(open_steps.values_list("pk", flat=True)))


def _finish(ticket: Ticket, steps: list[Step]) -> None:
    """Nothing is open and nothing can start: say how the ticket ended (D6, D8)."""
    bad = [s for s in steps if s.status in BAD]
    if not bad and not ticket.cancel_requested_at and all(s.status == StepStatus.SUCCEEDED for s in steps):
        end_ticket(ticket, TicketStatus.SUCCEEDED, None)
        return
    if ticket.cancel_requested_at is not None:
        cause = _reason_or(ticket.cancel_reason, {"code": "ticket.canceled", "params": {}})
        unsettled = next((s for s in bad if s.status != StepStatus.CANCELED and _settles(s)), None)
        if ticket.frozen_at is None and unsettled is not None and not _said_ended(unsettled):
            params = {"step": unsettled.name, "cause": unsettled.reason}
            end_ticket(ticket, TicketStatus.ERRORED, {"code": "ticket.cancel_unconfirmed", "params": params})
        elif ticket.frozen_at is None:
            end_ticket(ticket, TicketStatus.CANCELED, cause)
        else:
            by_person = cause["code"] == "ticket.canceled_by"
            end_ticket(ticket, TicketStatus.FAILED, {**cause, "code": "ticket.aborted"} if by_person else cause)
        return
    errored = [s for s in bad if s.status == StepStatus.ERRORED]
    first = (errored or bad)[0]
    status = TicketStatus.ERRORED if errored else TicketStatus.FAILED
    end_ticket(ticket, status, _reason_or(first.reason, {"code": "ticket.step_failed", "params": {"step": first.name}}))


def _reason_or(stored: Any, otherwise: dict[str, Any]) -> dict[str, Any]:
    """A stored reason if it is one: rows are read as they are, and one that is none must not keep its ticket open."""
    return stored if is_reason(stored) else otherwise


def end_ticket(ticket: Ticket, status: str, reason: dict[str, Any] | None, *, tells_kind: bool = True) -> None:
    """End the ticket; steps not begun are skipped, slots are freed and whoever waits for them is woken."""
    transition(ticket, status, reason=reason, tells_kind=tells_kind, actor=ENGINE)
    from apps.tickets.slots import wake_next

    wake_next(ticket)
