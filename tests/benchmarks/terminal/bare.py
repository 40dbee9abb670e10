"""What the portal's bridge is measured against: an ASGI application that passes frames on and does nothing else.

It speaks as much of the portal's protocol as the benchmark's client needs. Must not: check, bound, record or count.
"""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp

Message = dict[str, Any]
PASSED_ON = (b"\x00", b"\x04")


async def application(
    scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
) -> None:
    """One socket, one exec stream."""
    await receive()
    await send({"type": "websocket.accept"})
    await receive()  # the claim
    trust = ssl.create_default_context(cadata=os.environ["BENCH_CA_PEM"])
    headers = {"Authorization": f"Bearer {os.environ['BENCH_TOKEN']}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.ws_connect(
            os.environ["BENCH_EXEC_URL"], protocols=["v5.channel.k8s.io"], ssl=trust, compress=0, max_msg_size=0
        ) as cluster,
    ):
        await send({"type": "websocket.send", "text": '{"type":"attached","from":0,"input":0,"window":0,"state":{}}'})
        there, back = asyncio.create_task(_there(receive, cluster)), asyncio.create_task(_back(cluster, send))
        await asyncio.wait({there, back}, return_when=asyncio.FIRST_COMPLETED)
        there.cancel()
        back.cancel()


async def _there(receive: Callable[[], Awaitable[Message]], cluster: aiohttp.ClientWebSocketResponse) -> None:
    while (message := await receive())["type"] == "websocket.receive":
        data = message.get("bytes")
        if data and data[:1] in PASSED_ON:
            await cluster.send_bytes(data)


async def _back(cluster: aiohttp.ClientWebSocketResponse, send: Callable[[Message], Awaitable[None]]) -> None:
    async for message in cluster:
        await send({"type": "websocket.send", "bytes": message.data})
