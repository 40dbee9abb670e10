"""The WebSocket of our client sessions: one whose reading can rest.

Must not: know what is spoken over it.
"""

from __future__ import annotations

import socket
from asyncio.sslproto import SSLProtocol
from typing import Any

import aiohttp

READ_AHEAD = 32 * 1024  # of TLS records that nobody took yet


class WebSocket(aiohttp.ClientWebSocketResponse):
    """A WebSocket whose reader can rest: aiohttp itself reads half a megabyte ahead of whoever takes the messages.

    Must not be asked for a message while it rests.
    """

    def __init__(
        self, reader: Any, writer: Any, protocol: str | None, response: aiohttp.ClientResponse, *rest: Any, **more: Any
    ) -> None:
        super().__init__(reader, writer, protocol, response, *rest, **more)
        connection = response.connection
        self._transport = None if connection is None else connection.transport
        self.is_resting = False
        # Without TLS there is no buffer of its own to bound.
        bound = getattr(self._transport, "set_read_buffer_limits", None)
        if bound is not None:
            bound(READ_AHEAD)

    def expect(self, size: int) -> None:
        """About how many bytes are taken from the connection at once, and lie in the kernel before anybody asks for them.

        By itself the kernel's part grows to megabytes (tcp(7), tcp_rmem).
        """
        if self._transport is None or self._transport.is_closing():
            return
        self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)
        tls = getattr(self._transport, "_ssl_protocol", None)
        if tls is not None:
            tls.max_size = max(size, SSLProtocol.max_size)  # it makes itself a bigger buffer when it reads

    def rest(self) -> None:
        """Leave what comes from now on where it is."""
        if self._transport is not None and not self.is_resting:
            self.is_resting = True
            self._transport.pause_reading()

    def go_on(self) -> None:
        """Read again."""
        if self._transport is not None and self.is_resting:
            self.is_resting = False
            self._transport.resume_reading()
