"""How steps call outside: writes that no lease outlives, and the words for what turns out to be there already.

Must not: know what a call is for.
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, TypeVar

from apps.integrations.loop import run
from apps.tickets.visit import Visit

T = TypeVar("T")


def write(visit: Visit, work: Coroutine[Any, Any, T], seconds: float) -> T:
    """Make a call that changes the outside: the lease is checked again as each write leaves, and outlasts it (D9)."""
    return run(work, min(seconds, visit.lease_left()), visit.assert_lease)


def found_by_key(key: str) -> dict[str, Any]:
    """For a step's output: what it was to do had been done outside, by a call nobody recorded or by rows that a
    restored backup does not hold; it was not done again."""
    return {"found_by_key": True, "note": {"code": "step.found_by_key", "params": {"key": key}}}
