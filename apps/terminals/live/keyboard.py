"""Input on its way to the container: bounded, counted, and given back to the browser where it was not yet passed on.

`accepted` counts bytes handed to the cluster. What waits here when a browser goes is forgotten: that browser still
has it, and sends it again from `accepted` when it is back, so no byte is lost or typed twice. Must not: hold more than
a browser may have unaccepted, or keep what was passed on.
"""

from __future__ import annotations

import asyncio
import re

LIMIT = 64 * 1024
AT_ONCE = 16 * 1024
# What a terminal says by itself when a program asks: where the cursor is, what it is, that it has the focus.
_ANSWERS = re.compile(rb"(?:\x1b\[[?>=]?[\d;]*[Rcnt]|\x1b\[[IO])+")


class TypedTooMuch(Exception):
    """More than LIMIT bytes were sent without waiting for their acceptance."""


class Keyboard:
    """What one shell is told: bytes in order, and the last size of the window."""

    def __init__(self) -> None:
        self._waiting = bytearray()
        self._size: tuple[int, int] | None = None
        self._changed = asyncio.Event()
        self.accepted = 0

    def typed(self, data: bytes) -> None:
        """Take input from the browser. TypedTooMuch: it did not keep to the bound."""
        if len(self._waiting) + len(data) > LIMIT:
            raise TypedTooMuch(len(data))
        self._waiting += data
        self._changed.set()

    def resized(self, cols: int, rows: int) -> None:
        """The browser's window has another size; only the last one counts."""
        self._size = cols, rows
        self._changed.set()

    def forget(self) -> None:
        """The browser went away: what was not passed on is its own again."""
        self._waiting.clear()

    async def wait(self) -> None:
        """Until there is something to pass on."""
        while not self._waiting and self._size is None:
            self._changed.clear()
            await self._changed.wait()

    def peek(self) -> bytes:
        """The next bytes to pass on, not yet accepted."""
        return bytes(self._waiting[:AT_ONCE])

    def accept(self, count: int) -> None:
        """So many of the next bytes are handed to the cluster now."""
        del self._waiting[:count]
        self.accepted += count

    def take_size(self) -> tuple[int, int] | None:
        """The size to pass on, once."""
        size, self._size = self._size, None
        return size


def is_use(data: bytes) -> bool:
    """Whether a person is behind these bytes, and not the terminal's own answer to a program's question."""
    return _ANSWERS.fullmatch(data) is None
