"""A shell's time limit: the database's clock says when, a local timer keeps it between two looks.

Must not: ask the database (the guard does), or trust this machine's wall clock for an end.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apps.terminals.services.live import Changed

# What a look takes by itself is less; a clock that was set is more.
CLOCK_MOVED = timedelta(seconds=0.5)


class Timing:
    """When it ends, when its user is warned, and what else the guard's last look found."""

    def __init__(self, ends_at: datetime | None, extended: bool) -> None:
        self.ends_at, self.extended = ends_at, extended
        self.warn_at: datetime | None = None
        self.watchers: tuple[str, ...] = ()
        self._looked: tuple[datetime, float] | None = None  # the database's clock, and the loop's at that moment
        self._first_end = ends_at
        self._changed = asyncio.Event()
        self._warned_for: datetime | None = None

    def database_now(self) -> datetime | None:
        """The database's clock by the time that passed here since the last look; None before the first."""
        if self._looked is None:
            return None
        at, then = self._looked
        return at + timedelta(seconds=asyncio.get_running_loop().time() - then)

    def begin(self, ends_at: datetime) -> None:
        """The first use: time runs."""
        self.ends_at = self._first_end = ends_at
        self._changed.set()

    def minutes(self, at_first: int) -> int:
        """How long it was open for in all, extension and all; `at_first`: without one."""
        if self.ends_at is None or self._first_end is None:
            return at_first
        return at_first + round((self.ends_at - self._first_end).total_seconds() / 60)

    def stands(self, found: Changed) -> bool:
        """Take over what a look found; whether anything but the clock moved."""
        expected = self.database_now()
        self._looked = found.now, asyncio.get_running_loop().time()
        before = self.ends_at, self.warn_at, self.extended, self.watchers
        self.ends_at, self.warn_at = found.ends_at or self.ends_at, found.warn_at
        self.extended, self.watchers = found.extended, found.watchers
        has_moved = before != (self.ends_at, self.warn_at, self.extended, self.watchers)
        if has_moved or expected is None or abs(found.now - expected) > CLOCK_MOVED:
            self._changed.set()  # not each time: of two hundred shells none has anything new at most looks
        return has_moved

    async def warnings(self) -> AsyncIterator[datetime]:
        """Each end that its user is to be warned of, once; is over when the time is."""
        while True:
            self._changed.clear()
            now = self.database_now()
            if now is not None and self.ends_at is not None:
                if now >= self.ends_at:
                    return
                if self.warn_at is not None and now >= self.warn_at and self._warned_for != self.ends_at:
                    self._warned_for = self.ends_at
                    yield self.ends_at
                    continue
            try:
                async with asyncio.timeout(self._seconds_left(now)):
                    await self._changed.wait()
            except TimeoutError:
                continue

    def _seconds_left(self, now: datetime | None) -> float | None:
        """Until the next moment that matters; None: until something changes."""
        if now is None or self.ends_at is None:
            return None
        moments = [self.ends_at]
        if self.warn_at is not None and self._warned_for != self.ends_at:
            moments.append(self.warn_at)
        return max(0.0, (min(moments) - now).total_seconds())
