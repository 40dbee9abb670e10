"""People, tokens and clients for tests."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from rest_framework.test import APIClient

from apps.accounts.authentication import actor_for
from apps.accounts.models import ApiToken, User
from apps.accounts.tokens import create_token
from apps.common.db import db_now

PASSWORD = "correct horse battery"


def make_user(username: str = "li.wei", **fields: Any) -> User:
    """A person who signs in with PASSWORD."""
    return User.objects.create_user(username, PASSWORD, **fields)


def make_admin(username: str = "root.admin", **fields: Any) -> User:
    """An instance administrator."""
    return make_user(username, is_instance_admin=True, **fields)


def make_token(user: User, *scopes: str, project_id: int | None = None, days: float = 1) -> tuple[ApiToken, str]:
    """A live token and its secret."""
    return create_token(
        user,
        name="script",
        scopes=scopes or ("*",),
        project_id=project_id,
        expires_at=db_now() + timedelta(days=days),
        actor=actor_for(user),
    )


def token_client(secret: str) -> Any:
    """A client that sends the token."""
    client = APIClient(enforce_csrf_checks=True)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


def browser(user: User | None = None, **headers: str) -> Any:
    """A client like a browser: CSRF is enforced, its token is sent as header; signed in when a user is given."""
    client = APIClient(enforce_csrf_checks=True)
    token = client.get("/api/v1/csrf").json()["csrf_token"]
    client.credentials(HTTP_X_CSRFTOKEN=token, **headers)
    if user is not None:
        answer = client.post("/api/v1/login", {"username": user.username, "password": PASSWORD}, format="json")
        assert answer.status_code == 200, answer.content
        client.credentials(HTTP_X_CSRFTOKEN=client.cookies["csrftoken"].value, **headers)
    return client
