"""Who is let in: Basic credentials as with htpasswd, or a token of a service that the registry trusts.

Either way one challenge answers every kind of bad credentials and names what the call would have needed. Must not:
tell a wrong password from none, or answer 403.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import dataclass
from typing import Any, Protocol

from aiohttp import web

from apps.sandbox.registry.editions import Edition
from apps.sandbox.registry.tokens import ForgedTokenError, InvalidTokenError, Trust

REALM = "registry"
_ACTIONS = {"GET": ["pull"], "HEAD": ["pull"], "DELETE": ["delete"]}


class NotLetInError(Exception):
    """Raised with the challenge that the client is to be sent."""


class Door(Protocol):
    """One way of asking who calls."""

    def agent(self, request: web.Request) -> str:
        """Whose call it is; raises NotLetInError."""


@dataclass(frozen=True)
class PasswordDoor:
    """As with htpasswd: one user, whose credentials let everything through."""

    user: str
    password: str

    def agent(self, request: web.Request) -> str:
        """The user's name."""
        if not is_allowed(request, self.user, self.password):
            raise NotLetInError(f'Basic realm="{REALM}"')
        return self.user


@dataclass(frozen=True)
class TokenDoor:
    """As with a token service: a call needs a token that names its repository and its actions."""

    trust: Trust
    edition: Edition

    def agent(self, request: web.Request) -> str:
        """The token's subject."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        wanted = _scopes(request)
        challenge = f'Bearer realm="{self.trust.realm}",service="{self.trust.service}"'
        if wanted:
            scope = " ".join(f"{what}:{','.join(actions)}" for what, actions in wanted.items())
            challenge += f',scope="{scope}"'
        if scheme.lower() != "bearer" or not token:
            raise NotLetInError(challenge)
        try:
            claims = self.trust.read(token)
        except InvalidTokenError as error:
            # 3.x answers a signature of somebody else's as it answers no token at all.
            is_silent = isinstance(error, ForgedTokenError) and not self.edition.is_old
            raise NotLetInError(challenge + ("" if is_silent else ',error="invalid_token"')) from error
        if not all(claims.allows(what, action) for what, actions in wanted.items() for action in actions):
            raise NotLetInError(challenge + ',error="insufficient_scope"')
        return claims.subject


def is_allowed(request: web.Request, user: str, password: str) -> bool:
    """Whether the request carries exactly these Basic credentials."""
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return False
    try:
        given = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        return False
    return hmac.compare_digest(given, f"{user}:{password}".encode())


def needed(request: web.Request) -> list[dict[str, Any]] | None:
    """What the call needs, as the body of a challenge names it; None for the ping."""
    return [
        {"Type": kind, "Class": "", "Name": name, "Action": action} for kind, name, action in _records(request)
    ] or None


def _scopes(request: web.Request) -> dict[str, list[str]]:
    """The same as scopes: `repository:a/b` with its actions."""
    scopes: dict[str, list[str]] = {}
    for kind, name, action in _records(request):
        scopes.setdefault(f"{kind}:{name}", []).append(action)
    return scopes


def _records(request: web.Request) -> list[tuple[str, str, str]]:
    repository = request.match_info.get("repository")
    if repository is None:
        return [("registry", "catalog", "*")] if request.path == "/v2/_catalog" else []
    records = [("repository", repository, action) for action in _ACTIONS.get(request.method, ["pull", "push"])]
    if source := request.query.get("from"):
        records.append(("repository", source, "pull"))
    return records
