"""The Origin guard of all WebSockets: the handshake passes only when its Origin is one of ours, letter by letter.

Browsers send cookies with any page's WebSocket, so this stands in front of authentication. Must not: compare
prefixes, suffixes or hosts alone, or let a missing Origin pass.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

import structlog

log = structlog.get_logger(__name__)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class OriginGuard:
    """ASGI middleware: a refused handshake is closed before it is accepted, which the client sees as 403."""

    def __init__(self, application: Application, origins: Iterable[str]) -> None:
        self.application = application
        self.origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the handshake on, or close it."""
        if is_allowed(scope, self.origins):
            await self.application(scope, receive, send)
            return
        log.info("socket refused: foreign origin", path=scope.get("path"))
        await receive()  # websocket.connect
        await send({"type": "websocket.close", "code": 4403})


def is_allowed(scope: Scope, origins: frozenset[str]) -> bool:
    """Exactly one Origin header, and exactly one of ours."""
    given = [value for name, value in scope.get("headers", ()) if name == b"origin"]
    return len(given) == 1 and given[0].decode("latin-1") in origins
