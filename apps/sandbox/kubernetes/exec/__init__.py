"""pods/exec over WebSocket: refusals as the API server words them, then a session in an emulated container.

Must not: check rights (the API did), or run anything real.
"""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web

from apps.sandbox.kubernetes import errors
from apps.sandbox.kubernetes.containers import choose_container, container_status
from apps.sandbox.kubernetes.exec import protocol
from apps.sandbox.kubernetes.exec.protocol import PLAIN, V5, Wire
from apps.sandbox.kubernetes.exec.session import ExecOptions, Session
from apps.sandbox.kubernetes.life.work import life_of

Obj = dict[str, Any]
NO_STREAM = "you must specify at least 1 of stdin, stdout, stderr"
CLOSE_SECONDS = 2.0
OVERSIZED = 2 * 1024 * 1024


async def handle(server: Any, request: web.Request, pod: Obj) -> web.StreamResponse:
    """Answer pods/exec."""
    if not pod["spec"].get("nodeName"):
        raise errors.bad_request(f"pod {pod['metadata']['name']} does not have a host assigned")
    container = choose_container(pod, request.query.get("container", ""))
    if request.method != "GET" or request.headers.get("Upgrade", "").lower() != "websocket":
        raise errors.bad_request("Upgrade request required")
    chosen = protocol.choose(protocol.offered(request))
    if chosen is None:
        return web.Response(status=403, headers={"Connection": "close"})
    options = ExecOptions.from_query(request)
    request["detail"].update(container=container["name"], command=options.command, tty=options.tty)
    refusal = _refusal(pod, container, options)
    if refusal is not None and chosen != V5:
        code, text = refusal
        return web.Response(status=code, text=text)
    wire = await _accept(request, chosen)
    if refusal is not None:
        await wire.finish(_v5_refusal(*refusal))
        return wire.ws
    await wire.send(protocol.STDOUT if options.stdout else protocol.ERROR, b"")
    await _misbehave(server, wire, pod)
    session = Session(wire, options, pod, container, life_of(server).processes)
    try:
        await session.run()
    finally:
        request["detail"].update(session.counted())
    if not wire.ws.closed:
        await wire.ws.close(code=1000)
    return wire.ws


def processes(server: Any) -> list[dict[str, Any]]:
    """Every process that an exec session started and that is still there."""
    return life_of(server).processes.as_json()


async def _misbehave(server: Any, wire: Wire, pod: Obj) -> None:
    """Faults of an accepted stream, planted as `stale` for a while: `exec.silent` neither reads, answers pings nor
    writes; `exec.oversized` sends a frame of 2 MiB; `exec.no_status` never says how the command ended."""
    about = {"name": pod["metadata"]["name"]}
    while server.faults.active("exec.silent", about):
        await asyncio.sleep(0.05)
    if server.faults.active("exec.oversized", about):
        await wire.send(protocol.STDOUT, b"x" * OVERSIZED)
    wire.says_status = lambda: not server.faults.active("exec.no_status", about)


def _refusal(pod: Obj, container: Obj, options: ExecOptions) -> tuple[int, str] | None:
    """What the kubelet would say instead of running anything."""
    if not (options.stdin or options.stdout or options.stderr):
        return 400, NO_STREAM
    status = container_status(pod, container["name"]) or {}
    if "running" not in (status.get("state") or {}):
        return 500, f'container not found ("{container["name"]}")'
    return None


def _v5_refusal(code: int, text: str) -> protocol.Status:
    """The same inside the stream: the API server could not upgrade its own connection to the kubelet."""
    if code == 500:
        text = f"unable to upgrade connection: {text}"
    return protocol.internal_error(text)


async def _accept(request: web.Request, chosen: str) -> Wire:
    ws = web.WebSocketResponse(protocols=(chosen,) if chosen else (), timeout=CLOSE_SECONDS, max_msg_size=0)
    if not chosen:
        ws.headers["Sec-WebSocket-Protocol"] = ""
    await ws.prepare(request)
    return Wire(ws, chosen or PLAIN)
