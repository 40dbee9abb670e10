"""Output that the browser has not acknowledged yet: one stream of bytes by position, kept in whole frames.

A frame is the channel's byte and what follows it; only what follows counts. Must not: hold more than it is given room
for, copy what it only passes on, or know who reads.
"""

from __future__ import annotations

from collections import deque

# Small frames of one channel are kept together: half a million single bytes would cost a hundred times their size.
SMALL, TOGETHER = 512, 4096


class BytesGone(Exception):
    """Somebody asked for a position that was acknowledged, and dropped, before."""


class Ring:
    """Positions count payload bytes from the stream's beginning: `start` the oldest kept, `end` the next to come."""

    def __init__(self) -> None:
        self._frames: deque[tuple[int, bytes]] = deque()  # where the payload begins, the frame
        self.start = 0
        self.end = 0

    @property
    def size(self) -> int:
        """Bytes kept: not acknowledged."""
        return self.end - self.start

    def append(self, frame: bytes) -> None:
        """Keep a frame; the caller has looked for room."""
        self._keep(frame)
        self.end += len(frame) - 1

    def _keep(self, frame: bytes) -> None:
        if self._frames and len(frame) <= SMALL:
            begins, last = self._frames[-1]
            if last[0] == frame[0] and len(last) + len(frame) <= TOGETHER:
                self._frames[-1] = (begins, last + frame[1:])
                return
        self._frames.append((self.end, frame))

    def drop_until(self, position: int) -> None:
        """Forget what lies before `position`, which the browser has; one beyond the end is the caller's fault."""
        assert position <= self.end, "more was acknowledged than there is"
        self.start = max(self.start, position)
        while self._frames:
            begins, frame = self._frames[0]
            if begins + len(frame) - 1 > self.start:
                return
            self._frames.popleft()

    def clear(self) -> None:
        """Forget everything: nobody will read it."""
        self._frames.clear()
        self.start = self.end

    def reader(self, position: int) -> Reader:
        """A reader that goes on at `position`; BytesGone where that is no longer kept."""
        if not self.start <= position <= self.end:
            raise BytesGone(position)
        return Reader(self, position)

    def read(self, position: int, index: int, most: int) -> tuple[bytes, int] | None:
        """From `position` on as one frame: the rest of the one that holds it, with those after it that are of its channel
        and fit into `most` bytes; and where a reader finds the next one. None at the end.

        `index` is where the reader thinks the first one lies; frames dropped in between only make that too far.
        """
        index = min(index, len(self._frames) - 1)
        while index > 0 and self._frames[index][0] > position:
            index -= 1
        while 0 <= index < len(self._frames):
            begins, frame = self._frames[index]
            if position < begins + len(frame) - 1:
                inside = position - begins
                first = frame if inside == 0 else frame[:1] + frame[1 + inside :]
                return self._joined(first, index + 1, most)
            index += 1
        return None

    def _joined(self, first: bytes, index: int, most: int) -> tuple[bytes, int]:
        parts: list[bytes | memoryview] = [first]
        size = len(first)
        while index < len(self._frames):
            frame = self._frames[index][1]
            size += len(frame) - 1
            if size > most or frame[0] != first[0]:
                break
            parts.append(memoryview(frame)[1:])
            index += 1
        return (b"".join(parts) if len(parts) > 1 else first), index


class Reader:
    """One who reads the stream from a position on, frame by frame."""

    def __init__(self, ring: Ring, position: int) -> None:
        self._ring = ring
        self._index = 0
        self.position = position

    def next(self, most: int = 0) -> bytes | None:
        """The next frame, cut where the position lies inside it, with what fits into `most` bytes; None while there is no more."""
        if self.position == self._ring.end:
            return None
        found = self._ring.read(self.position, self._index, most)
        if found is None:
            return None
        frame, self._index = found
        self.position += len(frame) - 1
        return frame
