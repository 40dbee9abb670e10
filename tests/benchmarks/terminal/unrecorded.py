"""The portal with a recorder that records nothing, to tell the bridge's price from the recording's. Only ever measured."""

from __future__ import annotations

import asyncio
from importlib import import_module

from apps.terminals.recording.chain import Sealed
from apps.terminals.recording.store import RecordingStore


class Unrecorded:
    """The recorder's face."""

    unrecorded = replaced = 0
    is_behind = False

    def __init__(self, session_id: int, store: RecordingStore) -> None:
        self.failed: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.progress = Sealed()

    async def open(self, title: str, cols: int, rows: int) -> None: ...

    def output(self, data: bytes) -> None: ...

    def resize(self, cols: int, rows: int) -> None: ...

    async def drained(self) -> None: ...

    async def close(self) -> Sealed:
        return self.progress


application = import_module("opsportal.asgi").application  # sets Django up, which the bridge needs
import_module("apps.terminals.live.opening").Recorder = Unrecorded  # type: ignore[attr-defined]
