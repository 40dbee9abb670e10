"""The standards there are: which code looks, and which thresholds it has, within which limits.

Must not: hold levels or texts; those are data (`defaults`, then the table).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from apps.catalog.standards import java, other, probes, replicas, resources, shutdown
from apps.catalog.standards.look import Check, Number

TIERS = ("development", "test", "staging", "production")
DENY, WARN, OFF = "deny", "warn", "off"
LEVELS = (DENY, WARN, OFF)


@dataclass(frozen=True)
class Threshold:
    """A number of a standard: what it is unless changed, and the range in which its suggestions still make sense."""

    usual: Number
    least: Number
    most: Number
    is_whole: bool = True
    unit: str = ""


@dataclass(frozen=True)
class Rule:
    """The code behind a standard."""

    check: Check
    thresholds: Mapping[str, Threshold] = field(default_factory=dict)


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "probes.readiness": Rule(probes.readiness),
        "probes.liveness": Rule(probes.liveness),
        "probes.java_delay": Rule(probes.java_delay, {"seconds": Threshold(60, 1, 600, unit="s")}),
        "probes.one_strike": Rule(
            probes.one_strike, {"timeout": Threshold(3, 2, 60, unit="s"), "failures": Threshold(3, 2, 20)}
        ),
        "probes.timeout_below_period": Rule(probes.timeout_below_period),
        "shutdown.sleep": Rule(shutdown.sleep, {"seconds": Threshold(10, 1, 300, unit="s")}),
        "shutdown.grace": Rule(shutdown.grace, {"above": Threshold(5, 1, 300, unit="s")}),
        "replicas.least": Rule(replicas.least, {"replicas": Threshold(3, 1, 100)}),
        "autoscaling.range": Rule(replicas.autoscaling_range),
        "autoscaling.java_memory": Rule(replicas.java_memory),
        "resources.best_effort": Rule(resources.best_effort),
        "resources.request_below_limit": Rule(resources.request_below_limit),
        "resources.by_importance": Rule(
            resources.by_importance,
            {"cpu": Threshold(10, 1, 100, is_whole=False), "memory": Threshold(1.5, 1, 10, is_whole=False)},
        ),
        "java.heap": Rule(java.heap, {"beside": Threshold(256, 16, 8192, unit="MiB")}),
        "java.gc_threads": Rule(java.gc_threads),
        "logs.stdout": Rule(other.logs_stdout),
        "time_zone.set": Rule(other.time_zone),
        "image.tag": Rule(other.image_tag),
    }
)


def usual_thresholds(standard: str) -> dict[str, Number]:
    """The thresholds of a standard as the portal brings them."""
    return {name: threshold.usual for name, threshold in RULES[standard].thresholds.items()}
