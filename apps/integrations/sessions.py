"""Client sessions of one outside system: one per event loop, trusting what its row says.

Must not: keep cookies, use a proxy from the environment, or connect to an address `outbound` forbids.
"""

from __future__ import annotations

import asyncio
import asyncio.sslproto
import ssl
from weakref import WeakKeyDictionary

import aiohttp
from yarl import URL

from apps.integrations import loop, outbound
from apps.integrations.websocket import WebSocket

# asyncio gives every TLS connection a read buffer of 256 kB for as long as it lives, which is nearly all that hundreds of
# idle watches and shells would hold. Whoever expects more than one TLS record at once says so (`websocket.expect`).
asyncio.sslproto.SSLProtocol.max_size = 16 * 1024


class Sessions:
    """Made on first use on whatever loop runs; the loop thread closes its own when it ends."""

    def __init__(self, base: URL, *, ca_pem: str, allow_loopback: bool) -> None:
        self._base = base
        self._ca_pem = ca_pem
        self._allow_loopback = allow_loopback
        self._tls: ssl.SSLContext | None = None
        self._by_loop: WeakKeyDictionary[asyncio.AbstractEventLoop, aiohttp.ClientSession] = WeakKeyDictionary()

    def current(self) -> aiohttp.ClientSession:
        """The session of the running loop."""
        running = asyncio.get_running_loop()
        session = self._by_loop.get(running)
        if session is None or session.closed:
            session = self._by_loop[running] = self._make()
            if loop.is_ours(running):
                loop.loop_thread().at_close(session.close)
        return session

    def trust(self, url: URL) -> ssl.SSLContext | bool:
        """The pinned CA for the system's own host, the machine's for wherever it redirects to."""
        if url.scheme not in ("https", "wss") or not self._ca_pem or url.host != self._base.host:
            return True
        if self._tls is None:
            self._tls = pinned(self._ca_pem)
        return self._tls

    async def close(self) -> None:
        """Close the session of the running loop."""
        running = asyncio.get_running_loop()
        session = self._by_loop.pop(running, None)
        if session is not None:
            await session.close()
            if loop.is_ours(running):
                loop.loop_thread().closed(session.close)

    def close_later(self, seconds: float) -> None:
        """Close every session after `seconds`, on its own loop: calls in flight may end first."""
        for owner, session in list(self._by_loop.items()):
            if not owner.is_closed():
                owner.call_soon_threadsafe(_close_in, owner, session, seconds)

    def _make(self) -> aiohttp.ClientSession:
        resolver = outbound.GuardedResolver(allow_loopback=self._allow_loopback)
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, resolver=resolver, ttl_dns_cache=10),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": "opsportal"},
            trust_env=False,
            ws_response_class=WebSocket,
            max_line_size=64 * 1024,
            max_field_size=64 * 1024,
        )


def pinned(ca_pem: str) -> ssl.SSLContext:
    """A TLS context that trusts these certificates and no others; ValueError when they cannot be read."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # an intermediate or a server's own certificate may be pinned
    try:
        context.load_verify_locations(cadata=ca_pem)
    except ssl.SSLError as error:
        raise ValueError("not PEM certificates") from error
    return context


def _close_in(owner: asyncio.AbstractEventLoop, session: aiohttp.ClientSession, seconds: float) -> None:
    owner.call_later(seconds, lambda: owner.create_task(session.close()))
