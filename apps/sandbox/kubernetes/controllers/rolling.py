"""How many pods each ReplicaSet gets next: pure arithmetic of rolling updates and proportional scaling.

Must not: read or write the store.
"""

from __future__ import annotations

from apps.sandbox.kubernetes.controllers.revisions import DESIRED, Strategy, counter, oldest_first, wanted
from apps.sandbox.kubernetes.life.objects import Obj

Steps = list[tuple[Obj, int]]


def new_size(strategy: Strategy, everything: list[Obj], new: int) -> int:
    """What the new ReplicaSet may grow to now."""
    if not strategy.is_rolling:
        return strategy.replicas
    total = sum(wanted(r) for r in everything)
    if total >= strategy.most_pods:
        return new
    return new + max(0, min(strategy.most_pods - total, strategy.replicas - new))


def shrink_old(strategy: Strategy, new: Obj, old: list[Obj]) -> Steps:
    """Which old ReplicaSets shrink now without falling below what must be available."""
    active = oldest_first([r for r in old if wanted(r) > 0])
    if not active:
        return []
    everything = [*active, new]
    least = strategy.replicas - strategy.unavailable
    new_missing = wanted(new) - counter(new, "availableReplicas")
    most = sum(wanted(r) for r in everything) - least - new_missing
    if most <= 0:
        return []
    sizes = {id(r): wanted(r) for r in active}
    cleaned = 0
    for replica_set in active:
        ill = sizes[id(replica_set)] - counter(replica_set, "availableReplicas")
        step = min(most - cleaned, ill)
        if step > 0:
            sizes[id(replica_set)] -= step
            cleaned += step
    spare = sum(counter(r, "availableReplicas") for r in everything) - least
    for replica_set in active:
        step = min(spare, sizes[id(replica_set)])
        if step > 0:
            sizes[id(replica_set)] -= step
            spare -= step
    return [(r, sizes[id(r)]) for r in active if sizes[id(r)] != wanted(r)]


def is_scaling(strategy: Strategy, everything: list[Obj]) -> bool:
    """Whether `spec.replicas` changed since the active ReplicaSets were sized."""
    for replica_set in everything:
        desired = (replica_set["metadata"].get("annotations") or {}).get(DESIRED)
        if wanted(replica_set) > 0 and desired is not None and int(desired) != strategy.replicas:
            return True
    return False


def scale(strategy: Strategy, new: Obj | None, old: list[Obj]) -> Steps:
    """New sizes after `spec.replicas` changed, or while paused."""
    everything = [r for r in (*old, new) if r is not None]
    active = [r for r in everything if wanted(r) > 0]
    if len(active) <= 1:
        latest = [new] if new is not None else oldest_first(old)[-1:]
        return [(r, strategy.replicas) for r in active or latest]
    if new is not None and _is_saturated(strategy, new):
        return [(r, 0) for r in old if wanted(r) > 0]
    if not strategy.is_rolling:
        return []
    return _proportional(strategy, active)


def _is_saturated(strategy: Strategy, new: Obj) -> bool:
    desired = (new["metadata"].get("annotations") or {}).get(DESIRED)
    return (
        desired == str(strategy.replicas)
        and wanted(new) == strategy.replicas
        and counter(new, "availableReplicas") == strategy.replicas
    )


def _proportional(strategy: Strategy, active: list[Obj]) -> Steps:
    """Share what is added or taken among the active ReplicaSets by size; the biggest gets what is left over."""
    allowed = strategy.most_pods if strategy.replicas > 0 else 0
    total = sum(wanted(r) for r in active)
    change = allowed - total
    ages = oldest_first(active)
    # Growing favours the newer of two of one size, shrinking takes from the older one.
    ages = ages[::-1] if change > 0 else ages
    ordered = sorted(ages, key=wanted, reverse=True)
    sizes, left = [], change
    for replica_set in ordered:
        share = round(wanted(replica_set) * change / total) if total else 0
        share = max(min(share, left), 0) if change > 0 else min(max(share, left), 0)
        sizes.append(wanted(replica_set) + share)
        left -= share
    if sizes:
        sizes[0] = max(0, sizes[0] + left)
    return list(zip(ordered, sizes, strict=True))
