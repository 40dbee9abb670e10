"""The WebSocket of our client sessions: one whose reading can rest.

Must not: know what is spoken over it.
"""

from __future__ import annotations

import socket
from asyncio.sslproto import SSLProtocol
from typing import Any

import aiohttp

READ_AHEAD = 16 * 1024  # of TLS records that nobody took yet
FASTEST = 256 * 1024


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
        self._expected: int | None = 0  # nothing was said yet
        # Without TLS there is no buffer of its own to bound.
        bound = getattr(self._transport, "set_read_buffer_limits", None)
        if bound is not None:
            bound(READ_AHEAD)

    def expect(self, size: int | None) -> None:
        """About how many bytes may lie in the kernel before anybody asks for them, and are then taken a TLS record at once.

        None: as many as is fastest. By itself the kernel's part grows to megabytes (tcp(7), tcp_rmem); once it was
        bounded, it stays bounded by net.core.rmem_max.
        """
        if size == self._expected or self._transport is None or self._transport.is_closing():
            return
        was_bounded, self._expected = bool(self._expected), size
        if size is not None or was_bounded:
            self._bound_kernel(self._transport.get_extra_info("socket"), FASTEST if size is None else size)
        tls = getattr(self._transport, "_ssl_protocol", None)
        if tls is not None:
            tls.max_size = FASTEST if size is None else SSLProtocol.max_size  # it makes itself a bigger buffer to read

    @staticmethod
    def _bound_kernel(connection: socket.socket, size: int) -> None:
        # A window that shrinks below one segment would only be filled by the sender's slow probes (RFC 9293, 3.8.6.2). The
        # loopback's segments have 64 kB, and about a quarter of the buffer counts as window at first.
        segments = 2 * connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, max(size, segments))

    def rest(self) -> None:
        """Leave what comes from now on where it is; where as much as is fastest is expected, aiohttp's half megabyte may come."""
        if self._transport is not None and self._expected is not None and not self.is_resting:
            self.is_resting = True
            self._transport.pause_reading()

    def go_on(self) -> None:
        """Read again."""
        if self._transport is not None and self.is_resting:
            self.is_resting = False
            self._transport.resume_reading()
