"""The shells of this process: found again by their session's id, opened once, ended all when the process stops.

Must not: be shared between event loops, or take a session that another living process holds (`redeem` sees to that).
"""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
from weakref import WeakKeyDictionary

from apps.terminals.live import notes
from apps.terminals.live.anchoring import Anchoring
from apps.terminals.live.ends import End, Over, because
from apps.terminals.live.guard import Guard
from apps.terminals.live.opening import open_shell
from apps.terminals.live.shell import Shell
from apps.terminals.services.live import Changed, Order, Target


class House:
    """One per event loop. `host` names it in the rows, and is never used again by another process."""

    def __init__(self) -> None:
        self.host = f"{socket.gethostname()[:80]}:{os.getpid()}:{secrets.token_hex(4)}"
        self.shells: dict[int, Shell] = {}
        self._opening: dict[int, asyncio.Task[Shell]] = {}
        self._ended_early: dict[int, End] = {}
        self._running: set[asyncio.Task[None]] = set()
        self._guard = Guard(self.host, self.ids, self.obey, self.end_all)
        self._anchoring = Anchoring(lambda: {pk: shell.recorded for pk, shell in self.shells.items()})
        self.is_leaving = False

    def ids(self) -> list[int]:
        """The sessions this process answers for."""
        return [*self.shells, *self._opening]

    async def shell_of(self, target: Target, cols: int, rows: int) -> Shell:
        """The session's shell: the one that runs here, else a new one. Over when there is none, which is then noted."""
        found = self.shells.get(target.session_id)
        if found is not None:
            return found
        opening = self._opening.get(target.session_id)
        if opening is None:
            if not target.is_new:
                raise Over(because("host_lost"))
            if self.is_leaving:
                await notes.note_end(self.patience, target.session_id, because("restarting"), None)
                raise Over(because("restarting"))
            opening = asyncio.create_task(self._open(target, cols, rows))
            opening.add_done_callback(_looked_at)
            self._opening[target.session_id] = opening
            self._guard.start()
        try:
            # Also when this browser goes, the shell is opened: another tab may wait for it.
            return await asyncio.shield(opening)
        except asyncio.CancelledError:
            if opening.cancelled():
                raise Over(self._ended_early.get(target.session_id, because("restarting"))) from None
            raise

    def obey(self, found: dict[int, Order]) -> None:
        """What the guard found out about each session."""
        for session_id, order in found.items():
            shell = self.shells.get(session_id)
            if not isinstance(order, Changed):
                self._end(session_id, End(order.code, order.params))
            elif shell is not None:
                shell.stands(order)

    def end_all(self, end: End) -> None:
        """Every shell ends, for the same reason."""
        for session_id in self.ids():
            self._end(session_id, end)

    def leave(self) -> None:
        """This process stops."""
        self.is_leaving = True
        self.end_all(because("restarting"))

    def patience(self) -> float:
        """How long a note is tried again."""
        return notes.HURRY if self.is_leaving else notes.PATIENCE

    # -- inside -------------------------------------------------------------------------------------------
    def _end(self, session_id: int, end: End) -> None:
        shell, opening = self.shells.get(session_id), self._opening.get(session_id)
        if shell is not None:
            shell.finish(end)
        elif opening is not None:
            self._ended_early.setdefault(session_id, end)
            opening.cancel()

    async def _open(self, target: Target, cols: int, rows: int) -> Shell:
        """Opens the shell and has it run; what fails here ends the session."""
        session_id = target.session_id
        try:
            shell = await open_shell(target, cols, rows, self.host)
        except Over as over:
            await notes.note_end(self.patience, session_id, over.end, over.sealed)
            raise
        except asyncio.CancelledError:
            end = self._ended_early.get(session_id, because("restarting"))
            await notes.note_end(self.patience, session_id, end, None)
            raise
        finally:
            del self._opening[session_id]
        self.shells[session_id] = shell
        shell.patience, shell.on_first_use = self.patience, self._guard.wake
        running = asyncio.create_task(self._run(shell))
        self._running.add(running)
        running.add_done_callback(self._running.discard)
        self._anchoring.start()
        self._guard.wake()
        return shell

    async def _run(self, shell: Shell) -> None:
        try:
            await shell.run()
        finally:
            self.shells.pop(shell.target.session_id, None)


def _looked_at(opening: asyncio.Task[Shell]) -> None:
    """Why there is no shell is noted in the session's row, also when no browser waits for it any more."""
    if not opening.cancelled():
        opening.exception()


_houses: WeakKeyDictionary[asyncio.AbstractEventLoop, House] = WeakKeyDictionary()


def house() -> House:
    """The house of the running loop."""
    loop = asyncio.get_running_loop()
    found = _houses.get(loop)
    if found is None:
        found = _houses[loop] = House()
    return found


def drain() -> None:
    """End every shell of this process with `restarting`, and open no more. Any thread may."""
    for loop, found in list(_houses.items()):
        if not loop.is_closed():
            loop.call_soon_threadsafe(found.leave)
