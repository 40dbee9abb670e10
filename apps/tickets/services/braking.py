"""Pulling and releasing the emergency brake (E10).

Must not: stop anything outside; what runs there is watched on, and a call that was begun is waited for, not cut off.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from apps.audit.services import record
from apps.common.db import ClockTimestamp
from apps.common.errors import Conflict
from apps.integrations.models import Cluster
from apps.policy.actor import Actor
from apps.policy.services import require
from apps.tickets import bell, brakes, hints
from apps.tickets.models import Brake, Step

CALLS_END_WITHIN = 5.0
LOOK_SECONDS = 0.05


@dataclass(frozen=True)
class Scope:
    """What the policy table is asked about: one cluster, or everywhere."""

    cluster_id: int | None


def pull_brake(cluster: Cluster | None, *, reason: str, actor: Actor) -> Brake:
    """Put the brake on; returns once the calls that were begun before have ended, at the latest after five seconds.

    From the return on no new write goes out under it, but of the calls that `brakes.under_way` still names.
    Raises Conflict when it is on already.
    """
    scope = Scope(cluster.pk if cluster else None)
    require(actor, "brake.pull", obj=scope)
    with transaction.atomic():
        brakes.keep_writes_out()
        earlier = Brake.objects.filter(cluster=cluster, released_at__isnull=True)
        known = earlier.select_related("cluster", "pulled_by").first()
        if known is not None:
            raise Conflict("brake.on_already", **brakes.reason_of(known)["params"])
        brake = Brake.objects.create(cluster=cluster, reason=reason, pulled_by_id=actor.person_id)
        brake.refresh_from_db()
        record("brake.pulled", target=brake, params={"scope": brakes.scope_of(brake), "reason": reason}, actor=actor)
        _look_again(_free(brakes.not_begun(brake)).values_list("pk", flat=True))
        hints.announce("brake", brake.pk, None)
    _wait_for_calls(brake)
    return brake


def release_brake(brake: Brake, *, comment: str = "", actor: Actor) -> Brake:
    """Take the brake off and let what it held go on at once. Raises Conflict when it is off already."""
    require(actor, "brake.release", obj=Scope(brake.cluster_id))
    with transaction.atomic():
        brakes.keep_writes_out()
        locked = Brake.objects.select_for_update().get(pk=brake.pk)
        if locked.released_at is not None:
            by = str(locked.released_by or "")
            raise Conflict("brake.released_already", brake=locked.pk, by=by, at=locked.released_at.isoformat())
        Brake.objects.filter(pk=locked.pk).update(
            released_by=actor.person_id, released_at=ClockTimestamp(), comment=comment
        )
        params = {"scope": brakes.scope_of(brake), "reason": brake.reason, "comment": comment}
        record("brake.released", target=brake, params=params, actor=actor)
        _let_go(brake)
        hints.announce("brake", brake.pk, None)
    brake.refresh_from_db()
    return brake


def _free(steps: QuerySet[Step]) -> QuerySet[Step]:
    """Without those whose row another one writes now: it is claimed or woken, so it looks again without us."""
    return steps.select_for_update(skip_locked=True, of=("self",))


def _look_again(ids: Iterable[int]) -> None:
    due = list(ids)
    Step.objects.filter(pk__in=due).update(due_at=Now(), woken_at=ClockTimestamp())
    bell.ring_on_commit(due)


def _let_go(brake: Brake) -> None:
    held = list(_free(brakes.held(brake)).select_related("ticket"))
    ids = [step.pk for step in held]
    Step.objects.filter(pk__in=ids).update(reason=None)
    _look_again(ids)
    for _, ticket in sorted({step.ticket_id: step.ticket for step in held}.items()):
        hints.announce_ticket(ticket)


def _wait_for_calls(brake: Brake) -> None:
    """A write announced before the pull is on its way: give its visit the time to end. A later one has none to make."""
    visits = set(brakes.under_way(brake).values_list("pk", "fence"))
    end = time.monotonic() + CALLS_END_WITHIN
    while visits and time.monotonic() < end:
        time.sleep(LOOK_SECONDS)
        visits &= set(brakes.under_way(brake).values_list("pk", "fence"))
