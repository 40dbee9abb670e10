"""What one outside system asked of us, or cannot bear: a Retry-After that all callers of this process keep, and a rest
after several failures in a row, from which one call goes first (QR11).

Must not: call anybody, or hold back a system because of one object it refuses: any answer below 500 ends the row.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from apps.common.errors import IntegrationError, Unavailable

ROW = 4
REST_FIRST, REST_MOST = 1.0, 15.0
PROBE_SECONDS = 1.0


class Breaker:
    """One per client; asked before each call, told after it. Times are of this process's own clock."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._asked_until = 0.0
        self._rest_until = 0.0
        self._failures = 0
        self._last: IntegrationError = Unavailable("outside.unavailable")

    def check(self, about: dict[str, Any]) -> None:
        """Raise Unavailable when the call is not to be made now; the call was then surely not made."""
        now = self._clock()
        if now < self._asked_until:
            raise Unavailable("outside.rate_limited", retry_after=self._asked_until - now, **about)
        if now < self._rest_until:
            raise self._same_again(self._rest_until - now, about)
        if self._failures >= ROW:
            self._rest_until = now + PROBE_SECONDS  # this one goes first, the others wait for what it meets

    def _same_again(self, left: float, about: dict[str, Any]) -> Unavailable:
        """What the last call met, for one that is not made: people shall read the cause, not that we wait."""
        return Unavailable(self._last.code, retry_after=left, **{**self._last.params, **about})

    def answered(self) -> None:
        """It works: whoever rested may come again. A Retry-After stays in force."""
        self._failures, self._rest_until = 0, 0.0

    def failed(self, error: IntegrationError) -> None:
        """It did not answer, or said that it cannot."""
        now = self._clock()
        if error.retry_after:
            self._asked_until = max(self._asked_until, now + error.retry_after)
        if error.code == "outside.rate_limited":
            return
        self._last = error
        self._failures += 1
        if self._failures >= ROW:
            self._rest_until = now + min(REST_MOST, REST_FIRST * 2 ** (self._failures - ROW))
