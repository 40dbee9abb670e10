"""The engine: one visit of one claimed step, and what follows from its outcome (DESIGN laws 1–4).

The only place but the terminal's pump that catches every exception. Must not: know a ticket kind, call outside
itself, or hold a transaction open during a visit.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.db import connection, transaction
from django.db.models import Case, F, Value, When
from django.db.models.functions import Now

from apps.common.db import ClockTimestamp, bounded_transaction
from apps.common.errors import DomainError, IntegrationError
from apps.tickets import brakes, hints, registry
from apps.tickets.advance import advance, end_ticket, reset_steps
from apps.tickets.claims import Claim
from apps.tickets.models import OPEN_STEP, Step, StepStatus, Ticket
from apps.tickets.outcomes import Canceled, Done, Ended, Errored, Failed, GoBack, Outcome, SentBack, Waiting
from apps.tickets.rescue import DATABASE_AWAY, MAY_RUN, defect, end_errored, put_away
from apps.tickets.visit import BadRowError, CancelRequestedError, LeaseLostError, Visit, checkpoint

log = structlog.get_logger(__name__)

BACKOFF_FIRST, BACKOFF_MOST = 1.0, 30.0
TROUBLES_MOST = 30
HELD_RECHECK = 30.0
OBJECTS = {"params": False, "intent": True, "output": True}  # a step's JSON columns, and whether null is sound


def visit(claim: Claim) -> None:
    """Visit one claimed step: run its function, record the outcome if the lease is still ours, move the ticket on."""
    step = (
        Step.objects.select_related("ticket__project", "ticket__environment", "ticket__requester")
        .filter(pk=claim.step_id, fence=claim.fence, status__in=OPEN_STEP)
        .first()
    )
    if step is None:
        return
    structlog.contextvars.bind_contextvars(ticket_id=step.ticket_id, step=step.name, fence=claim.fence)
    try:
        if step.ticket.status not in MAY_RUN:
            put_away(step, claim.fence)
            return
        outcome = _run(step, claim)
        checkpoint("accepted", step)
        if _record(step, claim.fence, outcome):
            checkpoint("recorded", step)
    except LeaseLostError:
        log.warning("lease lost, nothing recorded")
    except DATABASE_AWAY:
        # The database went away: the row keeps its lease and is visited again when that runs out.
        log.warning("database lost during a visit", exc_info=True)
        connection.close()
    finally:
        structlog.contextvars.clear_contextvars()


def _run(step: Step, claim: Claim) -> Outcome:
    ticket = step.ticket
    registered = registry.STEPS.get(step.name)
    if ticket.kind not in registry.KINDS:
        return Errored("engine.unknown_kind", {"kind": ticket.kind})
    if registered is None:
        return Errored("engine.unknown_step", {"step": step.name})
    if step.troubles >= TROUBLES_MOST:  # visits that never came back count as troubles: see the claim
        return Errored("engine.abandoned", {"step": step.name, "times": step.troubles})
    for column, may_be_null in OBJECTS.items():
        value = getattr(step, column)
        if not isinstance(value, dict) and not (may_be_null and value is None):
            return Errored("engine.bad_row", {"step": step.name, "column": column})
    if ticket.cancel_requested_at is not None and not registered.settles and step.intent is None:
        return Canceled()
    braked = brakes.reason_over(step.system) if step.intent is None and not registered.settles else None
    if braked is not None:
        return _Held(HELD_RECHECK, None, braked)
    visiting = Visit(step, ticket, claim.fence, claim.now, settings.CONFIG.lease_seconds, claim.boot)
    checkpoint("before_intent", step)
    if not registered.writes:
        checkpoint("after_intent", step)
    try:
        return registered.function(visiting)
    except CancelRequestedError:
        return Canceled()
    except brakes.BrakeOnError as brake:
        return _Held(HELD_RECHECK, None, brake.reason) if ticket.cancel_requested_at is None else Canceled()
    except BadRowError as error:
        return Errored("engine.bad_row", {"step": error.step, "column": error.column})
    except ObjectDoesNotExist as error:
        log.warning("a row that the step needs is gone", exc_info=True)
        what = type(error).__qualname__.partition(".")[0].lower()
        return Errored("engine.row_gone", {"step": str(step), "what": what})
    except IntegrationError as error:
        return _trouble(step, error)
    except DomainError as error:
        return Failed(error.code, error.params)
    except (LeaseLostError, *DATABASE_AWAY):
        raise
    except Exception:
        crashed = defect(step.name)
        log.exception("a step raised", **crashed.params)
        return crashed


def _record(step: Step, fence: int, outcome: Outcome) -> bool:
    """Record it. What cannot be written down, or breaks what follows from it, is `errored`, never asked for again."""
    try:
        return record_outcome(step, fence, outcome)
    except DATABASE_AWAY:
        raise
    except Exception:
        crashed = defect(step.name)
        log.exception("an outcome could not be recorded", **crashed.params)
    try:
        return record_outcome(step, fence, crashed)
    except DATABASE_AWAY:
        raise
    except Exception:
        crashed = defect(step.name)
        log.exception("the rest of the ticket is broken too, so it ends here", **crashed.params)
    return end_errored(step, fence, crashed)


def _trouble(step: Step, error: IntegrationError) -> Outcome:
    """Whether to come again is the adapter's bit (law 4); after the last look-up a retryable error is `errored`."""
    if not error.retryable and not error.unknown:
        return Failed(error.code, error.params)
    if step.troubles + 1 >= TROUBLES_MOST:
        return Errored(error.code, error.params)
    delay = min(BACKOFF_MOST, BACKOFF_FIRST * 2**step.troubles)
    return _Trouble(max(delay, error.retry_after or 0.0), None, error.as_reason())


