"""Standards of probes (W7, D30). A cron job has none; a worker has no port to ask, so it need not have one.

Must not: judge a probe that does not exist, other than by its absence.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from apps.catalog.standards.look import CRON, SERVICE, Look, Remark, change
from apps.catalog.standards.pointers import Change

KINDS = ("readiness", "liveness", "startup")
HEALTH_PATH = "/healthz"
USUAL_PERIOD, USUAL_DELAY = 10, 10
ONE_STRIKE = "probes.one_strike"


def readiness(look: Look) -> Iterator[Remark]:
    """There is a readiness probe."""
    yield from _missing(look, "readiness", "liveness")


def liveness(look: Look) -> Iterator[Remark]:
    """There is a liveness probe."""
    yield from _missing(look, "liveness", "readiness")


def java_delay(look: Look) -> Iterator[Remark]:
    """Liveness begins late enough, by its own delay or by a start-up probe that allows as much (D30)."""
    delay = look.whole("/probes/liveness/initial_delay_seconds")
    least = look.seconds("seconds")
    if look.workload == CRON or delay is None or delay >= least:
        return
    budget = _startup_budget(look)
    if budget is None or budget < least:
        path = "/probes/liveness/initial_delay_seconds"
        yield Remark(path, {"found": delay, "startup_budget": budget or 0}, (change(path, least),))


def one_strike(look: Look) -> Iterator[Remark]:
    """No probe gives up after one answer that took longer than a second. The thresholds are what is suggested."""
    for kind, probe in _probes(look):
        timeout, failures = look.whole(f"{probe}/timeout_seconds"), look.whole(f"{probe}/failure_threshold")
        if timeout is not None and failures is not None and timeout <= 1 and failures <= 1:
            better = (
                change(f"{probe}/timeout_seconds", look.seconds("timeout")),
                change(f"{probe}/failure_threshold", look.seconds("failures")),
            )
            found = {"probe": kind, "found_timeout": timeout, "found_failures": failures}
            yield Remark(f"{probe}/timeout_seconds", found, better)


def timeout_below_period(look: Look) -> Iterator[Remark]:
    """A probe is answered or given up before the next one goes out."""
    usual = look.seconds("timeout", ONE_STRIKE)
    for kind, probe in _probes(look):
        timeout, period = look.whole(f"{probe}/timeout_seconds"), look.whole(f"{probe}/period_seconds")
        if timeout is None or period is None or timeout < period:
            continue
        better: tuple[Change, ...] = ()
        if timeout > usual or period > usual:
            better = (change(f"{probe}/timeout_seconds", usual),)
        if period <= usual:
            better = (*better, change(f"{probe}/period_seconds", max(USUAL_PERIOD, usual + 1)))
        found = {"probe": kind, "found_timeout": timeout, "found_period": period}
        yield Remark(f"{probe}/timeout_seconds", found, better)


def _missing(look: Look, kind: str, other: str) -> Iterator[Remark]:
    if look.workload != SERVICE or isinstance(look.at(f"/probes/{kind}"), dict):
        return
    way = _way_of(look.at(f"/probes/{other}")) or _way_by_port(look)
    suggestion: tuple[Change, ...] = ()
    if way is not None:
        numbers = {
            "initial_delay_seconds": USUAL_DELAY,
            "period_seconds": max(USUAL_PERIOD, look.seconds("timeout", ONE_STRIKE) + 1),
            "timeout_seconds": look.seconds("timeout", ONE_STRIKE),
            "failure_threshold": look.seconds("failures", ONE_STRIKE),
        }
        suggestion = (change(f"/probes/{kind}", {**way, **numbers}),)
    yield Remark(f"/probes/{kind}", {}, suggestion)


def _way_of(probe: Any) -> dict[str, Any] | None:
    """How the other probe asks: what answers to one question answers to both."""
    if not isinstance(probe, dict):
        return None
    return {name: probe[name] for name in ("type", "path", "port", "command") if name in probe} or None


def _way_by_port(look: Look) -> dict[str, Any] | None:
    ports = look.at("/ports")
    first = ports[0] if isinstance(ports, list) and ports else None
    if not isinstance(first, dict) or not isinstance(first.get("port"), int):
        return None
    return {"type": "http", "path": HEALTH_PATH, "port": first["port"]}


def _probes(look: Look) -> Iterator[tuple[str, str]]:
    """The probes there are: name and place."""
    if look.workload != CRON:
        for kind in KINDS:
            if isinstance(look.at(f"/probes/{kind}"), dict):
                yield kind, f"/probes/{kind}"


def _startup_budget(look: Look) -> int | None:
    """Seconds that the start-up probe allows before it gives up; None without one."""
    at = "/probes/startup"
    delay = look.whole(f"{at}/initial_delay_seconds") or 0
    period, failures = look.whole(f"{at}/period_seconds"), look.whole(f"{at}/failure_threshold")
    return None if period is None or failures is None else delay + period * failures
