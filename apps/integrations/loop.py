"""One event loop thread per process, on which every adapter call runs (D11).

Synchronous steps call `run(coroutine, deadline)`; nothing here waits longer than its deadline. Must not: start a
thread at import, touch the ORM, or be used from code that already runs on an event loop (there: `await`).
"""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextvars import ContextVar
from typing import Any, TypeVar

from apps.common.errors import IntegrationError, Unavailable

T = TypeVar("T")
GRACE_SECONDS = 2.0

# What the running call last spoke to, written by `http.py`, so that a missed deadline can say who did not answer, and
# its breaker hears of it.
talking_to: ContextVar[dict[str, Any] | None] = ContextVar("talking_to", default=None)
# Called by `http.py` right before each write leaves; what it raises keeps the write here (D9).
before_write: ContextVar[Callable[[], None] | None] = ContextVar("before_write", default=None)


class LoopThread:
    """An event loop in a daemon thread."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.loop = asyncio.new_event_loop()
        self._closers: list[Callable[[], Awaitable[None]]] = []
        self._thread = threading.Thread(target=self._serve, name="integrations", daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    def close(self) -> None:
        """Stop the loop; what still runs on it is cancelled."""
        if self.pid != os.getpid() or self.loop.is_closed():
            return
        asyncio.run_coroutine_threadsafe(self._finish(), self.loop).result(GRACE_SECONDS)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(GRACE_SECONDS)
        if not self._thread.is_alive():
            self.loop.close()

    async def _finish(self) -> None:
        for closer in self._closers:
            await closer()
        ours = asyncio.current_task()
        left = [task for task in asyncio.all_tasks() if task is not ours]
        for task in left:
            task.cancel()
        await asyncio.wait_for(asyncio.gather(*left, return_exceptions=True), GRACE_SECONDS / 2)

    def at_close(self, closer: Callable[[], Awaitable[None]]) -> None:
        """Have `closer` awaited before the loop stops."""
        self._closers.append(closer)

    def closed(self, closer: Callable[[], Awaitable[None]]) -> None:
        """What was to be closed at the end is closed already, and need not be kept for it."""
        if closer in self._closers:
            self._closers.remove(closer)


_lock = threading.Lock()
_thread: LoopThread | None = None


def loop_thread() -> LoopThread:
    """This process's loop thread; made on first use, made anew in a forked child."""
    global _thread
    with _lock:
        if _thread is None or _thread.pid != os.getpid() or _thread.loop.is_closed():
            _thread = LoopThread()
        return _thread


def is_ours(loop: asyncio.AbstractEventLoop) -> bool:
    """Whether `loop` is the loop thread's of this process."""
    return _thread is not None and _thread.loop is loop


@atexit.register
def shutdown() -> None:
    """Stop the loop thread and close its connections; the next `run` starts a new one."""
    global _thread
    with _lock:
        thread, _thread = _thread, None
    if thread is not None:
        thread.close()


def _forget_parent() -> None:
    global _lock, _thread
    _lock, _thread = threading.Lock(), None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_parent)


async def _bounded(work: Coroutine[Any, Any, T], deadline: float, guard: Callable[[], None] | None = None) -> T:
    spoken: dict[str, Any] = {}
    talking_to.set(spoken)
    before_write.set(guard)
    limit = asyncio.timeout(deadline)
    try:
        async with limit:
            return await work
    except TimeoutError:
        if not limit.expired():
            raise
        silent = Unavailable("outside.timeout", unknown=True, seconds=round(deadline, 1), **_about(spoken))
        if "breaker" in spoken:
            spoken["breaker"].failed(silent)
        raise silent from None


def _about(spoken: dict[str, Any]) -> dict[str, Any]:
    return {"system": spoken.get("system", ""), "name": spoken.get("name", ""), "what": spoken.get("what", "")}


def run(work: Coroutine[Any, Any, T], deadline: float, guard: Callable[[], None] | None = None) -> T:
    """Wait for `work` on the loop thread. Past `deadline` seconds it is cancelled: Unavailable with unknown=True.

    `guard` is called on the loop thread right before each write of `work` leaves, and may refuse it by raising.
    """
    thread = loop_thread()
    if threading.current_thread() is thread._thread:
        work.close()
        raise RuntimeError("run() called on the loop thread itself: await the coroutine instead")
    future = asyncio.run_coroutine_threadsafe(_bounded(work, deadline, guard), thread.loop)
    try:
        return future.result(deadline + GRACE_SECONDS)
    except TimeoutError:
        if future.done():
            raise
        # Only a loop that is itself stuck gets here: the bound inside the coroutine comes first.
        future.cancel()
        raise Unavailable("outside.timeout", unknown=True, seconds=round(deadline, 1), name="", what="") from None


def run_many(works: Sequence[Coroutine[Any, Any, T]], deadline: float) -> list[T | IntegrationError]:
    """Wait for all of `works` side by side; each place holds the result or that one's IntegrationError."""

    async def one(work: Coroutine[Any, Any, T]) -> T | IntegrationError:
        try:
            return await _bounded(work, deadline)
        except IntegrationError as error:
            return error

    async def gather() -> list[T | IntegrationError]:
        return list(await asyncio.gather(*(one(work) for work in works)))

    return run(gather(), deadline + GRACE_SECONDS / 2)
