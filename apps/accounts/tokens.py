"""API tokens: made, shown once, checked, revoked.

Must not: store or log a secret. The database has its prefix (to find it) and its SHA-256 (to compare).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from apps.accounts.errors import TokenRefused
from apps.accounts.models import ApiToken, User
from apps.audit import services as audit
from apps.common import bearer
from apps.common.db import db_now
from apps.common.errors import Conflict, Missing
from apps.policy.actor import Actor

MAX_AGE = timedelta(days=366)
MAX_LIVE = 50
MARK = "opt"


def create_token(
    user: User, *, name: str, scopes: Sequence[str], project_id: int | None, expires_at: datetime, actor: Actor
) -> tuple[ApiToken, str]:
    """The row and its secret, which nobody can read again."""
    prefix, secret = bearer.mint(MARK)
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        if live_tokens(user).count() >= MAX_LIVE:
            raise Conflict("token_limit", limit=MAX_LIVE)
        token = ApiToken.objects.create(
            user=user,
            name=name,
            prefix=prefix,
            secret_sha256=bearer.digest(secret),
            scopes=sorted(set(scopes)),
            project_id=project_id,
            expires_at=expires_at,
        )
        params = {"scopes": token.scopes, "expires_at": expires_at.isoformat()}
        audit.record("token.created", target=token, params=params, project_id=project_id, actor=actor)
    return token, secret


def revoke_token(user: User, token_id: int, *, actor: Actor) -> None:
    """End one of the user's own tokens; another's looks as if it did not exist."""
    with transaction.atomic():
        token = ApiToken.objects.select_for_update().filter(pk=token_id, user=user, revoked_at=None).first()
        if token is None:
            raise Missing
        token.revoked_at = db_now()
        token.save(update_fields=["revoked_at"])
        audit.record("token.revoked", target=token, project_id=token.project_id, actor=actor)


def check_secret(secret: str) -> ApiToken:
    """The live token of a secret; who holds the right secret learns why it no longer works, others do not."""
    prefix = bearer.prefix_of(MARK, secret)
    token = ApiToken.objects.select_related("user").filter(prefix=prefix).first() if prefix else None
    if token is None or not bearer.is_same(token.secret_sha256, secret):
        raise TokenRefused
    now = db_now()
    if token.revoked_at is not None:
        raise TokenRefused("token_revoked")
    if token.expires_at <= now:
        raise TokenRefused("token_expired")
    if not token.user.is_active:
        raise TokenRefused
    bearer.touch(ApiToken.objects.filter(pk=token.pk), token.last_used_at, now)
    return token


def live_tokens(user: User) -> QuerySet[ApiToken]:
    """Tokens that still work."""
    return ApiToken.objects.filter(user=user, revoked_at=None, expires_at__gt=db_now())
