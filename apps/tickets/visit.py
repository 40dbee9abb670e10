"""What a step function gets to work with: its rows, the database's clock, and the guarded moment before a write.

Must not: decide outcomes; be kept after the visit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, Q
from django.db.models.functions import Now

from apps.common.db import bounded_transaction
from apps.tickets import brakes
from apps.tickets.claims import boot_clock
from apps.tickets.models import Step, Ticket

LEASE_MARGIN = 0.25


class LeaseLostError(Exception):
    """This visit no longer owns its step: nothing may be written, by it, anywhere."""


class CancelRequestedError(Exception):
    """Somebody cancelled the ticket before this write: it is not made."""


class BadRowError(Exception):
    """What is stored in a step's column is not what was written there by any version of ours."""

    def __init__(self, step: str, column: str) -> None:
        super().__init__(f"{step}.{column}")
        self.step, self.column = step, column


Checkpoint = Callable[[str, Step], None]


def _no_checkpoint(_name: str, _step: Step) -> None:
    """Product code stops nowhere."""


_checkpoint: Checkpoint = _no_checkpoint


def checkpoint(name: str, step: Step) -> None:
    """A no-op that the fault tests' own worker entry replaces. Points: before_intent, after_intent, accepted, recorded."""
    _checkpoint(name, step)


def set_checkpoint(function: Checkpoint) -> None:
    """Only for the fault tests' worker entry."""
    global _checkpoint
    _checkpoint = function


@dataclass
class Visit:
    """One visit of one step. `now` is the database's clock at the claim; `fence` is this visit's number."""

    step: Step
    ticket: Ticket
    fence: int
    now: datetime
    lease_seconds: float
    claimed_boot: float

    @property
    def params(self) -> dict[str, Any]:
        """What the plan gave this step."""
        return dict(self.step.params)

    @property
    def key(self) -> str:
        """The key that travels in the call (D5)."""
        return self.step.call_key

    @property
    def was_begun(self) -> bool:
        """Whether an earlier visit of this attempt may already have made its call: look the key up first."""
        return self.step.intent is not None

    @property
    def is_cancelling(self) -> bool:
        """Whether somebody asked to stop this ticket."""
        return self.ticket.cancel_requested_at is not None

    @property
    def age(self) -> float:
        """Seconds since this attempt of the step was first visited."""
        return (self.now - self.step.started_at).total_seconds() if self.step.started_at else 0.0

    def is_mine(self) -> bool:
        """Whether the step is still this visit's, by its fence."""
        return Step.objects.filter(pk=self.step.pk, fence=self.fence).exists()

    @contextmanager
    def owned(self) -> Iterator[None]:
        """For the rows a step keeps beside its own: they change together, and only while the step is this visit's.

        Locks ticket, then step, as the engine does when it records. Nothing outside may be called in here.
        """
        with transaction.atomic():
            bounded_transaction()
            Ticket.objects.select_for_update().only("pk").get(pk=self.step.ticket_id)
            mine = Step.objects.select_for_update().filter(pk=self.step.pk, fence=self.fence)
            if mine.values_list("pk", flat=True).first() is None:
                raise LeaseLostError(f"step {self.step.pk} fence {self.fence}")
            yield

    def forget_intent(self) -> None:
        """The outside certainly did not take the call: the next visit may simply make it."""
        Step.objects.filter(pk=self.step.pk, fence=self.fence).update(intent=None)
        self.step.intent = None

    def remember(self, **facts: Any) -> None:
        """Keep facts in the step's output before it is done."""
        kept = {**(self.step.output or {}), **facts}
        if not Step.objects.filter(pk=self.step.pk, fence=self.fence).update(output=kept):
            raise LeaseLostError(f"step {self.step.pk} fence {self.fence}")
        self.step.output = kept

    def output_of(self, name: str, target: str = "") -> dict[str, Any]:
        """The output of an earlier step of this ticket; empty when there is none."""
        found = Step.objects.filter(ticket=self.ticket, name=name, target=target).values_list("output", flat=True)
        output = (found[0] if found else None) or {}
        if not isinstance(output, dict):
            raise BadRowError(name, "output")
        return dict(output)

    def assert_lease(self) -> None:
        """Raise LeaseLostError when the lease may have run out by the boot clock (D9)."""
        if boot_clock() - self.claimed_boot > self.lease_seconds * (1 - LEASE_MARGIN):
            raise LeaseLostError(f"step {self.step.pk} fence {self.fence}")

    def lease_left(self) -> float:
        """Seconds of the lease that are left by the boot clock: no write may take longer."""
        return max(0.0, self.lease_seconds - (boot_clock() - self.claimed_boot))

    def freeze(self) -> None:
        """First change of a cluster: from here on the fingerprint stands still (D17)."""
        Ticket.objects.filter(pk=self.ticket.pk, frozen_at__isnull=True).update(frozen_at=Now())

    def unfreeze(self) -> None:
        """The first change was surely refused: nothing was changed, so gates and approvals count again."""
        Ticket.objects.filter(pk=self.ticket.pk).update(frozen_at=None)

    def save_intent_unless_cancelled(self, **intent: Any) -> None:
        """As `save_intent`, for a write that must not go out once a cancel was accepted (D8)."""
        self._save_intent(intent, Q(ticket__cancel_requested_at__isnull=True))

    def save_intent(self, **intent: Any) -> None:
        """Save what is about to be asked of the outside, then check the lease: call right before the write (law 3)."""
        self._save_intent(intent, Q())

    def _save_intent(self, intent: dict[str, Any], condition: Q) -> None:
        """One statement says whether the write may go out, while no brake can be pulled (E10)."""
        mine = Step.objects.filter(pk=self.step.pk, fence=self.fence)
        was = self.step.intent
        with transaction.atomic():
            brakes.keep_still()
            if not mine.filter(condition, ~Exists(brakes.over(self.step.system))).update(intent=intent):
                self._refuse_write(mine.exists(), mine.filter(condition).exists())
        self.step.intent = intent
        checkpoint("after_intent", self.step)
        try:
            self.assert_lease()
        except LeaseLostError:
            if was is None:
                self.forget_intent()  # surely not asked: nothing to look up. A newer visit's intent stays, by the fence.
            raise

    def _refuse_write(self, is_mine: bool, is_wanted: bool) -> None:
        if not is_mine:
            raise LeaseLostError(f"step {self.step.pk} fence {self.fence}")
        reason = brakes.reason_over(self.step.system) if is_wanted else None
        if reason is not None:
            raise brakes.BrakeOnError(reason)
        raise CancelRequestedError(f"ticket {self.ticket.pk}")
