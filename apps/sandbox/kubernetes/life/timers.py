"""One heap of due times for everything that lives in a cluster: a key is due once, at its earliest wish.

Must not: hold more than one handle on the event loop, or run more than a batch at a time (requests come between).
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Callable, Hashable

BATCH = 40


class Timers:
    """Calls `fire(key)` when a key is due."""

    def __init__(self, loop: asyncio.AbstractEventLoop, fire: Callable[[Hashable], None]) -> None:
        self._loop, self._fire = loop, fire
        self._heap: list[tuple[float, int, Hashable]] = []
        self._due: dict[Hashable, float] = {}
        self._order = itertools.count()
        self._handle: asyncio.TimerHandle | None = None
        self._armed_for = 0.0
        self._stopped = False

    def wish(self, key: Hashable, delay: float) -> None:
        """Make a key due in `delay` seconds, unless it is due earlier already."""
        when = self._loop.time() + delay
        if self._due.get(key, when + 1) > when:
            self._put(key, when)

    def reset(self, key: Hashable, delay: float) -> None:
        """Make a key due in `delay` seconds, whatever was wished before."""
        self._put(key, self._loop.time() + delay)

    def cancel(self, key: Hashable) -> None:
        """A key is no longer due."""
        self._due.pop(key, None)

    def is_waiting(self, key: Hashable) -> bool:
        """Whether a key is due some time."""
        return key in self._due

    def stop(self) -> None:
        """Nothing is due any more."""
        self._stopped = True
        self._due.clear()
        self._heap.clear()
        if self._handle is not None:
            self._handle.cancel()

    def _put(self, key: Hashable, when: float) -> None:
        if self._stopped:
            return
        self._due[key] = when
        heapq.heappush(self._heap, (when, next(self._order), key))
        self._arm()

    def _arm(self) -> None:
        while self._heap and self._due.get(self._heap[0][2]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        if not self._heap or self._stopped:
            return
        first = self._heap[0][0]
        if self._handle is not None:
            if self._armed_for <= first:
                return
            self._handle.cancel()
        self._armed_for = first
        self._handle = self._loop.call_at(first, self._run)

    def _run(self) -> None:
        self._handle = None
        now = self._loop.time()
        try:
            for _ in range(BATCH):
                if not self._heap or self._heap[0][0] > now:
                    return
                when, _order, key = heapq.heappop(self._heap)
                if self._due.get(key) == when:
                    del self._due[key]
                    self._fire(key)
        finally:
            self._arm()
