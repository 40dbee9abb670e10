"""Who listens to hints: found by a browser's session or an API token, and read anew whenever rights are asked for.

Synchronous, for the socket's threads. Must not: keep a token's secret, or answer from memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from importlib import import_module
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user

from apps.accounts.authentication import actor_for
from apps.accounts.errors import TokenRefused
from apps.accounts.models import ApiToken, User
from apps.accounts.tokens import check_secret, live_tokens
from apps.policy.actor import Actor
from apps.policy.services import allowed, visible_project_ids
from apps.tickets.api import kinds_everywhere


@dataclass(frozen=True)
class Rights:
    """Who listens, the projects whose hints he may hear, and the kinds whose tickets he may read in every project."""

    user_id: int
    projects: frozenset[int] = frozenset()
    kinds: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Listener:
    """A session's key or a token's id: what is looked up again each time."""

    session_key: str = ""
    token_id: int | None = None

    def rights(self, action: str) -> Rights | None:
        """What he may hear now; None when he may not (any longer) listen."""
        actor = self._actor()
        if actor is None or not allowed(actor, action).allowed:
            return None
        projects, kinds = visible_project_ids(actor), kinds_everywhere("ticket.read", actor)
        return Rights(actor.person_id, frozenset(projects or ()), frozenset(kinds))

    def _actor(self) -> Actor | None:
        if self.token_id is not None:
            token = ApiToken.objects.select_related("user").filter(pk=self.token_id, user__is_active=True).first()
            live = token is not None and live_tokens(token.user).filter(pk=token.pk).exists()
            return actor_for(token.user, token) if token is not None and live else None
        user = _user_of(self.session_key)
        return actor_for(user) if user is not None else None


def find_by_session(cookies: str) -> Listener | None:
    """The listener of a Cookie header; None without a live session."""
    jar: SimpleCookie = SimpleCookie()
    try:
        jar.load(cookies)
    except CookieError:
        return None
    morsel = jar.get(settings.SESSION_COOKIE_NAME)
    if morsel is None or _user_of(morsel.value) is None:
        return None
    return Listener(session_key=morsel.value)


def find_by_token(secret: str) -> Listener | None:
    """The listener of an API token; None for one that is no good."""
    try:
        return Listener(token_id=check_secret(secret).pk)
    except TokenRefused:
        return None


def _user_of(session_key: str) -> User | None:
    """The active user of a session, checked as for a request (also against the hash of his password)."""
    store: Any = import_module(settings.SESSION_ENGINE).SessionStore
    request: Any = SimpleNamespace(session=store(session_key), META={})
    user = get_user(request)
    return user if isinstance(user, User) and user.is_active else None
