"""API tokens: made, shown once, checked, revoked.

Must not: store or log a secret. The database has its prefix (to find it) and its SHA-256 (to compare).
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from apps.accounts.errors import TokenRefused
from apps.accounts.models import ApiToken, User
from apps.audit import services as audit
from apps.common.db import db_now
from apps.common.errors import Conflict, Missing
from apps.policy.actor import Actor

MAX_AGE = timedelta(days=366)
MAX_LIVE = 50
_SECRET = re.compile(r"opt_([0-9a-f]{12})_[A-Za-z0-9_-]{43}")
_TOUCH_EVERY = timedelta(minutes=1)


def create_token(
    user: User, *, name: str, scopes: Sequence[str], project_id: int | None, expires_at: datetime, actor: Actor
) -> tuple[ApiToken, str]:
    """The row and its secret, which nobody can read again."""
    prefix = secrets.token_hex(6)
    secret = f"opt_{prefix}_{secrets.token_urlsafe(32)}"
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        if live_tokens(user).count() >= MAX_LIVE:
            raise Conflict("token_limit", limit=MAX_LIVE)
        token = ApiToken.objects.create(
            user=user,
            name=name,
            prefix=prefix,
            secret_sha256=_digest(secret),
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
    match = _SECRET.fullmatch(secret)
    token = ApiToken.objects.select_related("user").filter(prefix=match[1]).first() if match else None
    if token is None or not hmac.compare_digest(token.secret_sha256, _digest(secret)):
        raise TokenRefused
    now = db_now()
    if token.revoked_at is not None:
        raise TokenRefused("token_revoked")
    if token.expires_at <= now:
        raise TokenRefused("token_expired")
    if not token.user.is_active:
        raise TokenRefused
    _touch(token, now)
    return token


def live_tokens(user: User) -> QuerySet[ApiToken]:
    """Tokens that still work."""
    return ApiToken.objects.filter(user=user, revoked_at=None, expires_at__gt=db_now())


def _touch(token: ApiToken, now: datetime) -> None:
    """Note the use, at most once a minute: a busy script must not write a row per call."""
    if token.last_used_at is None or token.last_used_at < now - _TOUCH_EVERY:
        stale = Q(last_used_at=None) | Q(last_used_at__lt=now - _TOUCH_EVERY)
        ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
