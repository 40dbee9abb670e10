"""What every stand-in server has in common: a listener, the journal, fault scripts and an admin port.

A handler names its call by `@call("tag.create")` on the coroutine, and may set `request["subject"]`,
`request["agent"]` and `request["detail"]` (a dict) for the journal; also `request["kind"]` and `request["accepted"]`
where mark and status do not tell. Must not: know any of the four protocols.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from aiohttp import web

from apps.sandbox.base.faults import Fault, FaultBook
from apps.sandbox.base.journal import Journal

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
H = TypeVar("H", bound=Callable[..., Any])
MAX_BODY = 256 * 1024 * 1024
SMALL_BODIES = ("application/json", "application/x-www-form-urlencoded")


def call(kind: str) -> Callable[[H], H]:
    """Name the kind of call a handler answers, for the journal and for fault scripts."""

    def mark(handler: H) -> H:
        handler.sandbox_kind = kind  # type: ignore[attr-defined]
        return handler

    return mark


class DroppedError(Exception):
    """Raised by a handler or a fault to close the connection without an answer."""


class StandIn:
    """One server: subclass, fill `self.app.router` in `routes()`, override `start_work`/`stop_work` for background tasks.

    `data_dir` holds what must survive a restart; None keeps everything in memory.
    """

    name = "standin"
    listener_options: dict[str, Any] = {}  # for aiohttp's protocol, e.g. longer request lines

    def __init__(self, data_dir: Path | None = None) -> None:
        self.data_dir = data_dir
        if data_dir is not None:
            data_dir.mkdir(parents=True, exist_ok=True)
        self.journal = Journal(self.name, data_dir / "journal.jsonl" if data_dir else None)
        self.faults = FaultBook()
        self.app = web.Application(middlewares=[self._middleware], client_max_size=MAX_BODY)
        self.admin = web.Application()
        self.host = "127.0.0.1"
        self.port = 0
        self.admin_port = 0
        self._runners: list[web.AppRunner] = []
        self.routes()
        self._admin_routes()

    # -- to be overridden ---------------------------------------------------------------------------------
    def routes(self) -> None:
        """Add routes to `self.app.router`."""

    async def start_work(self) -> None:
        """Start background tasks; called once the port is known and listening."""

    async def stop_work(self) -> None:
        """Stop background tasks and write state to disk."""

    def ssl_context(self) -> ssl.SSLContext | None:
        """TLS for the listener; None for plain HTTP."""
        return None

    def kind_of(self, request: web.Request) -> str:
        """The kind of call: the handler's `@call` mark, else method and path."""
        handler = request.match_info.handler
        marked = getattr(handler, "sandbox_kind", None)
        return marked or f"{request.method} {request.path}"

    # -- life ---------------------------------------------------------------------------------------------
    async def start(self, port: int = 0, admin_port: int = 0) -> None:
        """Listen on loopback; port 0 takes any free one (then found in `self.port`). A taken port leaves nothing open."""
        try:
            self.port = await self._listen(self.app, port, self.ssl_context(), **self.listener_options)
            self.admin_port = await self._listen(self.admin, admin_port, None)
        except OSError:
            await self._close_listeners()
            raise
        await self.start_work()

    async def stop(self) -> None:
        """Stop work, close listeners."""
        await self.stop_work()
        await self._close_listeners()
        self.journal.close()

    async def _close_listeners(self) -> None:
        for runner in reversed(self._runners):
            await runner.cleanup()
        self._runners.clear()

    async def _listen(self, app: web.Application, port: int, tls: ssl.SSLContext | None, **options: Any) -> int:
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2, **options)
        self._runners.append(runner)
        await runner.setup()
        site = web.TCPSite(runner, self.host, port, ssl_context=tls, backlog=512)
        await site.start()
        return int(runner.addresses[0][1])

    @property
    def url(self) -> str:
        """Base URL of the listener, without a trailing slash."""
        scheme = "https" if self.ssl_context() else "http"
        return f"{scheme}://{self.host}:{self.port}"

    # -- journal and faults -------------------------------------------------------------------------------
    @web.middleware
    async def _middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        kind = self.kind_of(request)
        request["subject"], request["agent"], request["detail"] = "", "", {}
        about = {**request.query, **request.match_info, "user-agent": request.headers.get("User-Agent", "")}
        fault = self.faults.take(kind, about)
        if fault is not None and fault.action in ("status", "hang", "drop"):
            return await self._strike(request, kind, fault)
        if fault is not None and fault.action == "delay":
            if request.content_type in SMALL_BODIES:
                await request.read()  # it has arrived: worked on also when its sender has gone by then
            await asyncio.sleep(fault.seconds)
        try:
            response = await handler(request)
        except web.HTTPException as error:
            self._write(request, kind, error.status)
            raise
        except DroppedError:
            self._write(request, kind, 0)
            return self._close(request)
        if fault is not None and fault.action == "accept_then_drop":
            self._write(request, kind, 0, accepted=request.get("accepted", response.status < 400))
            return self._close(request)
        self._write(request, kind, response.status)
        return response

    async def _strike(self, request: web.Request, kind: str, fault: Fault) -> web.StreamResponse:
        request["detail"]["fault"] = fault.action
        if fault.action == "status":
            self._write(request, kind, fault.status, accepted=False)
            return web.Response(status=fault.status, text=fault.body, headers=fault.headers)
        if fault.action == "hang":
            await asyncio.sleep(fault.seconds)
        self._write(request, kind, 0, accepted=False)
        return self._close(request)

    @staticmethod
    def _close(request: web.Request) -> web.Response:
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=500)

    def _write(self, request: web.Request, kind: str, status: int, accepted: bool | None = None) -> None:
        if accepted is None:
            accepted = request.get("accepted", 100 <= status < 400)
        self.journal.add(
            request.get("kind", kind),
            method=request.method,
            path=request.path_qs[:2000],
            status=status,
            accepted=accepted,
            subject=request["subject"],
            agent=request["agent"],
            detail=request["detail"],
        )

    # -- admin port ---------------------------------------------------------------------------------------
    def _admin_routes(self) -> None:
        router = self.admin.router
        router.add_get("/journal", self._admin_journal)
        router.add_get("/faults", self._admin_faults)
        router.add_post("/faults", self._admin_add_fault)
        router.add_delete("/faults", self._admin_clear)

    async def _admin_journal(self, request: web.Request) -> web.Response:
        query = request.query
        entries = self.journal.find(
            query.get("kind", "*"),
            subject=query.get("subject"),
            accepted={"true": True, "false": False}.get(query.get("accepted", "")),
            since=int(query.get("since", 0)),
        )
        return web.json_response({"last": self.journal.last, "entries": [asdict(e) for e in entries]})

    async def _admin_faults(self, request: web.Request) -> web.Response:
        return web.json_response(self.faults.as_json())

    async def _admin_add_fault(self, request: web.Request) -> web.Response:
        fault = self.faults.add(Fault(**await request.json()))
        return web.json_response({"id": fault.id}, status=201)

    async def _admin_clear(self, request: web.Request) -> web.Response:
        self.faults.clear()
        return web.Response(status=204)
