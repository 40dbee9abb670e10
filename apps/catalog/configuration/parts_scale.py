"""Schema: what kind of workload it is, how many there are of it, and how much each may take (W1, W6, W9).

Must not: judge; what is sensible is said by the standards, here is only what can be.
"""

from __future__ import annotations

from apps.catalog.configuration.members import Member, call, choice, grouped, text, thing, whole
from apps.catalog.configuration.sizes import FULL_TIERS, size_of

WORKLOADS = ("service", "worker", "cron")
IMPORTANCES = ("platform", "important", "ordinary")
MOST_REPLICAS = 200


def scale(language: str, tier: str, workload: str) -> dict[str, Member]:
    """Kind, importance, replicas, autoscaling, resources and disruption."""
    kind = {
        "workload": choice("workload", WORKLOADS, default=workload),
        "importance": choice("importance", IMPORTANCES, default="ordinary"),
    }
    counts = {
        "replicas": whole("replicas", 0, MOST_REPLICAS, default=_replicas(workload)),
        "autoscaling": _autoscaling(),
        "disruption": _disruption(workload),
    }
    return (
        grouped("kind", kind)
        | grouped("scale", counts)
        | grouped("resources", {"resources": _resources(language, tier)})
    )


def _replicas(workload: str) -> object:
    return 1 if workload == "cron" else call("in_tier", "production", 3, 1)


def _autoscaling() -> Member:
    least = call("at_least", "{replicas}", 1)
    most = call("at_most", call("at_least", call("twice", "{replicas}"), 2), MOST_REPLICAS)
    members = {
        "min": whole("autoscaling.min", 1, MOST_REPLICAS, default=least),
        "max": whole("autoscaling.max", 1, MOST_REPLICAS, default=most),
        "cpu_percent": _percent("autoscaling.cpu_percent", 70),
        "memory_percent": _percent("autoscaling.memory_percent", None),
    }
    return thing("autoscaling", members, nullable=True, default=None)


def _percent(key: str, default: int | None) -> Member:
    return whole(key, 1, 1000, unit="percent", nullable=True, default=default)


def _resources(language: str, tier: str) -> Member:
    """Limits follow the requests: equal where sizes are full, which suits every importance; else room to burst."""
    size = size_of(language, tier)
    request = "{resources.cpu_request}"
    members = {
        "cpu_request": _cores("resources.cpu_request", size.cpu),
        "cpu_limit": _cores(
            "resources.cpu_limit", request if tier in FULL_TIERS else call("at_least", request, size.burst)
        ),
        "memory_request": _memory("resources.memory_request", size.memory),
        "memory_limit": _memory("resources.memory_limit", "{resources.memory_request}"),
    }
    return thing("resources", members, default={})


def _cores(key: str, default: object) -> Member:
    unit = {"x-unit": "configuration.unit.cores"}
    return text(key, longest=20, kind="cpu-quantity", default=default, **unit)


def _memory(key: str, default: object) -> Member:
    unit = {"x-unit": "configuration.unit.memory"}
    return text(key, longest=20, kind="memory-quantity", default=default, **unit)


def _disruption(workload: str) -> Member:
    several = call("when_at_least", "{replicas}", 2, {"max_unavailable": 1}, None)
    default = None if workload == "cron" else call("in_tier", "production", several, None)
    members = {"max_unavailable": whole("disruption.max_unavailable", 1, MOST_REPLICAS, default=1)}
    return thing("disruption", members, nullable=True, default=default)
