"""Byte streams between a session, its terminal and the emulated commands.

`Input` is read, `Output` is written, `Pipe` is both, `Terminal` is a tty's line discipline in front of an
`Input`. Must not: know of WebSockets or of the shell's grammar.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

MAX_BUFFERED = 256 * 1024


class Output(Protocol):
    """Something bytes can be written to; waits when the other side is slow."""

    async def write(self, data: bytes) -> None:
        """Write all of `data`."""


class InterruptedRead(Exception):
    """Ctrl-C was typed while a line was awaited."""


class Input:
    """Bytes on their way to a reader."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._ended = False
        self._changed = asyncio.Event()
        self._drained = asyncio.Event()
        self._drained.set()
        self._interrupted = False

    def feed(self, data: bytes) -> None:
        """Add bytes for the reader."""
        self._buffer += data
        if len(self._buffer) > MAX_BUFFERED:
            self._drained.clear()
        self._changed.set()

    def feed_eof(self) -> None:
        """No more bytes will come."""
        self._ended = True
        self._changed.set()

    def interrupt(self) -> None:
        """Let a waiting `readline` raise InterruptedRead."""
        self._interrupted = True
        self._changed.set()

    async def room(self) -> None:
        """Wait until the reader has caught up."""
        await self._drained.wait()

    async def _wait(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    def _take(self, count: int) -> bytes:
        data = bytes(self._buffer[:count])
        del self._buffer[:count]
        if len(self._buffer) <= MAX_BUFFERED:
            self._drained.set()
        return data

    async def read(self, limit: int = 32 * 1024) -> bytes:
        """Some bytes as soon as there are any; empty at the end."""
        while not self._buffer and not self._ended:
            await self._wait()
        if not self._buffer:
            self._consume_end()
        return self._take(limit)

    async def readline(self) -> bytes:
        """One line with its newline; what is left at the end; empty after it."""
        self._interrupted = False
        while b"\n" not in self._buffer and not self._ended:
            await self._wait()
            if self._interrupted:
                self._interrupted = False
                raise InterruptedRead
        end = self._buffer.find(b"\n")
        if end < 0 and not self._buffer:
            self._consume_end()
        return self._take(end + 1 if end >= 0 else len(self._buffer))

    def _consume_end(self) -> None:
        """The end of a plain input stays; a terminal's Ctrl-D ends one read only."""


class Empty(Input):
    """An input that is at its end from the start."""

    def __init__(self) -> None:
        super().__init__()
        self.feed_eof()


class Capture:
    """An output that is kept."""

    def __init__(self) -> None:
        self.data = bytearray()

    async def write(self, data: bytes) -> None:
        """Keep `data`."""
        self.data += data


class Discard:
    """An output that goes nowhere."""

    async def write(self, data: bytes) -> None:
        """Forget `data`, but let others run."""
        await asyncio.sleep(0)


class Pipe(Input):
    """What joins two commands: written by one, read by the other."""

    closed = False

    def close_reader(self) -> None:
        """The reader is gone: the next write breaks."""
        self.closed = True
        self._drained.set()

    async def write(self, data: bytes) -> None:
        """Hand bytes to the reader, waiting while it is behind."""
        await self.room()
        if self.closed:
            raise BrokenPipeError
        self.feed(data)
        await asyncio.sleep(0)


class Terminal(Input):
    """A tty in cooked mode: echo, backspace, Ctrl-U, Ctrl-W, Ctrl-C, Ctrl-D; escape sequences are swallowed."""

    def __init__(self, echo: Callable[[bytes], Awaitable[None]], on_interrupt: Callable[[], None]) -> None:
        super().__init__()
        self.width, self.height = 80, 24
        self.on_interrupt = on_interrupt
        self._echo = echo
        self._line = bytearray()
        self._escape = b""

    def resize(self, width: int, height: int) -> None:
        """The size that `stty size` shows."""
        self.width, self.height = width, height

    def _consume_end(self) -> None:
        self._ended = False

    async def typed(self, data: bytes) -> None:
        """Bytes from the keyboard."""
        echo = bytearray()
        for value in data:
            echo += self._key(value)
        if echo:
            await self._echo(bytes(echo))

    def _key(self, value: int) -> bytes:
        if self._escape:
            return self._in_escape(value)
        if value == 0x1B:
            self._escape = b"\x1b"
            return b""
        if value in (0x0D, 0x0A):
            self.feed(bytes(self._line) + b"\n")
            self._line.clear()
            return b"\r\n"
        if value in (0x7F, 0x08):
            return self._erase(1)
        if value == 0x15:
            return self._erase(len(self._line))
        if value == 0x17:
            kept = self._line.rstrip().rfind(b" ") + 1
            return self._erase(len(self._line) - kept)
        if value == 0x03:
            self._line.clear()
            self.on_interrupt()
            return b"^C\r\n"
        if value == 0x04:
            return self._end_of_input()
        if value < 0x20 and value != 0x09:
            return b""
        self._line.append(value)
        return bytes([value])

    def _in_escape(self, value: int) -> bytes:
        self._escape += bytes([value])
        is_csi = self._escape[1:2] in (b"[", b"O")
        if not is_csi or (len(self._escape) > 2 and 0x40 <= value <= 0x7E):
            self._escape = b""
        return b""

    def _end_of_input(self) -> bytes:
        if self._line:
            self.feed(bytes(self._line))
            self._line.clear()
        else:
            self.feed_eof()
        return b""

    def _erase(self, count: int) -> bytes:
        """Take bytes off the line, whole UTF-8 characters at a time, and wipe them from the screen."""
        wiped = 0
        while count > 0 and self._line:
            last = self._line.pop()
            count -= 1
            if last & 0xC0 == 0x80:
                count += 1
                continue
            wiped += 1 if last < 0x80 else 2 if last >= 0xE0 else 1
        return b"\b \b" * wiped
