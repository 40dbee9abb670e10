"""The one way out over HTTP: pinned TLS, time limits, bounded reads, no cookies, no wandering redirects.

Every adapter holds one `Http`. Must not: log or keep headers and bodies, follow a redirect it was not told to, send
a credential to another origin, or decide what an answer means beyond its status (adapters pass `explain`).
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterable, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Literal
from urllib.parse import quote as percent
from urllib.parse import urlencode

import aiohttp
from yarl import URL

from apps.common.errors import IntegrationError, Invalid, Rejected, Unavailable
from apps.integrations import errors, loop, outbound
from apps.integrations.answers import Answer, Explain
from apps.integrations.breaker import Breaker
from apps.integrations.sessions import Sessions
from apps.integrations.websocket import WebSocket

MIB = 1024 * 1024
BODY_LIMIT = 8 * MIB
ERROR_BODY_LIMIT = 64 * 1024
MAX_HOPS = 3
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
SENSITIVE = frozenset({"authorization", "private-token", "cookie"})

Follow = Literal["never", "same_origin", "any"]
Query = Sequence[tuple[str, str]] | Mapping[str, str]
Content = bytes | AsyncIterable[bytes]


class Http:
    """One outside system's base URL, credential headers and trust; sessions are made per event loop, on first use."""

    def __init__(
        self,
        base: str,
        *,
        system: str,
        name: str,
        headers: Mapping[str, str] | None = None,
        ca_pem: str = "",
        timeout: float = 10.0,
        allow_loopback: bool = False,
        secrets: Sequence[str] = (),
        explain: Explain | None = None,
    ) -> None:
        self.base = outbound.check_url(base, allow_loopback=allow_loopback)
        self.system, self.name, self.timeout = system, name, timeout
        self._headers = dict(headers or {})
        self._allow_loopback = allow_loopback
        self._secrets = tuple(secrets)
        self._explain = explain
        self.breaker = Breaker()
        self.sessions = Sessions(URL(self.base), ca_pem=ca_pem, allow_loopback=allow_loopback)

    # -- what adapters call -------------------------------------------------------------------------------
    async def request(
        self,
        method: str,
        path: str,
        *,
        what: str,
        query: Query | None = None,
        json_body: Any = None,
        form: Mapping[str, str] | None = None,
        data: Content | None = None,
        headers: Mapping[str, str] | None = None,
        allow: Sequence[int] = (),
        limit: int = BODY_LIMIT,
        cut: bool = False,
        seconds: float = 0.0,
        follow: Follow = "never",
        any_origin: bool = False,
    ) -> Answer:
        """Send one request and read its answer; statuses outside 2xx and `allow` become IntegrationErrors.

        A body above `limit` bytes is `outside.too_large`, or with `cut` is cut there. `data` may be a stream: it is
        sent as it comes, once.

        `path` is appended to the base URL as it is (encode parts with `segment`), or is an absolute URL; headers
        that carry credentials go to another origin only with `any_origin`, when the caller vouches for it.
        """
        url = self.url(path, query)
        if not self.same_origin(url):
            self._check(url, what)
        body, extra = _body(json_body, form, data)
        sent = {**self._headers, **extra, **(headers or {})}
        home = url.origin() if any_origin else None
        async with self._send(
            method, url, what, sent, body, self._limits(seconds or self.timeout), follow, home
        ) as response:
            answer = await self._read(method, response, what, limit, cut=cut)
        if 200 <= answer.status < 300 or answer.status in allow:
            self.breaker.answered()
            return answer
        raise self._told(self.error_of(answer, is_write=method not in SAFE))

    @asynccontextmanager
    async def stream(
        self,
        path: str,
        *,
        what: str,
        query: Query | None = None,
        idle: float,
        headers: Mapping[str, str] | None = None,
        follow: Follow = "never",
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """A GET whose body comes in pieces for as long as it likes; silent for `idle` seconds, it is a timeout."""
        url = self.url(path, query)
        limits = aiohttp.ClientTimeout(total=None, sock_connect=self.timeout, sock_read=idle)
        sent = {**self._headers, **(headers or {})}
        async with self._send("GET", url, what, sent, None, limits, follow) as response:
            if response.status != 200:
                raise self._told(self.error_of(await self._read("GET", response, what, BODY_LIMIT), is_write=False))
            self.breaker.answered()
            yield response.content.iter_any()

    @asynccontextmanager
    async def websocket(
        self, path: str, *, what: str, query: Query, protocols: Sequence[str], limit: int = MIB, autoping: bool = True
    ) -> AsyncIterator[WebSocket]:
        """A WebSocket to the system, without compression; a refused upgrade is the error of its status."""
        url = self.url(path, query)
        try:
            async with self.sessions.current().ws_connect(
                url,
                protocols=protocols,
                headers=self._headers,
                ssl=self.sessions.trust(url),
                compress=0,
                max_msg_size=limit,
                autoping=autoping,
                timeout=aiohttp.ClientWSTimeout(ws_close=self.timeout),
            ) as socket:
                assert isinstance(socket, WebSocket)  # the sessions' own class
                yield socket
        except aiohttp.WSServerHandshakeError as error:
            refused = Answer(error.status, dict(error.headers or {}), b"", self.about(what))
            raise self.error_of(refused, is_write=False) from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise errors.from_exception(error, about=self.about(what), seconds=self.timeout) from None

    def about(self, what: str) -> dict[str, Any]:
        """The params every error of this system carries."""
        return {"system": self.system, "name": self.name, "what": what}

    def quote(self, text: str) -> str:
        """What the system said, short and without our secrets."""
        return errors.quote(text, self._secrets)

    def url(self, path: str, query: Query | None = None) -> URL:
        """`path` under the base URL; nothing in it is decoded or normalised."""
        full = path if path.startswith(("http://", "https://")) else self.base + path
        if query:
            full += ("&" if "?" in full else "?") + urlencode(query, quote_via=percent)
        return URL(full, encoded=True)

    def same_origin(self, url: URL) -> bool:
        """Whether `url` is where this system's credential belongs."""
        return url.origin() == URL(self.base).origin()

    # -- inside -------------------------------------------------------------------------------------------
    def error_of(self, answer: Answer, *, is_write: bool) -> IntegrationError:
        """The error of a refused request: the adapter's own word for it, else the one of its status."""
        explained = self._explain(answer) if self._explain else None
        if explained is not None:
            return explained
        said = self._said(answer)
        return errors.from_status(answer.status, answer.headers, about=answer.about, said=said, is_write=is_write)

    def _told(self, error: IntegrationError) -> IntegrationError:
        """The breaker hears of every answer that is an error."""
        if isinstance(error, Unavailable):
            self.breaker.failed(error)
        else:
            self.breaker.answered()
        return error

    def _said(self, answer: Answer) -> str:
        """A short word from a plain-text or JSON error body; HTML pages say nothing worth showing."""
        kind = answer.headers.get("Content-Type", "").split(";")[0].strip()
        if kind == "text/plain":
            return self.quote(answer.text()[:2000])
        if not kind.endswith("json"):
            return self.quote(answer.headers.get("X-Error", ""))
        try:
            found = json.loads(answer.body)
        except ValueError:
            return ""
        if not isinstance(found, dict):
            return ""
        message = found.get("message", found.get("error_description", found.get("error", "")))
        return self.quote(message if isinstance(message, str) else json.dumps(message, ensure_ascii=False))

    @asynccontextmanager
    async def _send(
        self,
        method: str,
        url: URL,
        what: str,
        headers: Mapping[str, str],
        body: Content | None,
        limits: aiohttp.ClientTimeout,
        follow: Follow,
        home: URL | None = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        self.breaker.check(self.about(what))
        spoken = loop.talking_to.get()
        if spoken is not None:
            spoken.update(system=self.system, name=self.name, what=what, breaker=self.breaker)
        try:
            response = await self._hop(method, url, what, headers, body, limits, follow, home)
            try:
                yield response
            finally:
                response.release()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            waited = limits.total or limits.sock_read or self.timeout
            raise self._told(errors.from_exception(error, about=self.about(what), seconds=waited)) from None

    async def _hop(
        self,
        method: str,
        url: URL,
        what: str,
        headers: Mapping[str, str],
        body: Content | None,
        limits: aiohttp.ClientTimeout,
        follow: Follow,
        home: URL | None,
    ) -> aiohttp.ClientResponse:
        """Send, and go where a permitted redirect points; credentials stay with their origin, `home`."""
        home = home or URL(self.base).origin()
        guard = loop.before_write.get() if method not in SAFE else None
        for _ in range(MAX_HOPS + 1):
            if guard is not None:
                guard()
            sent = headers if url.origin() == home else _without_credentials(headers)
            response = await self.sessions.current().request(
                method,
                url,
                headers=sent,
                data=body,
                timeout=limits,
                ssl=self.sessions.trust(url),
                allow_redirects=False,
            )
            target = response.headers.get("Location", "")
            if response.status not in (301, 302, 307, 308) or follow == "never" or not target:
                return response
            response.release()
            url = url.join(URL(target, encoded=True))
            if follow == "same_origin" and not self.same_origin(url):
                raise Rejected("outside.redirected", status=response.status, **self.about(what))
            self._check(url, what)
        raise Rejected("outside.redirected", status=response.status, **self.about(what))

    def _check(self, url: URL, what: str) -> None:
        try:
            outbound.check_url(str(url.with_query(None).with_fragment(None)), allow_loopback=self._allow_loopback)
        except Invalid:
            raise Rejected("outside.address_refused", **self.about(what)) from None

    async def _read(
        self, method: str, response: aiohttp.ClientResponse, what: str, limit: int, *, cut: bool = False
    ) -> Answer:
        refused = response.status >= 300
        bound = ERROR_BODY_LIMIT if refused else limit
        chunks: list[bytes] = []
        size = 0
        if method != "HEAD":
            async for chunk in response.content.iter_any():
                chunks.append(chunk)
                size += len(chunk)
                if size > bound:
                    response.close()
                    if not (refused or cut):
                        raise Rejected("outside.too_large", limit=bound, unknown=method not in SAFE, **self.about(what))
                    break
        body = b"".join(chunks)[:bound]
        return Answer(response.status, response.headers.copy(), body, self.about(what), is_write=method not in SAFE)

    def _limits(self, seconds: float) -> aiohttp.ClientTimeout:
        return aiohttp.ClientTimeout(total=seconds, sock_connect=min(seconds, self.timeout))


def _body(
    json_body: Any, form: Mapping[str, str] | None, data: Content | None
) -> tuple[Content | None, Mapping[str, str]]:
    if json_body is not None:
        return json.dumps(json_body).encode(), {"Content-Type": "application/json"}
    if form is not None:
        return urlencode(form).encode(), {"Content-Type": "application/x-www-form-urlencoded"}
    return data, {}


def _without_credentials(headers: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in headers.items() if key.lower() not in SENSITIVE}
