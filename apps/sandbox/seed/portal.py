"""A person at the portal's API: signs in with a session, sends JSON, walks pages. Standard library only.

The seeder and the smoke story use it. Must not: hide a status; `call` answers whatever the portal said.
"""

from __future__ import annotations

import http.cookiejar
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

API = "/api/v1/"
SECONDS = 60.0


class PortalError(Exception):
    """The portal answered something else than what the caller needs; the message is a sentence for a person."""


@dataclass(frozen=True)
class Answer:
    """What came back: `body` is the parsed JSON, or the text when it is not JSON, or None."""

    request: str
    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def code(self) -> str:
        """The error code of a refusal, else empty."""
        return str(self.body.get("code", "")) if isinstance(self.body, dict) else ""

    def expect(self, *statuses: int) -> Any:
        """The body, when the status is one of these; raises PortalError otherwise."""
        if self.status in statuses:
            return self.body
        raise PortalError(self.told())

    def told(self) -> str:
        """Request, status, and the refusal in the portal's words."""
        said = str(self.body)[:300]
        if isinstance(self.body, dict):
            problems = {
                name: [p.get("code", p) for p in many] for name, many in (self.body.get("fields") or {}).items()
            }
            parts = [self.code, self.body.get("detail", ""), f"fields {problems}" if problems else ""]
            said = " · ".join(str(part) for part in parts if part)
        return f"{self.request} answered {self.status}: {said}"


class Portal:
    """One person's session. `url` is the portal's address without a path."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self.username = ""
        self._jar = http.cookiejar.CookieJar()
        # no proxy of the environment: the portal is asked directly
        cookies = urllib.request.HTTPCookieProcessor(self._jar)
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), cookies)

    def sign_in(self, username: str, password: str) -> Answer:
        """Start a session; 200, or the refusal."""
        self.call("GET", "csrf").expect(200)
        self.username = username
        return self.call("POST", "login", {"username": username, "password": password})

    def call(
        self, method: str, path: str, body: Any = None, *, headers: Mapping[str, str] | None = None, **query: Any
    ) -> Answer:
        """Send one request below /api/v1/ and answer whatever came back. Raises PortalError without an answer."""
        text = urllib.parse.urlencode({name: value for name, value in query.items() if value is not None})
        where = f"{API}{path}" + (f"?{text}" if text else "")
        asked = f"{self.username or 'visitor'}: {method} {where}"
        sent = None if body is None else json.dumps(body).encode()
        given = {"Accept": "application/json", **self._csrf(method), **(headers or {})}
        if sent is not None:
            given["Content-Type"] = "application/json"
        request = urllib.request.Request(self.url + where, sent, given, method=method)  # noqa: S310 - http, ours
        try:
            with self._opener.open(request, timeout=SECONDS) as response:
                return Answer(asked, response.status, _parsed(response.read()), dict(response.headers))
        except urllib.error.HTTPError as error:
            with error:
                return Answer(asked, error.code, _parsed(error.read()), dict(error.headers))
        except OSError as error:
            raise PortalError(f"{asked} got no answer: {error}") from error

    def get(self, path: str, **query: Any) -> Any:
        """The body of a 200."""
        return self.call("GET", path, **query).expect(200)

    def post(self, path: str, body: Any = None) -> Any:
        """The body of a 200, 201 or 204."""
        return self.call("POST", path, {} if body is None else body).expect(200, 201, 204)

    def patch(self, path: str, body: Any) -> Any:
        """The body of a 200."""
        return self.call("PATCH", path, body).expect(200)

    def listed(self, path: str, **query: Any) -> Iterator[dict[str, Any]]:
        """Every row of a list, page by page."""
        cursor: str | None = None
        while True:
            page = self.get(path, **query, limit=200, cursor=cursor)
            yield from page["results"]
            cursor = page["next"]
            if not cursor:
                return

    def _csrf(self, method: str) -> dict[str, str]:
        if method in ("GET", "HEAD"):
            return {}
        token = next((cookie.value for cookie in self._jar if cookie.name == "csrftoken"), None)
        return {"X-CSRFToken": token} if token else {}


def _parsed(raw: bytes) -> Any:
    if not raw:
        return None
    try:
        return json.loads(raw)
    except ValueError:
        return raw.decode("utf-8", "replace")
