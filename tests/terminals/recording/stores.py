"""Directories that behave badly, for tests of what the recorder does about it."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from pathlib import Path

from apps.terminals.recording.directory import DirectoryStore
from apps.terminals.recording.errors import RecordingError
from apps.terminals.recording.writer import Recorder


class Hanging(DirectoryStore):
    """From segment `first` on an append waits until `go_on` is set; `came_back` is set when one has returned."""

    def __init__(self, root: Path, first: int) -> None:
        super().__init__(root)
        self.first = first
        self.go_on, self.reached, self.came_back = threading.Event(), threading.Event(), threading.Event()

    def append(self, session_id: int, seq: int, offset: int, data: bytes | memoryview) -> None:
        if seq >= self.first:
            self.reached.set()
            assert self.go_on.wait(30)
        super().append(session_id, seq, offset, data)

    def cut(self, session_id: int, seq: int, offset: int) -> None:
        super().cut(session_id, seq, offset)
        self.came_back.set()


class Slow(DirectoryStore):
    """Takes so many seconds for each segment."""

    def __init__(self, root: Path, seconds: float) -> None:
        super().__init__(root)
        self.seconds = seconds

    def append(self, session_id: int, seq: int, offset: int, data: bytes | memoryview) -> None:
        time.sleep(self.seconds)
        super().append(session_id, seq, offset, data)


class Refusing(DirectoryStore):
    """Refuses segment `number` with this error."""

    def __init__(self, root: Path, number: int, error: BaseException) -> None:
        super().__init__(root)
        self.number, self.error = number, error

    def append(self, session_id: int, seq: int, offset: int, data: bytes | memoryview) -> None:
        if seq == self.number:
            raise self.error
        super().append(session_id, seq, offset, data)


NO_SPACE = RecordingError("recording.no_space")


async def reaches(condition: Callable[[], bool], seconds: float = 10) -> None:
    """Until the condition holds; the test fails when it does not."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "this did not happen"
        await asyncio.sleep(0.005)


async def shown(recorder: Recorder, data: bytes) -> None:
    """Output that is awaited until it is durable."""
    recorder.output(data)
    await reaches(lambda: recorder.unrecorded == 0)
