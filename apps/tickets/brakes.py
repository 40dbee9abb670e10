"""The emergency brake as the engine sees it (E10): which brake holds an outside system, and the lock that makes it sure.

A write is announced (its intent saved) under the shared lock and a brake is pulled under the exclusive one, so each
write is announced either before the pull, and then seen by it, or not at all. Must not: pull or release; call outside.
"""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from apps.tickets import registry
from apps.tickets.models import OPEN_STEP, Brake, Step

BRAKE_LOCK = 0x6F70_7332
EVERYWHERE = "everywhere"
CODES = ("brake.on", "brake.on_cluster")

# A worker stopped with the lock in its hand must not stop the brake: its transaction is ended by the server.
_SHARED = """
SELECT set_config('idle_in_transaction_session_timeout', '5s', true), set_config('lock_timeout', '10s', true),
    pg_advisory_xact_lock_shared(%s)
"""


class BrakeOnError(Exception):
    """A brake was pulled before this write: it is not made. `reason` is what its step shows."""

    def __init__(self, reason: dict[str, Any]) -> None:
        super().__init__(reason["code"])
        self.reason = reason


def keep_still() -> None:
    """Until the caller's transaction ends no brake is pulled or released."""
    with connection.cursor() as cursor:
        cursor.execute(_SHARED, [BRAKE_LOCK])


def keep_writes_out() -> None:
    """Until the caller's transaction ends no write is announced; what is announced by now is visible after this."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [BRAKE_LOCK])


def over(system: str) -> QuerySet[Brake]:
    """The brakes that are on over one outside system: the one for everywhere, and its cluster's own."""
    where = Q(cluster__isnull=True)
    kind, _, ident = system.partition(":")
    if kind == "cluster" and ident.isdigit():
        where |= Q(cluster_id=int(ident))
    return Brake.objects.filter(where, released_at__isnull=True)


def reason_over(system: str) -> dict[str, Any] | None:
    """Why a step on this system may not begin now; None when it may."""
    order = F("cluster").asc(nulls_first=True)
    brake = over(system).select_related("cluster", "pulled_by").order_by(order).first()
    return None if brake is None else reason_of(brake)


def scope_of(brake: Brake) -> str:
    """`everywhere`, or the cluster's name."""
    return EVERYWHERE if brake.cluster is None else brake.cluster.name


def reason_of(brake: Brake) -> dict[str, Any]:
    """What a held step shows: code and params, as every stored reason."""
    params = {
        "brake": brake.pk,
        "scope": scope_of(brake),
        "reason": brake.reason,
        "by": str(brake.pulled_by),
        "since": brake.pulled_at.isoformat(),
    }
    return {"code": CODES[0] if brake.cluster is None else CODES[1], "params": params}


def in_scope(brake: Brake) -> QuerySet[Step]:
    """The open steps that the brake is over."""
    steps = Step.objects.filter(status__in=OPEN_STEP)
    return steps if brake.cluster_id is None else steps.filter(system=f"cluster:{brake.cluster_id}")


def held(brake: Brake) -> QuerySet[Step]:
    """The open steps in its scope that wait because of a brake."""
    return in_scope(brake).filter(reason__code__in=CODES)


def not_begun(brake: Brake) -> QuerySet[Step]:
    """The open steps in its scope that will be held at their next visit without any call."""
    settling = [name for name, step in registry.STEPS.items() if step.settles]
    return in_scope(brake).filter(intent__isnull=True).exclude(name__in=settling)


def under_way(brake: Brake) -> QuerySet[Step]:
    """The steps in its scope whose write was announced and whose visit has not ended: the call may be on its way."""
    writing = [name for name, step in registry.STEPS.items() if step.writes]
    return in_scope(brake).filter(name__in=writing, intent__isnull=False, lease_until__gt=Now())
