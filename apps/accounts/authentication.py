"""Who asks: an API token or a browser session; both put an `Actor` and a language on the request.

Must not: remember a right between requests: whether the user is active is read each time.
"""

from __future__ import annotations

from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse
from rest_framework.authentication import BaseAuthentication, CSRFCheck
from rest_framework.request import Request

from apps.accounts.models import ApiToken, User
from apps.accounts.sessions import touch_session
from apps.accounts.tokens import check_secret
from apps.common.errors import Denied
from apps.policy.actor import Actor


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer opt_…`; a bearer that is no good is refused, not passed on as a visitor."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        scheme, _, secret = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        token = check_secret(secret.strip())
        _sign(request, token.user, token)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class SessionAuthentication(BaseAuthentication):
    """The session cookie; unsafe methods need the CSRF token and, where sent, an allowed Origin."""

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        user: Any = getattr(request._request, "user", None)
        if user is None or not user.is_authenticated or not user.is_active:
            return None
        enforce_csrf(request._request)
        _sign(request, user, None)
        touch_session(request._request)
        return user, None


def enforce_csrf(request: HttpRequest) -> None:
    """Django's CSRF check, which DRF views are exempt from, with our error."""
    check = CSRFCheck(lambda _: HttpResponse())
    check.process_request(request)
    if check.process_view(request, None, (), {}):  # type: ignore[arg-type]
        raise Denied("csrf_failed")


def actor_for(user: User, token: ApiToken | None = None, *, ip: str = "", request_id: str = "") -> Actor:
    """The actor of a signed-in user, limited to what his token allows."""
    return Actor(
        user_id=user.pk,
        name=user.username,
        kind="user" if token is None else "token",
        token_id=None if token is None else token.pk,
        scopes=None if token is None else frozenset(token.scopes),
        is_instance_admin=user.is_instance_admin,
        token_project_id=None if token is None else token.project_id,
        ip=ip,
        request_id=request_id,
        display_name=user.display_name,
    )


def _sign(request: Request, user: User, token: ApiToken | None) -> None:
    inner: Any = request._request
    ip, request_id = request.META.get("REMOTE_ADDR", ""), getattr(inner, "request_id", "")
    actor = actor_for(user, token, ip=ip, request_id=request_id)
    structlog.contextvars.bind_contextvars(actor_id=user.pk)
    targets: tuple[Any, Any] = (request, inner)
    for target in targets:
        target.actor = actor
        target.language = user.language
