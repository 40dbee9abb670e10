"""The background work of intakes: a chore that looks at the rows, so that neither a dead worker nor a lost Redis stops it.

Each visit claims one piece (FOR UPDATE SKIP LOCKED, with a lease and a fence), does it, and looks again. Two slots: a
system that hangs holds up one of them. Must not: keep anything in memory from one piece to the next.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef
from django.db.models.functions import Now

from apps.access.intake.checking import OPEN
from apps.access.intake.reading import READ_SECONDS, read_system
from apps.access.intake.starting import make_rows
from apps.access.intake.taking import Overtaken, take_in
from apps.access.models import Intake, IntakeReading, IntakeRow
from apps.accounts.models import User
from apps.audit.services import record
from apps.common.errors import DomainError, IntegrationError, Invalid
from apps.policy.actor import Actor
from apps.policy.services import allowed
from apps.tickets import registry

log = structlog.get_logger(__name__)

ACTION = "intake.manage"
SLOTS = ("1", "2")
EVERY_SECONDS = 1.0
MOST_TRIES = 5
PAUSE_SECONDS = 5.0
READ_LEASE = READ_SECONDS + 30
ROW_LEASE = 60.0
ENGINE = Actor.system("engine")
Json = dict[str, Any]
_checkpoint: Callable[[str], None] = lambda name: None  # noqa: E731 - tests stop a worker there

_CLAIM_READING = """
UPDATE access_intakereading SET lease_until = now() + make_interval(secs => %s), fence = fence + 1
WHERE id = (
    SELECT r.id FROM access_intakereading r JOIN access_intake i ON i.id = r.intake_id
    WHERE i.state = 'reading' AND r.state = 'waiting' AND r.due_at <= now()
    AND (r.lease_until IS NULL OR r.lease_until <= now())
    ORDER BY r.due_at, r.id LIMIT 1 FOR UPDATE OF r SKIP LOCKED)
RETURNING id
"""
_CLAIM_ROW = """
UPDATE access_intakerow SET lease_until = now() + make_interval(secs => %s), fence = fence + 1
WHERE id = (
    SELECT r.id FROM access_intakerow r JOIN access_intake i ON i.id = r.intake_id
    WHERE i.state = 'taking' AND r.state = 'waiting' AND r.is_ticked AND r.due_at <= now()
    AND (r.lease_until IS NULL OR r.lease_until <= now())
    ORDER BY r.due_at, r.id LIMIT 1 FOR UPDATE OF r SKIP LOCKED)
RETURNING id
"""


@registry.chore("access.intake", every=lambda: EVERY_SECONDS, each=lambda: SLOTS)
def work(_slot: str) -> None:
    """Pieces until there is none or half of the chore's lease is over; the rest is for the next visit."""
    end = time.monotonic() + settings.CONFIG.chore_lease_seconds / 2
    while time.monotonic() < end and work_once():
        pass


def work_once() -> bool:
    """One piece of work; False when nothing is due."""
    return read_one() or match_one() or take_one() or end_one()


def read_one() -> bool:
    """Read one outside system of a batch."""
    claimed = _claim(_CLAIM_READING, READ_LEASE)
    if claimed is None:
        return False
    reading = IntakeReading.objects.get(pk=claimed)
    mine = IntakeReading.objects.filter(pk=claimed, fence=reading.fence, state=IntakeReading.State.WAITING)
    try:
        read = read_system(reading.system)
    except IntegrationError as error:
        _put_off(mine, reading.attempts, error, state=IntakeReading.State.FAILED, problem=error.as_reason())
        return True
    except ObjectDoesNotExist:
        gone = {"code": "intake.system_gone", "params": {"name": reading.name}}
        mine.update(state=IntakeReading.State.FAILED, problem=gone, lease_until=None)
        return True
    _checkpoint("read")
    mine.update(
        state=IntakeReading.State.READ,
        found=read.items,
        count=len(read.items),
        is_complete=read.is_complete,
        problem=read.problem,
        lease_until=None,
        read_at=Now(),
    )
    return True


