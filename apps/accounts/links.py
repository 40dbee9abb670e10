"""Account links: made, found by their secret, made void, delivered.

Must not: store, log or mail twice a secret: the row has its SHA-256, the URL carries it behind `#`, where no server
log and no Referer header sees it. What a link does when it is redeemed stands in `redemption.py`.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from apps.accounts import mail
from apps.accounts.models import AccountLink, User
from apps.audit import services as audit
from apps.common.db import ClockTimestamp, db_now
from apps.policy.actor import Actor

Purpose = AccountLink.Purpose
_PAGES = {Purpose.INVITATION: "welcome", Purpose.PASSWORD_RESET: "reset"}
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True)
class Delivery:
    """A link as its maker sees it, once: where it leads, and why it was not mailed (None: it was)."""

    row: AccountLink
    url: str
    reason: dict[str, Any] | None


def issue_link(user: User, purpose: Purpose, *, actor: Actor) -> tuple[AccountLink, str]:
    """A new link's row and its secret; inside the transaction of the change it belongs to."""
    secret = secrets.token_urlsafe(32)
    row = AccountLink.objects.create(
        user=user,
        purpose=purpose,
        secret_sha256=_digest(secret),
        expires_at=db_now() + _lifetime(purpose),
        created_by_id=actor.user_id,
    )
    audit.record("account_link.created", target=user, params=_told(row), actor=actor)
    return row, secret


def renew_link(row: AccountLink, *, actor: Actor) -> str:
    """A new secret and a new time for a link whose row the caller has locked; the old secret is void."""
    secret = secrets.token_urlsafe(32)
    row.secret_sha256, row.expires_at = _digest(secret), db_now() + _lifetime(Purpose(row.purpose))
    row.save(update_fields=["secret_sha256", "expires_at"])
    audit.record("account_link.renewed", target=row.user, params=_told(row), actor=actor)
    return secret


def open_links(purpose: Purpose | None = None) -> QuerySet[AccountLink]:
    """Links neither used nor revoked; one that has run out is among them, because it can be renewed."""
    found = AccountLink.objects.filter(used_at=None, revoked_at=None).select_related("user")
    return found if purpose is None else found.filter(purpose=purpose)


def find_by_secret(secret: str) -> AccountLink | None:
    """The link that works at this moment, of an active person; None for every other text."""
    if not _SECRET.fullmatch(secret):
        return None
    found = open_links().filter(secret_sha256=_digest(secret), expires_at__gt=ClockTimestamp(), user__is_active=True)
    return found.first()


def void_links(user: User, purpose: Purpose | None = None) -> None:
    """End the person's open links; the change that calls for it has its own row in the trail."""
    open_links(purpose).filter(user=user).update(revoked_at=ClockTimestamp())


def deliver(row: AccountLink, secret: str, origin: str) -> Delivery:
    """The link's URL, mailed where that is possible; after the commit, because a mail cannot be taken back."""
    purpose = Purpose(row.purpose)
    url = f"{origin}/{_PAGES[purpose]}#{secret}"
    return Delivery(row, url, mail.send_link(row.user, purpose.value, url, row.expires_at))


def _lifetime(purpose: Purpose) -> timedelta:
    config = settings.CONFIG
    invites = purpose == Purpose.INVITATION
    return timedelta(seconds=config.invitation_seconds if invites else config.password_reset_seconds)


def _told(row: AccountLink) -> dict[str, Any]:
    return {"link_id": row.pk, "purpose": row.purpose, "expires_at": row.expires_at.isoformat()}


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
