"""The benchmark's cluster: the sandbox's API with containers that only produce bytes, as fast as they are taken.

`bulk N` writes N known bytes, `yes` writes until Ctrl-C, everything else is echoed. Must not: be slower than what it
measures; output goes in frames of 32 KiB, as an API server sends it.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from typing import Any

from aiohttp import WSMsgType, web

from apps.sandbox.kubernetes.api import subresources
from apps.sandbox.kubernetes.exec import protocol
from apps.sandbox.kubernetes.server import KubernetesServer
from tests.integrations.kubernetes_support import TOKENS

FRAME = protocol.MAX_FRAME
PROMPT, END = b"# ", b"\r\n--END--\r\n# "
# What a network of 1.4 kB segments lets a server send ahead. A loopback's have 64 kB, so its kernel would keep megabytes.
SENT_AHEAD = 64 * 1024


def interrupted(at: float) -> bytes:
    """What Ctrl-C is answered with: the monotonic clock, which all processes share, at which the program had ended."""
    return b"^C %.6f\r\n" % at + PROMPT


# A megabyte of a service's log as a terminal gets it: most lines are plain, one in ten is coloured, one in ten is Chinese.
_PLAIN = "2026-03-01 10:{s:02d}:{n:07d} INFO 1 --- [exec-{t}] shop.orders.OrderService : order {n} of shop {t} took {ms} ms\r\n"
_COLOURED = (
    '2026-03-01 10:{s:02d}:{n:07d} \x1b[33mWARN\x1b[0m 1 --- [exec-{t}] shop.orders.Stock : "{t}" is short of {ms}\r\n'
)
_CHINESE = (
    "2026-03-01 10:{s:02d}:{n:07d} INFO 1 --- [exec-{t}] shop.orders.OrderService : 订单 {n}（上海）用时 {ms} 毫秒\r\n"
)
_KINDS = (_COLOURED, _CHINESE, *(_PLAIN,) * 8)
_LINES = [_KINDS[n % 10].format(n=n, s=n % 60, t=n % 7, ms=n * 31 % 977) for n in range(12_000)]
BLOCK = "".join(_LINES).encode()[: 1024 * 1024 - 2] + b"\r\n"
YES = b"y\r\n" * (FRAME // 3)


def bulk(size: int) -> bytes:
    """What `bulk <size>` writes before its end."""
    return (BLOCK * (size // len(BLOCK) + 1))[:size]


class Container:
    """One exec stream."""

    def __init__(self, ws: web.WebSocketResponse, transport: Any) -> None:
        self.ws, self.line, self._transport = ws, bytearray(), transport
        self.running: asyncio.Task[None] | None = None

    async def serve(self) -> None:
        """Until the client closes."""
        await self._say(PROMPT)
        try:
            async for message in self.ws:
                if message.type is WSMsgType.BINARY and message.data[:1] == b"\0":
                    await self._take(message.data[1:])
        finally:
            await self._stop()

    async def _take(self, data: bytes) -> None:
        if b"\x03" in data and self.running is not None:
            await self._stop()
            await self._say(interrupted(time.monotonic()))
            return
        self.line += data
        if not data.endswith(b"\r"):
            await self._say(data)
            return
        words, self.line = bytes(self.line).split(), bytearray()
        if words[:1] == [b"bulk"]:
            self.running = asyncio.create_task(self._bulk(int(words[1])))
        elif words[:1] == [b"yes"]:
            self.running = asyncio.create_task(self._yes())
        else:
            await self._say(b"\r\n" + PROMPT)

    async def _bulk(self, size: int) -> None:
        frames = [b"\x01" + BLOCK[at : at + FRAME] for at in range(0, len(BLOCK), FRAME)]
        sent = 0
        while sent < size:
            for frame in frames:
                frame = frame[: 1 + size - sent]
                await self.ws.send_bytes(frame)
                sent += len(frame) - 1
                if sent == size:
                    break
        await self._say(END)

    async def _yes(self) -> None:
        """As a program of a Go server, whose every write blocks until the kernel has it. asyncio would take another half
        megabyte ahead of that, half of it in the transport below TLS, and the portal would be measured by it."""
        below: Any = self._transport._ssl_protocol._transport
        below.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SENT_AHEAD)
        while True:
            await self.ws.send_bytes(b"\x01" + YES)
            await asyncio.sleep(0)  # so that Ctrl-C is read while everything is taken at once
            while self._transport.get_write_buffer_size() or below.get_write_buffer_size():
                await asyncio.sleep(0.001)

    async def _stop(self) -> None:
        """What was begun to be sent goes out whole: a frame cut in the middle would end the stream."""
        if self.running is not None:
            self.running.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionError):
                await self.running
            self.running = None

    async def _say(self, data: bytes) -> None:
        await self.ws.send_bytes(b"\x01" + data)


async def _exec(server: Any, request: web.Request, pod: dict[str, Any]) -> web.StreamResponse:
    chosen = protocol.choose(protocol.offered(request)) or protocol.V5
    ws = web.WebSocketResponse(protocols=[chosen], compress=False, max_msg_size=1024 * 1024)
    await ws.prepare(request)
    await Container(ws, request.transport).serve()
    return ws


async def started() -> KubernetesServer:
    """A running cluster."""
    subresources.handle_exec = _exec
    server = KubernetesServer(None, name="dc1", tokens=TOKENS, pod_start_seconds=0.05)
    await server.start()
    return server
