"""What the live bridge writes down of a shell: who is there, the first use, the end. In threads, repeated while it fails.

Must not: hold up the loop or the end of a shell for longer than its patience.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from apps.common.errors import DomainError
from apps.terminals.live.ends import End, Over, because
from apps.terminals.live.threads import noted
from apps.terminals.recording.chain import Sealed
from apps.terminals.services import live

PATIENCE = 300.0
HURRY = 3.0


class Presence:
    """Away or there, as it is when the note is written: notes that cross each other cannot end up wrong."""

    def __init__(self, session_id: int, is_there: Callable[[], bool]) -> None:
        self._session_id, self._is_there = session_id, is_there
        self._task: asyncio.Task[None] | None = None
        self._noted = True

    def changed(self) -> None:
        """Note it soon; one note at a time."""
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._write())

    async def _write(self) -> None:
        while (is_there := self._is_there()) != self._noted:
            self._noted = is_there
            await noted(lambda: HURRY, live.note_back if is_there else live.note_away, self._session_id)


async def note_first_use(session_id: int) -> datetime:
    """When the session ends from now on. Over: it has ended meanwhile, or nobody could write down that time runs."""
    try:
        ends_at = await noted(lambda: HURRY, live.note_first_use, session_id)
    except DomainError as error:
        raise Over(End(str(error.params.get("end") or "terminal.end.host_lost"))) from None
    if ends_at is None:
        raise Over(because("rights_unreadable"))
    return ends_at


async def note_end(patience: Callable[[], float], session_id: int, end: End, sealed: Sealed | None) -> None:
    """The shell is gone."""
    await noted(patience, live.note_ended, session_id, end.code, end.params, end.exit_code, sealed)