class _Trouble(Waiting):
    """Waiting because of a retryable error: counted, its reason shown."""

    def __init__(self, retry_after: float, output: dict[str, Any] | None, reason: dict[str, Any]) -> None:
        super().__init__(retry_after, output)
        object.__setattr__(self, "reason", reason)

    reason: dict[str, Any]


class _Held(_Trouble):
    """Waiting because of an emergency brake: its reason is shown, and it is no trouble of the outside."""


_STATUS: dict[type, StepStatus] = {
    Done: StepStatus.SUCCEEDED,
    Failed: StepStatus.FAILED,
    Errored: StepStatus.ERRORED,
    Canceled: StepStatus.CANCELED,
    Ended: StepStatus.CANCELED,
}


def record_outcome(step: Step, fence: int, outcome: Outcome) -> bool:
    """Write the outcome and what follows in one transaction; False when a newer visit owns the step (nothing written)."""
    free: dict[str, Any] = {"lease_owner": "", "lease_until": None}
    with transaction.atomic():
        bounded_transaction()
        ticket = Ticket.objects.select_for_update().get(pk=step.ticket_id)
        mine = Step.objects.filter(pk=step.pk, fence=fence, status__in=OPEN_STEP)
        if isinstance(outcome, _Held):
            return _record_held(mine, step, outcome, free, ticket)
        if isinstance(outcome, Waiting):
            return _record_waiting(mine, outcome, free, ticket)
        if isinstance(outcome, SentBack):
            return _record_sent_back(mine, outcome, free, ticket)
        if isinstance(outcome, GoBack):
            return _record_go_back(mine, step, outcome, ticket)
        changes: dict[str, Any] = {
            **free,
            "status": _STATUS[type(outcome)],
            "finished_at": Now(),
            "due_at": None,
            "troubles": 0,
            "reason": None,
        }
        if isinstance(outcome, Failed | Errored):
            changes["reason"] = {"code": outcome.code, "params": outcome.params}
        output = getattr(outcome, "output", None)
        if output is not None:
            changes["output"] = output
        if not mine.update(**changes):
            return False
        if isinstance(outcome, Ended):
            end_ticket(ticket, outcome.status, outcome.reason)
        else:
            advance(ticket)
        hints.announce_ticket(ticket)
    return True


def _record_waiting(mine: Any, outcome: Waiting, free: dict[str, Any], ticket: Ticket) -> bool:
    reason = getattr(outcome, "reason", None)
    later = Now() + Value(timedelta(seconds=max(0.0, outcome.retry_after)))
    changes: dict[str, Any] = {
        **free,
        "status": StepStatus.WAITING,
        "due_at": Case(When(woken_at__gt=F("claimed_at"), then=Now()), default=later),
        "troubles": F("troubles") + 1 if reason else 0,
        "reason": reason,
    }
    if outcome.output is not None:
        changes["output"] = outcome.output
    if not mine.update(**changes):
        return False
    if reason or outcome.output is not None:
        hints.announce_ticket(ticket)
    return True


def _record_held(mine: Any, step: Step, outcome: _Held, free: dict[str, Any], ticket: Ticket) -> bool:
    """The visit leaves no trace but the reason; a brake that was released since then holds nothing."""
    brakes.keep_still()
    is_on = brakes.over(step.system).exists()
    wait = timedelta(seconds=outcome.retry_after if is_on else 0.0)
    reason = outcome.reason if is_on else None
    held: dict[str, Any] = {
        **free,
        "status": StepStatus.WAITING,
        "due_at": Case(When(woken_at__gt=F("claimed_at"), then=Now()), default=Now() + Value(wait)),
        "started_at": Case(When(intent__isnull=True, then=None), default=F("started_at")),
        "reason": reason,
    }
    if not mine.update(**held):
        return False
    if step.reason != reason:
        hints.announce_ticket(ticket)
    return True


def _record_sent_back(mine: Any, outcome: SentBack, free: dict[str, Any], ticket: Ticket) -> bool:
    from apps.tickets.fingerprints import send_back

    if ticket.cancel_requested_at is not None:
        stopped = mine.update(**free, status=StepStatus.CANCELED, due_at=None, finished_at=Now())
        if stopped:
            advance(ticket)
        return bool(stopped)
    planned = {**free, "status": StepStatus.PLANNED, "due_at": None, "started_at": None, "visits": 0, "troubles": 0}
    if not mine.update(**planned):
        return False
    send_back(ticket, outcome.status, outcome.reason)
    return True


def _record_go_back(mine: Any, step: Step, outcome: GoBack, ticket: Ticket) -> bool:
    if not mine.update(lease_owner="", lease_until=None, reason=outcome.reason):
        return False
    line = list(ticket.steps.filter(wave=step.wave, target=step.target).order_by("order"))
    begin = next(s.order for s in line if s.name == outcome.to)
    reset_steps([s.pk for s in line if begin <= s.order <= step.order])
    advance(ticket)
    hints.announce_ticket(ticket)
    return True


def wake_step(step_id: int) -> bool:
    """Make an open step due now; a visit under way is told by `woken_at`. False when the step is not open."""
    return bool(
        Step.objects.filter(pk=step_id, status__in=OPEN_STEP).update(
            due_at=Case(When(due_at__lt=Now(), then=F("due_at")), default=Now()), woken_at=ClockTimestamp()
        )
    )
