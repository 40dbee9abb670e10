"""The browser's side: takes output, acknowledges it as the page does, types, and tells what it saw.

Must not: do with a byte more than it must; what it costs is measured with the rest.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp

ORIGIN = "http://testserver"
ACKNOWLEDGE_BYTES, ACKNOWLEDGE_SECONDS = 32 * 1024, 0.1
PATIENCE = 60.0


@dataclass(frozen=True)
class Place:
    """Where a terminal is attached."""

    port: int
    session_id: int = 0
    claim: str = ""
    cookie: str = ""


class Terminal:
    """One attached socket."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.taken = 0
        self._told = 0
        self._told_at = time.monotonic()
        self._kept: asyncio.Queue[aiohttp.WSMessage] | None = None
        self._keeper: asyncio.Task[None] | None = None

    def keep(self) -> None:
        """From here on also read while nobody takes: a socket that is not read answers no ping."""
        self._kept = asyncio.Queue()
        self._keeper = asyncio.create_task(self._keep(self._kept))

    async def _keep(self, kept: asyncio.Queue[aiohttp.WSMessage]) -> None:
        while not self.socket.closed:
            kept.put_nowait(await self.socket.receive())

    async def _receive(self) -> aiohttp.WSMessage:
        if self._kept is None:
            return await self.socket.receive(PATIENCE)
        return await asyncio.wait_for(self._kept.get(), PATIENCE)

    async def take(self) -> bytes:
        """The next output; what is not acknowledged yet is, by size or by time."""
        while True:
            message = await self._receive()
            if message.type is aiohttp.WSMsgType.BINARY:
                data: bytes = message.data
                if data[0] in (1, 2) and len(data) > 1:
                    self.taken += len(data) - 1
                    await self._acknowledge()
                    return data[1:]
            elif message.type is not aiohttp.WSMsgType.TEXT:
                raise ConnectionError(f"closed with {self.socket.close_code}: {message.extra or message.data}")
            elif '"end"' in message.data[:20]:
                raise ConnectionError(message.data[:300])

    async def until(self, end: bytes) -> list[bytes]:
        """Everything up to what ends with `end`."""
        taken, tail = [], b""
        while not tail.endswith(end):
            taken.append(await self.take())
            tail = (tail + taken[-1])[-64:]
        return taken

    async def settle(self) -> None:
        """Acknowledge everything now: nothing may be left open while nobody types."""
        await self._acknowledge(at_once=True)

    async def type(self, data: bytes) -> None:
        """Input."""
        await self.socket.send_bytes(b"\0" + data)

    async def echo(self, key: bytes) -> float:
        """Seconds until a key that was typed is shown."""
        began = time.perf_counter()
        await self.type(key)
        await self.until(key)
        return time.perf_counter() - began

    async def _acknowledge(self, *, at_once: bool = False) -> None:
        now = time.monotonic()
        if not at_once and self.taken - self._told < ACKNOWLEDGE_BYTES and now - self._told_at < ACKNOWLEDGE_SECONDS:
            return
        self._told, self._told_at = self.taken, now
        await self.socket.send_bytes(b"\x05" + self.taken.to_bytes(8, "big"))


@asynccontextmanager
async def browser() -> AsyncIterator[aiohttp.ClientSession]:
    """What sockets are opened with."""
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        yield session


async def attach(session: aiohttp.ClientSession, place: Place) -> Terminal:
    """A terminal at its prompt."""
    socket = await session.ws_connect(
        f"ws://127.0.0.1:{place.port}/ws/terminals/{place.session_id}/",
        origin=ORIGIN,
        headers={"Cookie": f"sessionid={place.cookie}"},
        compress=0,
        max_msg_size=0,
    )
    await socket.send_json({"type": "claim", "claim": place.claim, "from": None, "cols": 80, "rows": 24})
    first = await asyncio.wait_for(socket.receive(), PATIENCE)
    if first.type is not aiohttp.WSMsgType.TEXT or '"attached"' not in first.data[:30]:
        raise ConnectionError(f"not attached: {first.data}")
    terminal = Terminal(socket)
    await terminal.until(b"# ")
    await terminal.settle()
    return terminal
