"""How many bytes may be on their way to one browser: a window that follows what it takes.

The browser says from its terminal's write callback how far it is (xterm has drawn it); at most WINDOW bytes are sent
beyond that, and no more than it takes in 0.4 seconds, so that Ctrl-C on a slow line is not followed by pages of what
was already under way. Must not: hold bytes, or read a clock of its own.
"""

from __future__ import annotations

WINDOW = 512 * 1024
SMALLEST = 64 * 1024  # the browser acknowledges at least every 64 kB: a smaller window would stand still
FIRST = 128 * 1024
AHEAD_SECONDS = 0.4
MEASURE_SECONDS = 0.1
# Or as soon as so many windows were taken: what a pause held back and then came at once is less than two.
MEASURE_WINDOWS = 4
SHORTEST_SECONDS = 0.001
FAST = 8_000_000  # bytes a second; what a kernel holds of a stream by itself, some megabytes, is gone in half of one


class AcknowledgedTooMuch(Exception):
    """The browser says that it has bytes which were never sent."""


class Flow:
    """One browser's window. Positions are bytes of the stream, times seconds of any one clock."""

    def __init__(self, position: int, now: float) -> None:
        self.sent = position
        self.taken = position
        self.limit = FIRST
        self.is_fast: bool | None = None  # not known before it was in the way
        self._moved_at = now
        self._measured_at, self._measured_from = now, position
        self._was_full = False
        self.is_stopped = False  # the sender found no room, and waits to be woken

    @property
    def unacknowledged(self) -> int:
        """Bytes sent and not yet taken."""
        return self.sent - self.taken

    def may_send(self) -> bool:
        """Whether the next frame may go out; the last one may reach beyond the limit, WINDOW is the ring's to keep."""
        self.is_stopped = self.unacknowledged >= self.limit
        self._was_full |= self.is_stopped
        return not self.is_stopped

    def note_sent(self, position: int, now: float) -> None:
        """Everything before `position` is on its way."""
        if self.unacknowledged == 0:
            if not self._was_full or now - self._moved_at > MEASURE_SECONDS:
                # It was the shell that paused: the pause says nothing of the browser.
                self._measured_at, self._measured_from = now, self.taken
            self._moved_at = now
        self.sent = position

    def acknowledge(self, position: int, now: float) -> None:
        """The browser has everything before `position`; one that goes back is late news. AcknowledgedTooMuch."""
        if position > self.sent:
            raise AcknowledgedTooMuch(position)
        if position <= self.taken:
            return
        self.taken, self._moved_at = position, now
        if now - self._measured_at >= MEASURE_SECONDS or position - self._measured_from >= MEASURE_WINDOWS * self.limit:
            self._measure(now)

    def stalled_for(self, now: float) -> float:
        """Seconds since the browser last took something, while something waits for it; 0 when nothing does."""
        return now - self._moved_at if self.unacknowledged else 0.0

    def _measure(self, now: float) -> None:
        """At most double or halve the window towards what it takes in AHEAD_SECONDS; it grows only where it was in the way."""
        rate = (self.taken - self._measured_from) / max(now - self._measured_at, SHORTEST_SECONDS)
        self._measured_at, self._measured_from = now, self.taken
        if not self._was_full:
            return
        self.is_fast = rate >= FAST
        self._was_full = False
        wanted = min(max(rate * AHEAD_SECONDS, self.limit / 2), self.limit * 2)
        self.limit = round(min(max(wanted, SMALLEST), WINDOW))
