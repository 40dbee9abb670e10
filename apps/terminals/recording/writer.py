"""Records what one session shows: gathers output, seals it segment by segment, and says when it cannot.

Fail-closed: who shows output awaits `drained()`, and ends the session when `failed` is set. Output is encoded as it comes,
while it is in the processor's cache; hashing and storing, which need no interpreter, happen in threads. A store that hangs
costs a thread, never the loop and never the end of a session.
Must not: keep more in memory than MOST_PENDING, or go on after a segment was lost.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from io import BytesIO
from typing import Any, TypeVar

import structlog
from django.conf import settings

from apps.terminals.recording.asciicast import Lines, header
from apps.terminals.recording.chain import Sealed
from apps.terminals.recording.errors import RecordingError
from apps.terminals.recording.segment import Gathered, Segment
from apps.terminals.recording.store import RecordingStore

__all__ = ["Recorder", "RecordingError", "Sealed"]

log = structlog.get_logger(__name__)
T = TypeVar("T")

GATHER_SECONDS = 1.0
# However far behind a store is, no segment has more than this and one frame: a slow one would never be done in time.
GATHER_BYTES = 2 * 1024 * 1024
# One flush window. With less a flood waits for the disk every few megabytes.
BEHIND_SECONDS = 2.0
BEHIND_BYTES = 6 * 1024 * 1024
# From the first byte that waits: GATHER_SECONDS and this stay below the five seconds in which a session must have ended.
FLUSH_SECONDS = 3.5
# Nobody should come near it who awaits `drained()`; one that does not may not fill the memory.
MOST_PENDING = 12 * 1024 * 1024
MEGABYTE = 1024 * 1024
# So many segments are written side by side; with a store that hangs for all sessions they are what hangs.
THREADS = 16
# Of them so many are busy at once while that is enough: each takes the interpreter a dozen times, and the loop has to wait for
# all who stand before it. A slow store gets the others too.
BUSY_THREADS, TURN_SECONDS = 2, 0.25
_turns = threading.BoundedSemaphore(BUSY_THREADS)


@cache
def _threads() -> ThreadPoolExecutor:
    """Threads of our own: a store that hangs may not use up those that everything else of the loop runs in."""
    return ThreadPoolExecutor(THREADS, thread_name_prefix="recording")


def _store(segment: Segment) -> bool:
    """In its turn, or after TURN_SECONDS of waiting for it."""
    has_turn = _turns.acquire(timeout=TURN_SECONDS)
    try:
        return segment.store()
    finally:
        if has_turn:
            _turns.release()


class Recorder:
    """One session's recording. To be made and used on the loop, from `open` to `close`. Sizes are bytes of output."""

    def __init__(self, session_id: int, store: RecordingStore) -> None:
        self.session_id, self.store = session_id, store
        self.failed: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.progress = Sealed()
        self._lines = Lines()
        self._gathered = 0
        self._gathering_since: float | None = None
        self._waiting: deque[Gathered] = deque()  # in their order; the first one is being stored
        self._waiting_bytes = 0
        self._began_at = time.monotonic()
        self._most_bytes = settings.CONFIG.recording_megabytes * MEGABYTE
        self._is_closing = False
        self._wake, self._moved = asyncio.Event(), asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def unrecorded(self) -> int:
        """Bytes of output that are not durable yet."""
        return self._gathered + self._waiting_bytes

    @property
    def is_behind(self) -> bool:
        """Whether too much, or something for too long, is unrecorded: `drained` waits then."""
        waiting = self.unrecorded
        since = self._waiting[0].since if self._waiting else self._gathering_since
        if not waiting or since is None:
            return False
        return waiting > BEHIND_BYTES or time.monotonic() - since > BEHIND_SECONDS

    @property
    def replaced(self) -> int:
        """Bytes of output that were no UTF-8; the stream has U+FFFD in their place."""
        return self._lines.utf8.replaced

    async def open(self, title: str, cols: int, rows: int) -> None:
        """Begin the recording; RecordingError when the store cannot keep it, and then there may be no session."""
        self._began_at = time.monotonic()
        body = BytesIO()
        body.write(header(session_id=self.session_id, title=title, cols=cols, rows=rows, started_at=int(time.time())))
        if not await self._keep(Gathered(body)):
            raise RecordingError(self.failed.result())
        self._task = self._started(self._work())

    def output(self, data: bytes) -> None:
        """Take bytes that are about to be shown. Never blocks; after a failure they only count as unrecorded."""
        if self._is_closing:
            raise RecordingError("recording.closed")
        if not data:
            return
        if self.unrecorded > MOST_PENDING:
            self._fail("recording.too_slow")
        self._gathered += len(data)
        if self.failed.done():
            return
        self._lines.output(self._seconds(), data)
        self._has_something()
        if self._gathered >= GATHER_BYTES:
            self._cut()

    def resize(self, cols: int, rows: int) -> None:
        """The terminal has a new size from here on."""
        if not self.failed.done():
            self._lines.resize(self._seconds(), cols, rows)
            self._has_something()

    async def drained(self) -> None:
        """Return while little enough is unrecorded, else wait; RecordingError once the recording has failed."""
        while True:
            if self.failed.done():
                raise RecordingError(self.failed.result())
            if not self.is_behind:
                return
            self._moved.clear()
            await self._moved.wait()

    async def close(self) -> Sealed:
        """Make the rest durable as long as the store takes a segment within FLUSH_SECONDS; where the recording ends.
        Idempotent."""
        if not self._is_closing and not self.failed.done():
            # The last seal tells how long the session was; and half a character at the very end is not lost.
            self._has_something()
        self._is_closing = True
        self._wake.set()
        while self._task is not None and not self._task.done():
            before = self.progress
            await asyncio.wait({self._task}, timeout=FLUSH_SECONDS)
            if self.progress == before and not self._task.done():
                self._fail("recording.too_slow")
        return self.progress

    # -- on the loop --------------------------------------------------------------------------------------
    def _seconds(self) -> float:
        return time.monotonic() - self._began_at

    def _has_something(self) -> None:
        if self._gathering_since is None:
            self._gathering_since = time.monotonic()
            self._wake.set()

    async def _work(self) -> None:
        """Segment after segment until closed or failed; the next ones are gathered while one is stored."""
        is_last = False
        while not is_last and not self.failed.done():
            await self._gather()
            is_last = self._is_closing
            if self._gathering_since is not None and (is_last or not self._waiting):
                self._cut(is_last=is_last)
            while self._waiting and not self.failed.done():
                if await self._keep(self._waiting[0]):
                    self._waiting_bytes -= self._waiting.popleft().size
                    self._moved.set()

    def _cut(self, *, is_last: bool = False) -> None:
        """What was gathered waits to become a segment."""
        body = self._lines.take(final=is_last)
        self._waiting.append(Gathered(body, self._seconds(), self._gathered, self._gathering_since or 0.0))
        self._waiting_bytes += self._gathered
        self._gathered, self._gathering_since = 0, None
        self._wake.set()

    async def _gather(self) -> None:
        """Wait for something, and a moment for more: a segment of every key that is echoed would be many."""
        while self._gathering_since is None and not self._is_urgent:
            await self._woken()
        left = (self._gathering_since or 0.0) + GATHER_SECONDS - time.monotonic()
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, left)):
                while not self._is_urgent:
                    await self._woken()

    @property
    def _is_urgent(self) -> bool:
        return bool(self._waiting) or self._is_closing or self.failed.done()

    async def _woken(self) -> None:
        self._wake.clear()
        await self._wake.wait()

    async def _keep(self, gathered: Gathered) -> bool:
        """Make one segment durable, in a thread; False when that failed or took too long."""
        segment = Segment(self.session_id, self.store, self.progress, gathered)
        running = asyncio.wrap_future(_threads().submit(_store, segment))
        running.add_done_callback(_look_at)
        either: set[asyncio.Future[Any]] = {running, self.failed}
        await asyncio.wait(either, timeout=FLUSH_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if not running.done() and segment.give_up():
            self._fail("recording.too_slow")
            return False
        try:
            is_stored = await running
        except RecordingError as error:
            self._fail(error.code, **error.params)
            return False
        assert is_stored  # nobody gave it up
        self.progress = segment.sealed
        if self.progress.bytes > self._most_bytes:
            self._fail("recording.too_long")
        return True

    def _started(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """A task whose defect ends the recording, also while nobody waits for it."""
        task = asyncio.create_task(work, name=f"recording {self.session_id}")
        task.add_done_callback(self._broke)
        return task

    def _broke(self, task: asyncio.Task[Any]) -> None:
        """A loop that is shut down cancels whoever shows output too: that is no failure of the recording."""
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("the recorder broke", session=self.session_id, exc_info=error)
            self._fail("recording.refused", said=type(error).__name__)

    def _fail(self, code: str, **params: object) -> None:
        if not self.failed.done():
            log.error("a recording failed", session=self.session_id, code=code, unrecorded=self.unrecorded, **params)
            self.failed.set_result(code)
        self._wake.set()
        self._moved.set()


def _look_at(future: asyncio.Future[bool]) -> None:
    """A segment that fails when nobody waits for it any more is in the log, and nowhere else."""
    if not future.cancelled() and (error := future.exception()) is not None:
        log.info("a segment was not stored", error=str(error))