def match_one() -> bool:
    """Make the rows of a batch of which every system was read or given up."""
    left = IntakeReading.objects.filter(intake=OuterRef("pk"), state=IntakeReading.State.WAITING)
    with transaction.atomic():
        due = Intake.objects.filter(~Exists(left), state=Intake.State.READING).order_by("pk")
        intake = due.select_for_update(of=("self",), skip_locked=True).first()
        if intake is None:
            return False
        make_rows(intake)
        record("intake.found", target=intake, params={"rows": intake.rows.count()}, actor=ENGINE)
    return True


def take_one() -> bool:
    """Take in one row of a batch, in the name of whoever said so, while he is an administrator."""
    claimed = _claim(_CLAIM_ROW, ROW_LEASE)
    if claimed is None:
        return False
    row = IntakeRow.objects.select_related("intake__taken_by").get(pk=claimed)
    mine = IntakeRow.objects.filter(pk=row.pk, fence=row.fence, state=IntakeRow.State.WAITING)
    actor = _actor(row.intake.taken_by)
    if actor is None:
        _halt(row.intake)
        mine.update(lease_until=None)
        return True
    _checkpoint("claimed")
    try:
        take_in(row, actor)
    except Overtaken:
        mine.update(lease_until=None)
    except IntegrationError as error:
        _put_off(mine, row.attempts, error, state=IntakeRow.State.FAILED, error=error.as_reason())
    except DomainError as error:
        _refused(mine, error)
    _checkpoint("taken")
    return True


def _refused(mine: Any, error: DomainError) -> None:
    """It cannot be as it stands: to be corrected, then ticked again."""
    reason, fields = error.as_reason(), error.fields or {}
    first = next((items[0] for items in fields.values() if items), None)
    if isinstance(error, Invalid) and first is not None:
        reason = {"code": first["code"], "params": first.get("params", {})}
    mine.update(state=IntakeRow.State.FAILED, error=reason, lease_until=None)


def _put_off(mine: Any, attempts: int, said: IntegrationError, /, **given_up: Any) -> None:
    """Try again when the outside asks for it, a few times; what will not change is given up at once."""
    if said.retryable and attempts + 1 < MOST_TRIES:
        pause = said.retry_after if said.retry_after is not None else PAUSE_SECONDS * 2**attempts
        mine.update(attempts=F("attempts") + 1, lease_until=None, due_at=Now() + timedelta(seconds=pause))
        return
    mine.update(attempts=F("attempts") + 1, lease_until=None, **given_up)


def end_one() -> bool:
    """A batch of which no ticked row waits is done; rows that failed may be ticked again."""
    left = IntakeRow.objects.filter(intake=OuterRef("pk"), state=IntakeRow.State.WAITING, is_ticked=True)
    with transaction.atomic():
        due = Intake.objects.filter(~Exists(left), state=Intake.State.TAKING).order_by("pk")
        intake = due.select_for_update(of=("self",), skip_locked=True).first()
        if intake is None:
            return False
        Intake.objects.filter(pk=intake.pk).update(state=Intake.State.DONE, finished_at=Now())
        counts = {state: intake.rows.filter(state=state).count() for state in (*OPEN, "taken", "exists")}
        record("intake.done", target=intake, params={str(name): count for name, count in counts.items()}, actor=ENGINE)
    return True


def _actor(user: User | None) -> Actor | None:
    """Whoever said take, as he is now; None when he may not any more."""
    if user is None or not user.is_active:
        return None
    admin = user.is_instance_admin
    actor = Actor(user.pk, user.username, "user", is_instance_admin=admin, display_name=user.display_name)
    return actor if allowed(actor, ACTION).allowed else None


def _halt(intake: Intake) -> None:
    with transaction.atomic():
        running = Intake.objects.filter(pk=intake.pk, state=Intake.State.TAKING)
        reason = {"code": "intake.right_lost", "params": {"person": str(intake.taken_by or "–")}}
        if running.update(state=Intake.State.STOPPED, halted=reason):
            record("intake.halted", target=intake, params=reason, actor=ENGINE)


def _claim(statement: str, seconds: float) -> int | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, [seconds])
        found = cursor.fetchone()
    return None if found is None else int(found[0])
