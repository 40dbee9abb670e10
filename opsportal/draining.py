"""A word to the open sockets before the web server stops: called in front of the server's own signal handlers.

The handlers are found when the first socket opens, because a server sets them after it has loaded the application.
Must not: replace them, or touch the signals of a process that is not a web server (a test, a management command).
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from types import FrameType
from typing import Any

Message = MutableMapping[str, Any]
Handler = Callable[[int, FrameType | None], object]
Application = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]


class Draining:
    """ASGI middleware around the sockets: `tell` is called once the server is asked to stop."""

    def __init__(self, application: Application, tell: Callable[[], None]) -> None:
        self.application, self.tell = application, tell
        self.is_set = False

    async def __call__(
        self, scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        """Pass the handshake on; the first one looks for the server's handlers."""
        if not self.is_set:
            self.is_set = True
            before_stop(self.tell)
        await self.application(scope, receive, send)


def before_stop(tell: Callable[[], None]) -> None:
    """Call `tell` when the server is asked to stop, then let the server do what it does."""
    if threading.current_thread() is not threading.main_thread():
        return
    for number in (signal.SIGTERM, signal.SIGINT):
        servers = signal.getsignal(number)
        if callable(servers) and servers is not signal.default_int_handler:
            signal.signal(number, _chained(tell, servers))


def _chained(tell: Callable[[], None], servers: Handler) -> Handler:
    def handle(number: int, frame: FrameType | None) -> object:
        tell()
        return servers(number, frame)

    return handle
