"""What a document may ask of a namespace's quota at its greatest, and whether that fits beside what others use.

Source: Kubernetes' "Resource Quotas": which names bound what, and that a pod must say what a quota counts. Must not:
round; a comparison is of exact numbers, a text is for people only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from apps.catalog.configuration.quantities import cpu_text
from apps.integrations.kubernetes.quantities import from_server
from apps.workloads.rendering.container import SIDECAR_CPU, SIDECAR_MEMORY, has_sidecar
from apps.workloads.rendering.measures import cpu_of, memory_of, size_text
from apps.workloads.rendering.subject import Json

# Names in a quota → member of Demand. `cpu` and `memory` are older names of the requests.
COUNTED = {
    "requests.cpu": "cpu_requests",
    "cpu": "cpu_requests",
    "limits.cpu": "cpu_limits",
    "requests.memory": "memory_requests",
    "memory": "memory_requests",
    "limits.memory": "memory_limits",
    "pods": "pods",
    "count/pods": "pods",
}


@dataclass(frozen=True)
class Demand:
    """Cores, bytes and pods in all; None where a container does not say, so that a quota on it refuses every pod."""

    pods: int
    cpu_requests: Fraction | None
    cpu_limits: Fraction | None
    memory_requests: Fraction | None
    memory_limits: Fraction | None

    def of(self, name: str) -> Fraction | None:
        """What is asked of the quota of that name (a key of COUNTED)."""
        found = getattr(self, COUNTED[name])
        return None if found is None else Fraction(found)


@dataclass(frozen=True)
class Shortfall:
    """A quota that would not be kept. Texts are quantities; `used` is by others; `missing` is what would be needed more.

    `is_unset`: the document names no such amount, and under this quota the cluster refuses pods that do not.
    """

    resource: str
    hard: str
    used: str
    asked: str
    missing: str
    is_unset: bool = False


def demand(document: Json) -> Demand:
    """At the autoscaler's maximum, with one pod more: rolling without a gap needs at least that one.

    The rest of the surge is a wish that a full quota only slows down. A pre-rollout Job runs before that pod does; of
    a cron, and where nothing is to run, it is a pod of its own.
    """
    job = 1 if document["pre_rollout"] else 0
    if document["workload"] == "cron":
        return demand_of_pods(document, 1 + job)
    most = document["autoscaling"]["max"] if document["autoscaling"] else document["replicas"]
    return demand_of_pods(document, most + 1 if most else job)


def demand_of_pods(document: Json, pods: int) -> Demand:
    """What that many pods of the document use: for the pods that are there now, what the workload itself gives back."""
    cpu = [_amount(document, "cpu", word) for word in ("request", "limit")]
    memory = [_amount(document, "memory", word) for word in ("request", "limit")]
    times = [None if each is None else each * pods for each in cpu + memory]
    return Demand(pods, times[0], times[1], times[2], times[3])


def _amount(document: Json, resource: str, word: str) -> Fraction | None:
    """Of one pod. A request that is not set is the limit, as the server has it."""
    given = document["resources"]
    text = given[f"{resource}_{word}"] or (given[f"{resource}_limit"] if word == "request" else "")
    if not text:
        return None
    read = cpu_of if resource == "cpu" else memory_of
    beside = SIDECAR_CPU if resource == "cpu" else SIDECAR_MEMORY
    return Fraction(read(text)) + (Fraction(read(beside)) if has_sidecar(document) else 0)


def fits(asked: Demand, hard: Mapping[str, str], used: Mapping[str, str], own: Demand | None = None) -> list[Shortfall]:
    """What does not fit, in the quota's order; [] if all does.

    hard, used: of a ResourceQuota's status, as the cluster wrote them. own: what of `used` is this workload's, which a
    rollout replaces; None for a new one. Names that do not count pods or their resources are not looked at.
    """
    found = []
    for name in hard:
        if name not in COUNTED:
            continue
        bound, taken = from_server(hard[name]), from_server(used.get(name, "0"))
        if bound is not None and taken is not None:
            short = _shortfall(name, bound, taken, asked.of(name), own.of(name) if own else None)
            found += [short] if short else []
    return found


def _shortfall(
    name: str, bound: Fraction, taken: Fraction, wanted: Fraction | None, own: Fraction | None
) -> Shortfall | None:
    others = max(taken - (own or 0), Fraction(0))
    if wanted is None:
        return Shortfall(name, _text(name, bound), _text(name, others), "", "", is_unset=True)
    missing = others + wanted - bound
    if missing <= 0:
        return None
    return Shortfall(name, _text(name, bound), _text(name, others), _text(name, wanted), _text(name, missing))


def _text(name: str, amount: Fraction) -> str:
    """An amount for people: cores up to a thousandth, bytes and pods whole, always up so that "missing" is enough."""
    if name.endswith("cpu"):
        return cpu_text(Fraction(-(-amount * 1000 // 1), 1000))
    whole = int(-(-amount // 1))
    return str(whole) if name.endswith("pods") else size_text(whole)
