"""One shell in one container, whoever looks at it: its pump, its clock, and its one end.

Output is recorded before it is shown; the container is not read while the browser or the recording is behind. Must
not: know of WebSockets, end twice, or show or pass on a byte after its end.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from datetime import datetime
from typing import Any

import structlog
from django.utils import timezone

from apps.common.errors import IntegrationError
from apps.integrations.kubernetes.exec import ExecStream
from apps.terminals.live import notes
from apps.terminals.live.ends import End, Over, because
from apps.terminals.live.flow import WINDOW
from apps.terminals.live.keyboard import Keyboard, is_use
from apps.terminals.live.ring import Ring
from apps.terminals.live.seat import TAKEN_OVER, Seat
from apps.terminals.live.timing import Timing
from apps.terminals.live.why import why_it_ended
from apps.terminals.recording.chain import Sealed
from apps.terminals.recording.errors import RecordingError
from apps.terminals.recording.writer import Recorder
from apps.terminals.services.live import Changed, Target

log = structlog.get_logger(__name__)


class Shell:
    """From the moment the command runs in the container until it is gone and noted. Times are seconds."""

    away_seconds = 60.0

    def __init__(
        self, target: Target, stream: ExecStream, frames: AsyncIterator[bytes], recorder: Recorder, name: str
    ) -> None:
        self.target, self.name = target, name
        self.ring, self.keyboard = Ring(), Keyboard()
        self.seat: Seat | None = None
        self.end: End | None = None
        self.is_gone = asyncio.Event()
        self.timing = Timing(target.ends_at, target.extended)
        self.on_first_use: Callable[[], None] = lambda: None
        self.patience: Callable[[], float] = lambda: notes.PATIENCE
        self._stream, self._frames, self._recorder = stream, frames, recorder
        self._is_used = target.first_used_at is not None
        self._room, self._over = asyncio.Event(), asyncio.Event()
        self._away: asyncio.TimerHandle | None = None
        self._presence = notes.Presence(target.session_id, lambda: self.seat is not None)

    @property
    def recorded(self) -> Sealed:
        """How far its recording is durable."""
        return self._recorder.progress

    # -- its life -----------------------------------------------------------------------------------------
    async def run(self) -> None:
        """Until the shell is gone, its recording closed and its end noted."""
        parts = [asyncio.create_task(self._part(work)) for work in (self._show(), self._type(), self._keep_time())]
        self._recorder.failed.add_done_callback(lambda _: self.finish(because("recording_failed")))
        try:
            await self._over.wait()
        except asyncio.CancelledError:
            self.finish(because("restarting"))
        for part in parts:
            part.cancel()
        # A loop that is shut down cancels once: what is left is short, and each step is done all the same.
        steps: tuple[Callable[[], Awaitable[object]], ...] = (
            lambda: asyncio.wait(parts),
            self._stream.close,
            self._recorder.close,
            self._note,
        )
        for step in steps:
            with contextlib.suppress(asyncio.CancelledError):
                await step()
        self.is_gone.set()

    def finish(self, end: End) -> None:
        """The shell ends now; only the first reason counts."""
        if self.end is not None:
            return
        self.end = end
        if self._away is not None:
            self._away.cancel()
        if not end.is_natural:
            self.ring.clear()
        self.keyboard.forget()
        self._over.set()
        self._wake()

    async def _part(self, work: Coroutine[Any, Any, End]) -> None:
        """One part of the pump: whatever ends it ends the shell, with a reason."""
        try:
            self.finish(await work)
        except Over as over:
            self.finish(over.end)
        except RecordingError:
            self.finish(because("recording_failed"))
        except IntegrationError as error:
            self.finish(await why_it_ended(self.target, self._stream.ended, error))
        except Exception:
            # Nobody else would hear of it, and a shell without its pump may not stay open.
            log.exception("a terminal broke", session=self.target.session_id)
            self.finish(because("broken"))

    async def _note(self) -> None:
        assert self.end is not None
        await notes.note_end(self.patience, self.target.session_id, self.end, self._recorder.progress)

    # -- the container's side -----------------------------------------------------------------------------
    async def _show(self) -> End:
        recorder = self._recorder
        async for frame in self._frames:
            recorder.output(frame[1:])
            if recorder.is_behind or recorder.failed.done() or not self._has_room(len(frame) - 1):
                self._stream.rest()
                await self._in_time(len(frame) - 1)
            self.ring.append(frame)
            if self.seat is not None:
                self.seat.wake.set()
        return await why_it_ended(self.target, self._stream.ended, None)

    async def _in_time(self, size: int) -> None:
        """Until the recording and the browser have caught up; RecordingError."""
        await self._recorder.drained()
        while not self._has_room(size):
            self._room.clear()
            await self._room.wait()

    def _has_room(self, size: int) -> bool:
        """The browser's own window while there is one, else all there is."""
        limit = WINDOW if self.seat is None else self.seat.flow.limit
        return self.ring.size < limit and self.ring.size + size <= WINDOW

    async def _type(self) -> End:
        while True:
            await self.keyboard.wait()
            size = self.keyboard.take_size()
            if size is not None:
                self._recorder.resize(*size)
                await self._stream.resize(*size)
            data = self.keyboard.peek()
            if not data:
                continue
            if not self._is_used and is_use(data):
                await self._first_use()
                continue  # what was typed may have been taken back by now
            if self.end is None:
                self.keyboard.accept(len(data))
                await self._stream.write(data)
                self._wake()

    async def _first_use(self) -> None:
        """Time runs before the first byte is passed on."""
        ends_at = await notes.note_first_use(self.target.session_id)
        self._is_used = True
        self.timing.begin(ends_at)
        self.on_first_use()

    # -- time and rights ----------------------------------------------------------------------------------
    async def _keep_time(self) -> End:
        async for ends_at in self.timing.warnings():
            if self.seat is not None:
                self.seat.say({"type": "warning", "ends_at": ends_at.isoformat()})
        return because("time_limit", minutes=self.timing.minutes(self.target.minutes))

    def stands(self, standing: Changed) -> None:
        """The guard has looked: it goes on, and this is how it stands."""
        if self.timing.stands(standing) and self.seat is not None:
            self.seat.say({"type": "state", **self.state()})

    def state(self) -> dict[str, Any]:
        """What the browser shows beside the terminal. Times are the database's, but for `now` before the first look."""
        times = self.timing
        return {
            "ends_at": _iso(times.ends_at),
            "warn_at": _iso(times.warn_at),
            "now": _iso(times.database_now() or timezone.now()),
            "extended": times.extended,
            "watchers": list(times.watchers),
            "pod": self.target.pod,
            "container": self.target.container,
            "version": self.target.version,
            "shell": self.name,
        }

    # -- the browser's side -------------------------------------------------------------------------------
    def sit(self, position: int | None) -> Seat:
        """A browser takes the place, from the one that has it if need be; BytesGone where it cannot go on.

        `position`: output bytes it has; they count as acknowledged from now on.
        """
        reader = self.ring.reader(self.ring.start if position is None else position)
        if self.seat is not None:
            self.seat.leave(*TAKEN_OVER)
        self.keyboard.forget()
        self.ring.drop_until(reader.position)
        self.seat = Seat(self, reader, asyncio.get_running_loop().time())
        if self._away is not None:
            self._away.cancel()
            self._away = None
        self._presence.changed()
        self._room.set()
        return self.seat

    def stand_up(self, seat: Seat) -> None:
        """The browser is gone; the shell lives on for a while."""
        if self.seat is not seat:
            return
        self.seat = None
        self.keyboard.forget()
        self._room.set()
        if self.end is None:
            loop = asyncio.get_running_loop()
            self._away = loop.call_later(self.away_seconds, self.finish, because("network"))
            self._presence.changed()

    def taken(self, seat: Seat, position: int) -> None:
        """The browser has drawn everything before `position`; AcknowledgedTooMuch for more than was sent."""
        if self.seat is not seat:
            return
        seat.flow.acknowledge(position, asyncio.get_running_loop().time())
        if seat.flow.is_fast is not None:
            self._stream.expect(None if seat.flow.is_fast else seat.flow.limit)
        self.ring.drop_until(seat.flow.taken)
        self._room.set()
        if seat.flow.is_stopped:
            seat.wake.set()

    def _wake(self) -> None:
        self._room.set()
        if self.seat is not None:
            self.seat.wake.set()


def _iso(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()
