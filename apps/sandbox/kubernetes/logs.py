"""pods/log: which run's lines are sent, at once or with `follow`, over plain HTTP or a WebSocket.

Must not: make log lines (see `loglines.py`), store them, or read the query (see `logoptions.py`).
"""

from __future__ import annotations

import asyncio
import base64
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Any, Protocol

from aiohttp import web

from apps.sandbox.kubernetes import errors
from apps.sandbox.kubernetes.containers import choose_container, container_status
from apps.sandbox.kubernetes.loglines import PERIOD_SECONDS, ContainerRun, Line
from apps.sandbox.kubernetes.logoptions import LogOptions

Obj = dict[str, Any]
BLOCK = 16 * 1024
SOCKET_PROTOCOLS = ("binary.k8s.io", "base64.binary.k8s.io")


# -- the answer -----------------------------------------------------------------------------------------------
async def handle(server: Any, request: web.Request, pod: Obj) -> web.StreamResponse:
    """Answer pods/log."""
    now = datetime.now(UTC)
    options = LogOptions.from_query(request, pod["metadata"]["name"], now)
    container = choose_container(pod, options.container)
    if not pod["spec"].get("nodeName"):
        return web.Response(status=204, content_type="application/json")
    run = _run_of(pod, container, previous=options.previous)
    body = b"".join(line.render(with_time=options.timestamps) for line in _past(run, options, now))
    if options.limit_bytes is not None:
        body = body[: options.limit_bytes]
    is_over = not options.follow or run.finished is not None
    sink: _Sink
    if request.headers.get("Upgrade", "").lower() == "websocket":
        sink = await _SocketSink.open(request)
    elif is_over:
        return web.Response(body=body, headers={"Content-Type": "text/plain"})
    else:
        sink = await _HttpSink.open(request)
    try:
        for start in range(0, len(body), BLOCK):
            await sink.write(body[start : start + BLOCK])
        if not is_over:
            await _follow(server, sink, pod, container, run, options, now, len(body))
        await sink.close()
    except ConnectionError:
        # The client has seen enough.
        return sink.response
    return sink.response


class _Sink(Protocol):
    """Where a stream of lines goes; `response` is what aiohttp gets back."""

    @property
    def response(self) -> web.StreamResponse: ...

    async def write(self, data: bytes) -> None:
        """Send some bytes; raises ConnectionError when the client is gone."""

    async def close(self) -> None:
        """End the stream."""


class _HttpSink:
    """A chunked answer."""

    def __init__(self, response: web.StreamResponse) -> None:
        self.response = response

    @classmethod
    async def open(cls, request: web.Request) -> _HttpSink:
        response = web.StreamResponse(headers={"Content-Type": "text/plain"})
        response.enable_chunked_encoding()
        await response.prepare(request)
        return cls(response)

    async def write(self, data: bytes) -> None:
        await self.response.write(data)

    async def close(self) -> None:
        await self.response.write_eof()


class _SocketSink:
    """A WebSocket of raw output frames; an empty one comes first."""

    def __init__(self, ws: web.WebSocketResponse) -> None:
        self.response = ws

    @classmethod
    async def open(cls, request: web.Request) -> _SocketSink:
        ws = web.WebSocketResponse(protocols=SOCKET_PROTOCOLS, timeout=2.0)
        await ws.prepare(request)
        sink = cls(ws)
        await sink.write(b"")
        return sink

    async def write(self, data: bytes) -> None:
        if self.response.closed:
            raise ConnectionResetError
        if self.response.ws_protocol == SOCKET_PROTOCOLS[1]:
            await self.response.send_str(base64.b64encode(data).decode())
        else:
            await self.response.send_bytes(data)

    async def close(self) -> None:
        await self.response.close(code=1000)


