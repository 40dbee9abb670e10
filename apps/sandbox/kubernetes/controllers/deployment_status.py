"""A Deployment's status: counters (zero is absent) and its conditions with their reasons and messages.

Must not: write the store or size ReplicaSets.
"""

from __future__ import annotations

import copy
from datetime import datetime, timedelta

from apps.sandbox.kubernetes.controllers.revisions import Strategy, counter, wanted
from apps.sandbox.kubernetes.life.objects import (
    Obj,
    drop_condition,
    find_condition,
    parse_stamp,
    put_condition,
    stamp,
)

# The deadline that means "no deadline".
NO_DEADLINE = 2**31 - 1


def condition(kind: str, status: str, reason: str, message: str, now: datetime) -> Obj:
    """A condition that changes now."""
    return {
        "type": kind,
        "status": status,
        "lastUpdateTime": stamp(now),
        "lastTransitionTime": stamp(now),
        "reason": reason,
        "message": message,
    }


def has_deadline(deployment: Obj) -> bool:
    """Whether progress is watched at all."""
    return deployment["spec"].get("progressDeadlineSeconds", 600) not in (None, NO_DEADLINE)


def counters(deployment: Obj, everything: list[Obj], new: Obj | None, strategy: Strategy, now: datetime) -> Obj:
    """The status without a verdict on progress: counters, old conditions, Available."""
    available = sum(counter(r, "availableReplicas") for r in everything)
    numbers = {
        "replicas": sum(counter(r, "replicas") for r in everything),
        "updatedReplicas": counter(new, "replicas") if new is not None else 0,
        "readyReplicas": sum(counter(r, "readyReplicas") for r in everything),
        "availableReplicas": available,
        "unavailableReplicas": max(0, sum(wanted(r) for r in everything) - available),
    }
    old = deployment.get("status") or {}
    status: Obj = {"observedGeneration": deployment["metadata"]["generation"]}
    status |= {name: value for name, value in numbers.items() if value}
    if old.get("collisionCount"):
        status["collisionCount"] = old["collisionCount"]
    if old.get("conditions"):
        status["conditions"] = copy.deepcopy(old["conditions"])
    if available >= strategy.replicas - strategy.unavailable:
        verdict = ("True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
    else:
        verdict = ("False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
    put_condition(status, condition("Available", *verdict, now))
    return status


def is_complete(deployment: Obj, status: Obj) -> bool:
    """Whether every replica is of the new template and available, and none of another is left."""
    replicas = deployment["spec"].get("replicas", 1)
    return (
        status.get("updatedReplicas", 0) == replicas
        and status.get("replicas", 0) == replicas
        and status.get("availableReplicas", 0) == replicas
        and status.get("observedGeneration", 0) >= deployment["metadata"]["generation"]
    )


def has_progressed(old: Obj, new: Obj) -> bool:
    """Whether a counter moved the right way."""

    def outdated(status: Obj) -> int:
        return int(status.get("replicas", 0)) - int(status.get("updatedReplicas", 0))

    return (
        new.get("updatedReplicas", 0) > old.get("updatedReplicas", 0)
        or outdated(new) < outdated(old)
        or new.get("readyReplicas", 0) > old.get("readyReplicas", 0)
        or new.get("availableReplicas", 0) > old.get("availableReplicas", 0)
    )


def deadline(deployment: Obj, status: Obj, scale: float) -> datetime | None:
    """When the deployment will have made no progress for too long; None when nothing is awaited."""
    progress = find_condition(status, "Progressing")
    if progress is None or progress["reason"] in ("NewReplicaSetAvailable", "ProgressDeadlineExceeded"):
        return None
    seconds = deployment["spec"].get("progressDeadlineSeconds", 600) * scale
    # Stored times have whole seconds; the one more keeps the deadline from coming early.
    return parse_stamp(progress["lastUpdateTime"]) + timedelta(seconds=seconds + 1)


def judge(deployment: Obj, status: Obj, name: str, scale: float, now: datetime) -> None:
    """Put the Progressing condition for ReplicaSet `name` into `status`."""
    old = deployment.get("status") or {}
    if not has_deadline(deployment):
        drop_condition(status, "Progressing")
        return
    current = find_condition(status, "Progressing")
    is_settled = current is not None and current["reason"] == "NewReplicaSetAvailable"
    if is_settled and status.get("replicas", 0) == status.get("updatedReplicas", 0):
        return
    if is_complete(deployment, status):
        message = f'ReplicaSet "{name}" has successfully progressed.'
        put_condition(status, condition("Progressing", "True", "NewReplicaSetAvailable", message, now))
    elif has_progressed(old, status):
        message = f'ReplicaSet "{name}" is progressing.'
        new = condition("Progressing", "True", "ReplicaSetUpdated", message, now)
        if current is not None and current["status"] == "True":
            new["lastTransitionTime"] = current["lastTransitionTime"]
        # Taken out first, so that the time of the last progress moves even when the reason stays.
        drop_condition(status, "Progressing")
        put_condition(status, new)
    elif (due := deadline(deployment, status, scale)) is not None and due < now:
        message = f'ReplicaSet "{name}" has timed out progressing.'
        put_condition(status, condition("Progressing", "False", "ProgressDeadlineExceeded", message, now))


def copy_failures(status: Obj, everything: list[Obj], new: Obj | None) -> None:
    """Show a ReplicaSet's ReplicaFailure on the Deployment, the new one's first."""
    failures = [find_condition(r.get("status") or {}, "ReplicaFailure") for r in (*([new] if new else []), *everything)]
    failure = next((f for f in failures if f is not None), None)
    if failure is None:
        drop_condition(status, "ReplicaFailure")
        return
    since = failure["lastTransitionTime"]
    put_condition(status, {**failure, "lastUpdateTime": since, "lastTransitionTime": since})
