"""Standards of how a container ends (W8): leave the registry, wait until callers have noticed, then stop.

Must not: ask for a wait where nobody calls: a cron job, or a worker that is in no registry.
"""

from __future__ import annotations

from collections.abc import Iterator

from apps.catalog.standards.look import CRON, SERVICE, WORKER, Look, Remark, change

# What Kubernetes gives a container to end when nothing is said.
USUAL_END = 30


def sleep(look: Look) -> Iterator[Remark]:
    """Long enough between leaving the registry and the end that every caller has asked it once more."""
    found, least = look.whole("/shutdown/sleep_seconds"), look.seconds("seconds")
    is_called = look.workload == SERVICE or (look.workload == WORKER and bool(look.at("/shutdown/deregister")))
    if is_called and found is not None and found < least:
        path = "/shutdown/sleep_seconds"
        yield Remark(path, {"found": found}, (change(path, least),))


def grace(look: Look) -> Iterator[Remark]:
    """Kubernetes does not kill the container while it still waits, nor right after."""
    wait, found = look.whole("/shutdown/sleep_seconds"), look.whole("/shutdown/grace_seconds")
    above = look.seconds("above")
    if look.workload == CRON or wait is None or found is None or found >= wait + above:
        return
    path = "/shutdown/grace_seconds"
    yield Remark(path, {"found": found, "sleep": wait}, (change(path, wait + max(above, USUAL_END)),))
