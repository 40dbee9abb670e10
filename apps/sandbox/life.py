"""How long the sandbox process lives: until a signal, or until the pipe to its parent closes.

Works alike on every operating system; a supervisor that dies, however it dies, closes its pipes. Must not: poll.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from types import FrameType


def ended_by_signal(loop: asyncio.AbstractEventLoop, ended: asyncio.Event) -> None:
    """Set the event at SIGTERM or SIGINT; to be called in the main thread."""

    def end(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(ended.set)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)


def ended_by_parent(loop: asyncio.AbstractEventLoop, ended: asyncio.Event, pipe: int) -> None:
    """Set the event once reading the pipe gives end of file; what is written into it is ignored."""

    os.fstat(pipe)  # a number that is no open file is an error at once, not a thread that dies unseen

    def wait() -> None:
        while os.read(pipe, 1024):
            continue
        if not loop.is_closed():
            loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=wait, name="parent-pipe", daemon=True).start()
