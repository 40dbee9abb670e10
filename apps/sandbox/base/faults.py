"""Fault scripts of a stand-in: "answer 500 to the next n calls of this kind", hang, drop, stale.

A script says which kinds of call it strikes (a glob), what it does and how often. Must not: strike a
call it does not name, or stay silent when it was never used (`unused()` lets a test fail on that).
"""

from __future__ import annotations

import fnmatch
import itertools
import threading
import time
from dataclasses import asdict, dataclass, field
from typing import Any

ACTIONS = ("status", "hang", "drop", "accept_then_drop", "delay", "stale")


@dataclass
class Fault:
    """One script.

    action: `status` answer `status`/`body`/`headers` and do nothing · `hang` keep the caller waiting `seconds`,
    do nothing, then drop · `drop` close at once, do nothing · `accept_then_drop` do the work, then close without
    an answer · `delay` wait `seconds`, then do the work and answer · `stale` a named condition that a server asks
    for itself through `FaultBook.active` (e.g. kind `deployment.status`), true for `seconds` after it was set.
    times: how many calls it strikes; -1 without end. match: every pair must equal a part of the call's path or
    query ("" what is not there), or its `user-agent` ("opsportal": the portal's calls only, not a build's or a kubelet's).
    """

    kind: str
    action: str
    times: int = 1
    seconds: float = 0.0
    status: int = 500
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    match: dict[str, str] = field(default_factory=dict)
    id: int = 0
    struck: int = 0
    set_at: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        if self.action not in ACTIONS:
            raise ValueError(f"fault action must be one of {', '.join(ACTIONS)}, not {self.action!r}")


class FaultBook:
    """The scripts in force, first set first used; safe to use from several threads."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._ids = itertools.count(1)
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> Fault:
        """Put a script in force."""
        with self._lock:
            fault.id = next(self._ids)
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """Take every script out of force."""
        with self._lock:
            self._faults.clear()

    def take(self, kind: str, about: dict[str, str]) -> Fault | None:
        """The script that strikes this call, already counted; None when no script names it."""
        with self._lock:
            for fault in self._faults:
                if fault.action == "stale" or fault.times == fault.struck:
                    continue
                if fnmatch.fnmatchcase(kind, fault.kind) and _matches(fault, about):
                    fault.struck += 1
                    return fault
        return None

    def active(self, kind: str, about: dict[str, str] | None = None) -> bool:
        """Whether a `stale` script for this kind is still in its time; counts as struck."""
        with self._lock:
            for fault in self._faults:
                if fault.action != "stale" or time.monotonic() - fault.set_at > fault.seconds:
                    continue
                if fnmatch.fnmatchcase(kind, fault.kind) and _matches(fault, about or {}):
                    fault.struck += 1
                    return True
        return False

    def unused(self) -> list[Fault]:
        """Scripts that never struck: a test that set one and finds it here has shown nothing."""
        with self._lock:
            return [f for f in self._faults if f.struck == 0]

    def as_json(self) -> list[dict[str, Any]]:
        """Every script with how often it struck."""
        with self._lock:
            return [asdict(f) for f in self._faults]


def _matches(fault: Fault, about: dict[str, str]) -> bool:
    return all(str(about.get(key, "")) == value for key, value in fault.match.items())
