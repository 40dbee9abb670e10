"""Schema: the JVM, logs, time zone, where pods are placed and what runs beside them (W10, W12, W13, E7).

Must not: write a JVM flag or an affinity; rendering does.
"""

from __future__ import annotations

from apps.catalog.configuration.members import Member, call, choice, grouped, labels, text, thing, whole, yes_no

SPREADS = ("none", "hosts", "racks")
LOG_PATHS = ("", "stdout")
TIME_ZONE = "Asia/Shanghai"


def runtime(language: str) -> dict[str, Member]:
    """Java (for Java only), log path, time zone, placement and sidecar."""
    around = {
        "log_path": choice("log_path", LOG_PATHS, default=""),
        "time_zone": text("time_zone", longest=64, kind="time-zone", default=TIME_ZONE),
        "placement": _placement(),
        "sidecar": thing("sidecar", {"logging": yes_no("sidecar.logging", default=False)}, default={}),
    }
    return (grouped("java", {"java": _java()}) if language == "java" else {}) | grouped("runtime", around)


def _java() -> Member:
    heap, threads = call("heap_of", "{resources.memory_limit}"), call("threads_of", "{resources.cpu_limit}")
    members = {
        "heap": text("java.heap", longest=10, kind="java-size", default=heap),
        "gc_threads": whole("java.gc_threads", 1, 256, default=threads),
    }
    return thing("java", members, default={})


def _placement() -> Member:
    members = {
        "spread": choice("placement.spread", SPREADS, default="hosts"),
        "node_labels": labels("placement.node_labels", default={}),
    }
    return thing("placement", members, default={})
