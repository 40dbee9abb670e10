"""Schema: how the cluster asks whether a workload lives, and how it is let go (W7, W8).

A probe's `path`, `port` and `command` have no default of their own: which of them there are hangs on its type.
Must not: judge times; the standards do.
"""

from __future__ import annotations

from typing import Any

from apps.catalog.configuration.members import Member, choice, grouped, text, thing, whole, words

TYPES = ("http", "tcp", "exec")
JAVA_DELAY_SECONDS = 60
_DELAYS = {"java": (20, JAVA_DELAY_SECONDS)}
_OTHER_DELAYS = (5, 15)


def probes(language: str, workload: str) -> dict[str, Member]:
    """The three probes and the shutdown. Without ports there is nothing to ask over the network: no probe by default."""
    readiness, liveness = _DELAYS.get(language, _OTHER_DELAYS)
    asked = workload == "service"
    members = {
        "readiness": _probe("readiness", _by_http(readiness) if asked else None),
        "liveness": _probe("liveness", _by_http(liveness) if asked else None),
        "startup": _probe("startup", None),
    }
    return grouped("health", {"probes": thing("probes", members, default={}), "shutdown": _shutdown()})


def _by_http(initial_delay: int) -> dict[str, Any]:
    return {"type": "http", "path": "/healthz", "port": "{ports.0.port}", "initial_delay_seconds": initial_delay}


def _probe(name: str, default: dict[str, Any] | None) -> Member:
    members = {
        "type": choice("probe.type", TYPES, default="http"),
        "path": text("probe.path", longest=1024, kind="url-path"),
        "port": whole("probe.port", 1, 65535),
        "command": words("probe.command"),
        "initial_delay_seconds": whole("probe.initial_delay_seconds", 0, 3600, unit="seconds", default=0),
        "period_seconds": whole("probe.period_seconds", 1, 3600, unit="seconds", default=10),
        "timeout_seconds": whole("probe.timeout_seconds", 1, 600, unit="seconds", default=3),
        "failure_threshold": whole("probe.failure_threshold", 1, 1000, default=3),
    }
    return thing(f"probes.{name}", members, nullable=True, default=default)


def _shutdown() -> Member:
    members = {
        "deregister": words("shutdown.deregister", default=[]),
        "sleep_seconds": whole("shutdown.sleep_seconds", 0, 3600, unit="seconds", default=10),
        "grace_seconds": whole("shutdown.grace_seconds", 0, 7200, unit="seconds", default=40),
    }
    return thing("shutdown", members, default={})
