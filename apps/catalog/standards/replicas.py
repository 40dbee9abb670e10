"""Standards of how many replicas there are, by number or by an autoscaler (W6, W9, D30). A cron job has none of it.

Must not: suggest more than the document allows (docs/configuration.md: 200 replicas).
"""

from __future__ import annotations

from collections.abc import Iterator

from apps.catalog.standards.look import CRON, Look, Remark, change

MOST = 200
USUAL_CPU_PERCENT = 70


def least(look: Look) -> Iterator[Remark]:
    """Enough replicas that one may be away; where an autoscaler rules, its minimum counts (D30). None at all is a
    service that is stopped on purpose, as it is before its project is archived."""
    if look.workload == CRON:
        return
    path = "/autoscaling/min" if _autoscaled(look) else "/replicas"
    found, wanted = look.whole(path), look.seconds("replicas")
    if found is not None and 0 < found < wanted:
        yield Remark(path, {"found": found}, (change(path, wanted),))


def autoscaling_range(look: Look) -> Iterator[Remark]:
    """The autoscaler has something to choose from, and the number it begins with lies inside."""
    low, high, now = look.whole("/autoscaling/min"), look.whole("/autoscaling/max"), look.whole("/replicas")
    if not _autoscaled(look) or low is None or high is None:
        return
    found = {"min": low, "max": high, "replicas": now}
    if now is not None and (now < low or now > high > low):
        yield Remark("/replicas", found, (change("/replicas", low if now < low else high),))
    if high <= low:
        wider = [change("/autoscaling/max", max(min(2 * low, MOST), low + 1))]
        if low >= MOST:
            wider = [change("/autoscaling/min", MOST // 2), change("/autoscaling/max", MOST)]
        yield Remark("/autoscaling/max", found, tuple(wider))


def java_memory(look: Look) -> Iterator[Remark]:
    """No scaling by memory: a JVM keeps the heap it once took, so the number of replicas would never fall again."""
    percent = look.whole("/autoscaling/memory_percent")
    if not _autoscaled(look) or percent is None:
        return
    better = [change("/autoscaling/memory_percent", None)]
    if look.whole("/autoscaling/cpu_percent") is None:  # an autoscaler needs one target
        better.append(change("/autoscaling/cpu_percent", USUAL_CPU_PERCENT))
    yield Remark("/autoscaling/memory_percent", {"found": percent}, tuple(better))


def _autoscaled(look: Look) -> bool:
    return look.workload != CRON and isinstance(look.at("/autoscaling"), dict)
