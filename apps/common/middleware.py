"""The outermost layers of a request: its id, its log line, the bound on its body. Works sync and async.

Must not: touch the database or read the body.
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import Any, cast

import structlog
from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from apps.common.errors_api import Problem, json_response

log = structlog.get_logger("opsportal.request")
GetResponse = Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]
_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")


class _Layer:
    """Django's protocol for a middleware class that is sync or async as its neighbour is."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(cast(Any, self))


class RequestIdMiddleware(_Layer):
    """Gives each request an id (or takes the caller's well-formed one), binds it to the log and answers with it."""

    def __call__(self, request: HttpRequest) -> Any:
        if self.is_async:
            return self._async(request)
        started = self._begin(request)
        return self._end(request, cast(HttpResponseBase, self.get_response(request)), started)

    async def _async(self, request: HttpRequest) -> HttpResponseBase:
        started = self._begin(request)
        return self._end(request, await cast(Awaitable[HttpResponseBase], self.get_response(request)), started)

    def _begin(self, request: HttpRequest) -> float:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        request.request_id = request_id  # type: ignore[attr-defined]
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        return time.monotonic()

    def _end(self, request: HttpRequest, response: HttpResponseBase, started: float) -> HttpResponseBase:
        response["X-Request-ID"] = request.request_id  # type: ignore[attr-defined]
        if request.path.startswith("/api/"):
            # answers depend on who asks, and some carry a secret that is shown once
            response.headers.setdefault("Cache-Control", "no-store")
        log.info(
            "request",
            method=request.method,
            path=request.path,
            status=response.status_code,
            ms=round((time.monotonic() - started) * 1000, 1),
        )
        return response


class BodyLimitMiddleware(_Layer):
    """Refuses a request that announces a body beyond MAX_BODY_BYTES, without reading it.

    Under ASGI Django reads the body before any middleware: `common.asgi.BodyLimit` in front of it does the same there.
    """

    def __call__(self, request: HttpRequest) -> Any:
        return self._async(request) if self.is_async else self._refusal(request) or self.get_response(request)

    async def _async(self, request: HttpRequest) -> HttpResponseBase:
        refusal = self._refusal(request)
        return refusal or await cast(Awaitable[HttpResponseBase], self.get_response(request))

    def _refusal(self, request: HttpRequest) -> HttpResponseBase | None:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not (length.isascii() and length.isdigit()):
            return json_response(Problem("malformed", 400), request)
        if len(length) < 19 and int(length) <= settings.MAX_BODY_BYTES:
            return None
        return json_response(Problem("body_too_large", 413, {"max_bytes": settings.MAX_BODY_BYTES}), request)
