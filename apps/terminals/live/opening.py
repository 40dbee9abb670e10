"""From a redeemed claim to a shell that runs: recording first, then the shells of the allow-list in order.

Must not: leave a command or a recording behind when it fails, or try a second shell once one has started.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from typing import Any

from django.conf import settings

from apps.common.errors import DomainError, IntegrationError
from apps.integrations.clients import get_kubernetes
from apps.integrations.kubernetes.exec import ExecStream, open_exec
from apps.terminals.live.ends import End, Over, because
from apps.terminals.live.shell import Shell
from apps.terminals.live.threads import in_thread
from apps.terminals.live.why import refusal, why_it_ended
from apps.terminals.recording.errors import RecordingError
from apps.terminals.recording.store import recording_store
from apps.terminals.recording.writer import Recorder, Sealed
from apps.terminals.services import live
from apps.terminals.services.live import Target

# A shell that is not there is said so within this; one that says nothing for so long has started.
FIRST_WORD_SECONDS = 3.0
COMMAND = 'export OPSPORTAL_SESSION="$1" TERM=xterm-256color; exec "$0"'


def argv_of(shell: str, marker: str) -> list[str]:
    """The command: the shell itself, replaced by an interactive one that carries the session's marker."""
    return [shell, "-c", COMMAND, shell, marker]


async def open_shell(target: Target, cols: int, rows: int, host: str) -> Shell:
    """The shell of a new session. Over: there is none, and why; the caller notes that."""
    recorder = await _recorder(target, cols, rows)
    stream: ExecStream | None = None
    try:
        stream, frames, name = await _start(target)
        await stream.resize(cols, rows)
        await in_thread("notes", live.note_opened, target.session_id, host, name)
    except BaseException as error:
        # Also a cancelled opening leaves nothing behind.
        sealed = await _undo(stream, recorder)
        if isinstance(error, Over):
            raise Over(error.end, sealed) from None
        if isinstance(error, IntegrationError):
            raise Over(refusal(error, target.pod), sealed) from None
        if isinstance(error, DomainError):
            raise Over(End(str(error.params.get("end") or error.code))) from None
        raise
    return Shell(target, stream, frames, recorder, name)


async def _recorder(target: Target, cols: int, rows: int) -> Recorder:
    """An open recording: without one there is no session."""
    recorder = Recorder(target.session_id, await asyncio.to_thread(recording_store))
    try:
        await recorder.open(target.title, cols, rows)
    except RecordingError:
        raise Over(because("recording_failed")) from None
    return recorder


async def _undo(stream: ExecStream | None, recorder: Recorder) -> Sealed:
    if stream is not None:
        await stream.close()
    return await recorder.close()


async def _start(target: Target) -> tuple[ExecStream, AsyncIterator[bytes], str]:
    cluster = get_kubernetes(target.cluster)
    tried = [name.strip() for name in settings.CONFIG.terminal_shells.split(",") if name.strip()]
    for name in tried:
        argv = argv_of(name, target.marker)
        stream = await open_exec(cluster, target.namespace, target.pod, target.container, argv)
        try:
            frames = await _first_word(stream)
        except BaseException:
            await stream.close()
            raise
        if frames is not None:
            return stream, frames, name
        await stream.close()
        if stream.ended is None or stream.ended.reason != "no_program":
            raise Over(await why_it_ended(target, stream.ended, None))
    raise Over(because("no_shell", tried=tried))


async def _first_word(stream: ExecStream) -> AsyncIterator[bytes] | None:
    """The stream's frames once something was said, or nothing for long enough; None when it ended without a word."""
    frames = stream.frames()
    first: asyncio.Task[bytes | None] = asyncio.create_task(_next(frames))
    try:
        await asyncio.wait({first}, timeout=FIRST_WORD_SECONDS)
    except asyncio.CancelledError:
        first.cancel()
        raise
    if first.done() and first.result() is None:
        return None
    return _going_on(first, frames)


def _next(frames: AsyncIterator[bytes]) -> Coroutine[Any, Any, bytes | None]:
    return anext(frames, None)  # type: ignore[return-value]


async def _going_on(first: asyncio.Task[bytes | None], frames: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    try:
        frame = await first
    finally:
        first.cancel()
    if frame is not None:
        yield frame
        async for frame in frames:
            yield frame
