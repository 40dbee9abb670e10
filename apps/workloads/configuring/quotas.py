"""Whether a document fits into the namespace's quotas, as numbers a person can act on (E5).

Must not: round for the comparison; texts are for people only.
"""

from __future__ import annotations

from dataclasses import asdict
from fractions import Fraction
from typing import Any

from apps.catalog.configuration.quantities import cpu_text
from apps.integrations.kubernetes.ownership import pod_spec_of
from apps.integrations.kubernetes.quantities import from_server
from apps.integrations.kubernetes.types import Quota
from apps.workloads.rendering import Demand, demand, fits
from apps.workloads.rendering.demand import COUNTED
from apps.workloads.rendering.measures import size_text

Json = dict[str, Any]


def quota_rows(document: Json, quotas: list[Quota], live: Json | None) -> list[Json]:
    """One row per quota: `{name, hard, used, asked, own, shortfalls}`, texts by resource.

    `live` is the workload's Deployment; what its pods use is given back by a rollout.
    """
    asked, own = demand(document), own_demand(live)
    return [
        {
            "name": one.name,
            "hard": one.hard,
            "used": one.used,
            "asked": _texts(asked, one),
            "own": _texts(own, one) if own else {},
            "shortfalls": [asdict(short) for short in fits(asked, one.hard, one.used, own)],
        }
        for one in quotas
    ]


def own_demand(live: Json | None) -> Demand | None:
    """What the pods of a Deployment use now, by what its template asks for; None without one."""
    if live is None:
        return None
    pods = int((live.get("status") or {}).get("replicas") or 0)
    containers = pod_spec_of(live).get("containers") or []
    sums = [
        sum((_amount(one, resource, side) for one in containers), Fraction(0)) * pods
        for resource in ("cpu", "memory")
        for side in ("requests", "limits")
    ]
    return Demand(pods, *sums)


def running_demand(pods: list[Json]) -> Demand:
    """What pods that have not ended ask for, by their containers: as a quota of their namespace would count them."""
    alive = [pod for pod in pods if (pod.get("status") or {}).get("phase") not in ("Succeeded", "Failed")]
    containers = [one for pod in alive for one in pod["spec"].get("containers") or []]
    sums = [
        sum((_amount(one, resource, side) for one in containers), Fraction(0))
        for resource in ("cpu", "memory")
        for side in ("requests", "limits")
    ]
    return Demand(len(alive), *sums)


def _amount(container: Json, resource: str, side: str) -> Fraction:
    """Of one container; a request that is not set is the limit, and what is not set at all counts nothing."""
    given = container.get("resources") or {}
    for name in ("requests", "limits") if side == "requests" else ("limits",):
        number = from_server((given.get(name) or {}).get(resource, ""))
        if number is not None:
            return number
    return Fraction(0)


def _texts(amount: Demand, quota: Quota) -> dict[str, str]:
    found = {name: amount.of(name) for name in quota.hard if name in COUNTED}
    return {name: "" if number is None else amount_text(name, number) for name, number in found.items()}


def amount_text(name: str, amount: Fraction) -> str:
    """An amount of a quota's name for people, rounded up."""
    if name.endswith("cpu"):
        return cpu_text(Fraction(-(-amount * 1000 // 1), 1000))
    whole = int(-(-amount // 1))
    return str(whole) if name.endswith("pods") else size_text(whole)
