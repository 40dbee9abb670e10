"""Run stand-in servers on their own event loop in a thread, so that synchronous tests talk to real sockets."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from apps.sandbox.base.server import StandIn

T = TypeVar("T")
S = TypeVar("S", bound=StandIn)


class LoopThread:
    """An event loop in a daemon thread; `run` waits for a coroutine's result."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="servers", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T], timeout: float = 30) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout)

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(5)
        self.loop.close()


@contextmanager
def serving(server: S, port: int = 0) -> Iterator[S]:
    """Start one stand-in, hand it out, stop it."""
    thread = LoopThread()
    thread.run(server.start(port))
    try:
        yield server
    finally:
        thread.run(server.stop())
        thread.close()
