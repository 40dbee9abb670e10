"""Who calls: API token, password with crumb and session, or nobody, and what Jenkins answers when that is not enough.

Must not: know any call beyond the crumb; keep sessions over a restart.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from typing import Literal

from aiohttp import web

from apps.sandbox.jenkins import pages

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
OPEN_PATHS = ("/login", "/static/")
SESSIONS = 1000


@dataclass(frozen=True)
class Caller:
    """How a request is authenticated; `how` wrong means the credentials are refused."""

    how: Literal["token", "password", "anonymous", "wrong"]


class Access:
    """One user with an API token and a password, and the sessions its crumbs belong to."""

    def __init__(self, user: str, api_token: str, password: str) -> None:
        self.user = user
        self._api_token = api_token
        self._password = password
        self._secret = secrets.token_bytes(32)
        self._sessions: dict[str, None] = {}  # oldest first

    def forget_sessions(self) -> None:
        """What a restart does to sessions and crumbs."""
        self._sessions.clear()

    def caller(self, request: web.Request) -> Caller:
        """Read the Authorization header; another scheme than Basic counts as none."""
        scheme, _, blob = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return Caller("anonymous")
        try:
            user, _, secret = base64.b64decode(blob.strip(), validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return Caller("wrong")
        if user == self.user and hmac.compare_digest(secret.encode(), self._api_token.encode()):
            return Caller("token")
        if user == self.user and hmac.compare_digest(secret.encode(), self._password.encode()):
            return Caller("password")
        return Caller("wrong")

    async def refusal(self, request: web.Request) -> web.Response | None:
        """What to answer instead of the page, or None when the caller may go on."""
        caller = self.caller(request)
        if caller.how == "wrong":
            return pages.unauthorised()
        if caller.how == "token":
            return None
        if request.method not in SAFE_METHODS and not await self._has_crumb(request):
            return pages.no_crumb()
        if caller.how == "anonymous" and not request.path.startswith(OPEN_PATHS):
            return pages.sign_in(request.path_qs)
        return None

    def crumb_answer(self, request: web.Request) -> web.Response:
        """A crumb, and the session it is good in."""
        session = request.cookies.get(pages.SESSION_COOKIE, "")
        fresh = None if session in self._sessions else self._open_session()
        body = {
            "_class": "hudson.security.csrf.DefaultCrumbIssuer",
            "crumb": self._crumb(fresh or session),
            "crumbRequestField": "Jenkins-Crumb",
        }
        answer = pages.json_text(json.dumps(body, separators=(",", ":")))
        if fresh:
            answer.headers["Set-Cookie"] = pages.session_cookie(fresh)
        return answer

    def give_session(self, request: web.Request, answer: web.StreamResponse) -> None:
        """What rendering a page does: a session for who has none."""
        if request.cookies.get(pages.SESSION_COOKIE, "") not in self._sessions:
            answer.headers["Set-Cookie"] = pages.session_cookie(self._open_session())

    def _open_session(self) -> str:
        session = pages.new_session()
        self._sessions[session] = None
        while len(self._sessions) > SESSIONS:
            del self._sessions[next(iter(self._sessions))]
        return session

    def _crumb(self, session: str) -> str:
        return hmac.new(self._secret, f"{self.user}\n{session}".encode(), hashlib.sha256).hexdigest()

    async def _has_crumb(self, request: web.Request) -> bool:
        session = request.cookies.get(pages.SESSION_COOKIE, "")
        if session not in self._sessions:
            return False
        crumb = request.headers.get("Jenkins-Crumb") or request.query.get("Jenkins-Crumb") or ""
        if not crumb and request.content_type == "application/x-www-form-urlencoded":
            crumb = str((await request.post()).get("Jenkins-Crumb", ""))
        return hmac.compare_digest(crumb.encode(), self._crumb(session).encode())