def _run_of(pod: Obj, container: Obj, *, previous: bool) -> ContainerRun:
    """The run whose output is asked for; raises 400 when there is none."""
    pod_name, name = pod["metadata"]["name"], container["name"]
    status = container_status(pod, name)
    state = (status or {}).get("state") or {}
    last = (status or {}).get("lastState") or {}
    if previous:
        run = ContainerRun.from_state(pod, container, last)
        if run is None:
            raise errors.bad_request(f'previous terminated container "{name}" in pod "{pod_name}" not found')
        return run
    run = ContainerRun.from_state(pod, container, state) or ContainerRun.from_state(pod, container, last)
    if run is not None:
        return run
    reason = (state.get("waiting") or {}).get("reason") or "ContainerCreating"
    if reason in ("ErrImagePull", "ImagePullBackOff"):
        reason = "trying and failing to pull image"
    elif reason == "InvalidImageName":
        reason = "image can't be pulled"
    raise errors.bad_request(f'container "{name}" in pod "{pod_name}" is waiting to start: {reason}')


def _past(run: ContainerRun, options: LogOptions, now: datetime) -> Iterator[Line]:
    """The lines written until now, as far as they are asked for."""
    since = options.since
    if since is None and options.tail is not None and run.finished is None:
        # A container that has run for days is not written out only to see its end.
        skipped = run.count_until(now) - options.tail - 10
        if skipped > 10:
            since = now - timedelta(seconds=(options.tail + 5) * PERIOD_SECONDS)
    lines = run.lines() if since is None else run.lines_from(since)
    until_now = lines if run.finished is not None else takewhile(lambda line: line.at <= now, lines)
    if options.tail is None:
        yield from until_now
    elif options.tail > 0:
        yield from deque(until_now, maxlen=options.tail)


async def _follow(
    server: Any,
    sink: _Sink,
    pod: Obj,
    container: Obj,
    run: ContainerRun,
    options: LogOptions,
    since: datetime,
    sent: int,
) -> None:
    """Send lines as their time comes, until the container or the client ends."""
    changed = asyncio.Event()

    def notice(kind: str, resource: str, obj: Obj, old: Obj | None) -> None:
        if resource == "pods" and obj["metadata"]["uid"] == pod["metadata"]["uid"]:
            changed.set()

    unsubscribe = server.store.subscribe(notice)
    try:
        for line in run.lines_from(since):
            if line.at <= since:
                continue
            ended = await _ended_before(server, pod, container, run, line.at, changed)
            if ended is not None:
                farewell = [e for e in ended.lines() if e.at > since][-2:] if ended.exit_code else []
                for last in farewell:
                    await sink.write(last.render(with_time=options.timestamps))
                return
            data = line.render(with_time=options.timestamps)
            if options.limit_bytes is not None:
                data = data[: options.limit_bytes - sent]
                if not data:
                    return
            await sink.write(data)
            sent += len(data)
    finally:
        unsubscribe()


async def _ended_before(
    server: Any, pod: Obj, container: Obj, run: ContainerRun, moment: datetime, changed: asyncio.Event
) -> ContainerRun | None:
    """Wait for a moment; the ended run when the container ended (or its pod went) before it."""
    while True:
        changed.clear()
        now = server.store.get("pods", pod["metadata"]["namespace"], pod["metadata"]["name"])
        if now is None or now["metadata"]["uid"] != pod["metadata"]["uid"]:
            return ContainerRun(run.pod, run.container, run.image, run.started, moment)
        status = container_status(now, container["name"]) or {}
        current = ContainerRun.from_state(now, container, status.get("state") or {})
        if current is None or current.finished is not None or current.started != run.started:
            return current if current and current.finished else ContainerRun(*_identity(run), moment)
        remaining = (moment - datetime.now(UTC)).total_seconds()
        if remaining <= 0:
            return None
        try:
            await asyncio.wait_for(changed.wait(), remaining)
        except TimeoutError:
            return None


def _identity(run: ContainerRun) -> tuple[str, str, str, datetime]:
    return run.pod, run.container, run.image, run.started
