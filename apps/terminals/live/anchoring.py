"""Notes every ten seconds how far the recordings of this process are durable, so that a running one can be verified too.

Must not: hold up a shell, or end one because a note could not be written; the next one says more anyhow.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import structlog

from apps.terminals.live.threads import in_thread
from apps.terminals.recording.anchors import note_progress
from apps.terminals.recording.chain import Sealed
from apps.tickets.consumers import DATABASE_AWAY

log = structlog.get_logger(__name__)


class Anchoring:
    """One per process, for as long as `progress` has anything. Times are seconds."""

    every = 10.0

    def __init__(self, progress: Callable[[], Mapping[int, Sealed]]) -> None:
        self._progress = progress
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Note for as long as there is something to note."""
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._note_on())

    async def _note_on(self) -> None:
        while self._progress():
            await asyncio.sleep(self.every)
            try:
                await in_thread("notes", note_progress, self._progress())
            except DATABASE_AWAY as error:
                log.warning("the progress of recordings was not noted", error=type(error).__name__)
