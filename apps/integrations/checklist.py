"""A connection test as a list of small checks: what was tried, how long it took, and what to fix if it is red.

Must not: raise for a check that fails; what comes after a failed foundation is reported as skipped.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar
from urllib.parse import urlsplit

from apps.common.errors import IntegrationError, Unavailable

T = TypeVar("T")
Outcome = Literal["passed", "failed", "skipped"]


@dataclass(frozen=True)
class Check:
    """One line of the list. `code` and `params` name the sentence; a red one names the credential or right to fix."""

    name: str
    outcome: Outcome
    ms: int
    code: str = ""
    params: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The form that is stored and answered."""
        return {
            "name": self.name,
            "outcome": self.outcome,
            "ms": self.ms,
            "code": self.code,
            "params": self.params,
        }


Tell = Callable[[Check], None]


def tell_nobody(check: Check) -> None:
    """For who waits for the whole list."""


class Checklist:
    """Collects checks; once a foundation failed, later ones are skipped and say after what.

    `tell` hears of each check once the next one begins, for until then it may get a note; who asked for the list
    tells the last ones himself.
    """

    def __init__(self, tell: Tell = tell_nobody) -> None:
        self.checks: list[Check] = []
        self._broken = ""
        self._tell = tell
        self._told = 0

    @property
    def ok(self) -> bool:
        """No check failed."""
        return all(check.outcome != "failed" for check in self.checks)

    async def attempt(self, name: str, work: Awaitable[T], *, foundation: bool = False) -> T | None:
        """Await `work` as the check `name`; its value, or None when it failed or was skipped."""
        self._tell_finished()
        if self._broken:
            close = getattr(work, "close", None)
            if close is not None:
                close()
            self.skip(name, "check.skipped_after", after=self._broken)
            return None
        began = time.monotonic()
        try:
            value = await work
        except IntegrationError as error:
            self.checks.append(Check(name, "failed", _ms(began), error.code, error.params))
            if foundation:
                self._broken = name
            return None
        self.checks.append(Check(name, "passed", _ms(began)))
        return value

    def skip(self, name: str, code: str, **params: Any) -> None:
        """Report that a check was not made, and why."""
        self._tell_finished()
        self.checks.append(Check(name, "skipped", 0, code, params))

    def _tell_finished(self) -> None:
        for check in self.checks[self._told :]:
            self._tell(check)
        self._told = len(self.checks)

    def note(self, **params: Any) -> None:
        """Add what was found to the last check (a version, a user's name)."""
        last = self.checks[-1]
        self.checks[-1] = Check(last.name, last.outcome, last.ms, last.code, {**last.params, **params})


async def resolve(base: str, about: dict[str, Any]) -> None:
    """The first check of every system: its host has an address."""
    host = urlsplit(base).hostname or ""
    try:
        await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        raise Unavailable("outside.dns", **about) from None


def _ms(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
