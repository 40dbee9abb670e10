"""An ASGI layer that ends a request whose body is too large, before Django spools it to disk.

Must not: look into the body; it only counts, and keeps a body of unannounced length (chunked) up to the bound.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from django.conf import settings

from apps.common.messages import language_from_header, sentence

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
_FRAMING = (b"transfer-encoding", b"content-length")
App = Callable[[Any, Any, Any], Awaitable[None]]  # Django, Channels and uvicorn each type ASGI differently


class BodyLimit:
    """Wraps the HTTP application: `BodyLimit(get_asgi_application())`."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = {name.lower(): value for name, value in scope["headers"]}
        length = headers.get(b"content-length", b"0")
        if length.isdigit() and (len(length) > 18 or int(length) > settings.MAX_BODY_BYTES):
            await _refuse(headers, send)
            return
        if b"transfer-encoding" in headers:
            body = await _read(receive)
            if body is None:
                await _refuse(headers, send)
                return
            scope, receive = _with_length(scope, body), _replayed(body, receive)
        await self.app(scope, receive, send)


async def _read(receive: Receive) -> bytes | None:
    """A body without announced length; None as soon as it is beyond the bound."""
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > settings.MAX_BODY_BYTES:
            return None
        if not message.get("more_body"):
            return bytes(body)


def _with_length(scope: Message, body: bytes) -> Message:
    """DRF takes a request without Content-Length for one without a body, so the length is filled in."""
    kept = [(name, value) for name, value in scope["headers"] if name.lower() not in _FRAMING]
    return {**scope, "headers": [*kept, (b"content-length", b"%d" % len(body))]}


def _replayed(body: bytes, receive: Receive) -> Receive:
    """The body once more, then whatever comes (a disconnect)."""
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return waiting.pop() if waiting else await receive()

    return again


async def _refuse(headers: dict[bytes, bytes], send: Send) -> None:
    language = language_from_header(headers.get(b"accept-language", b"").decode("latin-1"))
    params = {"max_bytes": settings.MAX_BODY_BYTES}
    answer = {"code": "body_too_large", "params": params, "detail": sentence("body_too_large", params, language)}
    body = json.dumps({**answer, "request_id": uuid.uuid4().hex}).encode()
    fields = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body)), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": fields})
    await send({"type": "http.response.body", "body": body})
