"""Signing in to a registry: the Basic and the Bearer challenge, and tokens kept until shortly before they end.

Must not: send the password anywhere but to the registry's own host or the token host named in its row.
"""

from __future__ import annotations

import re
import time
from base64 import b64encode
from dataclasses import dataclass
from urllib.parse import urlsplit

from apps.common.errors import Rejected
from apps.integrations.answers import Answer
from apps.integrations.http import Http

PARAMETER = re.compile(r'([A-Za-z_]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))')
EARLY_SECONDS = 10.0
DEFAULT_LIFE = 60.0
KEPT_TOKENS = 500


@dataclass(frozen=True)
class Challenge:
    """A WWW-Authenticate header: `basic` or `bearer`, and its parameters."""

    scheme: str
    params: dict[str, str]


def parse_challenge(header: str) -> Challenge | None:
    """The first challenge of the header; None when it is neither Basic nor Bearer."""
    scheme, _, rest = header.strip().partition(" ")
    if scheme.lower() not in ("basic", "bearer"):
        return None
    return Challenge(
        scheme.lower(), {m[1].lower(): m[2] if m[2] is not None else m[3] for m in PARAMETER.finditer(rest)}
    )


class Credentials:
    """User and password of one registry, and the tokens they were exchanged for, by scope."""

    def __init__(self, http: Http, username: str, password: str, token_host: str = "") -> None:
        self._http = http
        self._basic = "Basic " + b64encode(f"{username}:{password}".encode()).decode() if username else ""
        self._token_host = token_host.lower()
        self._tokens: dict[str, tuple[str, float]] = {}
        self._scheme = ""

    def header(self, scope: str) -> dict[str, str]:
        """The Authorization to try first: what worked before, or none, so that the registry says what it wants."""
        if self._scheme == "basic" and self._basic:
            return {"Authorization": self._basic}
        token, ends = self._tokens.get(scope, ("", 0.0))
        return {"Authorization": f"Bearer {token}"} if token and time.monotonic() < ends else {}

    async def answer(self, refused: Answer, scope: str, tried: dict[str, str]) -> dict[str, str]:
        """The Authorization that a 401 asks for; raises when there is none left to try."""
        challenge = parse_challenge(refused.headers.get("WWW-Authenticate", ""))
        if challenge is None or (challenge.scheme == "basic" and not self._basic):
            raise Rejected("outside.unauthorized", field="password", **refused.about)
        if challenge.scheme == "basic":
            if tried.get("Authorization") == self._basic:
                raise Rejected("outside.unauthorized", field="password", **refused.about)
            self._scheme = "basic"
            return {"Authorization": self._basic}
        # Also after `insufficient_scope`: the right may have been granted since the token we kept was issued.
        self._scheme = "bearer"
        return {"Authorization": f"Bearer {await self._token(challenge, scope, refused)}"}

    async def _token(self, challenge: Challenge, scope: str, refused: Answer) -> str:
        realm = challenge.params.get("realm", "")
        host = (urlsplit(realm).netloc or "").lower()
        own = urlsplit(self._http.base)
        if host != own.netloc.lower() and host != self._token_host:
            raise Rejected("registry.realm_refused", host=host[:200], **refused.about)
        if own.scheme == "https" and not realm.startswith("https://"):
            raise Rejected("registry.realm_refused", host=host[:200], **refused.about)
        query = [("service", challenge.params.get("service", ""))]
        query += [("scope", one) for one in [challenge.params.get("scope") or scope] if one]
        # Sent per request: `Http` itself knows no credential, so that none can wander.
        headers = {"Authorization": self._basic} if self._basic else {}
        answer = await self._http.request(
            "GET", realm, what="token", query=query, headers=headers, allow=(401, 403), any_origin=True
        )
        if answer.status in (401, 403):
            raise Rejected("outside.unauthorized", field="password", **refused.about)
        raw = answer.object()
        token = str(raw.get("token") or raw.get("access_token") or "")
        if not token:
            raise Rejected("outside.bad_answer", **refused.about)
        self._keep(scope, token, raw.get("expires_in"))
        return token

    def _keep(self, scope: str, token: str, life: object) -> None:
        if len(self._tokens) >= KEPT_TOKENS:
            self._tokens.clear()
        seconds = float(life) if isinstance(life, int | float) and life > 0 else DEFAULT_LIFE
        self._tokens[scope] = (token, time.monotonic() + max(seconds - EARLY_SECONDS, 1.0))
