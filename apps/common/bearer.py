"""Secrets that are shown once and sent back as a bearer: how they are made, found again, compared and noted as used.

A secret is `<mark>_<prefix>_<random>`: the prefix finds its row, the SHA-256 of the whole is compared. Must not: store
or log a secret, or know whose it is.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

PREFIX_LENGTH = 12
TOUCH_EVERY = timedelta(minutes=1)


def mint(mark: str) -> tuple[str, str]:
    """A new prefix and the secret it begins: 256 random bits."""
    prefix = secrets.token_hex(PREFIX_LENGTH // 2)
    return prefix, f"{mark}_{prefix}_{secrets.token_urlsafe(32)}"


def prefix_of(mark: str, secret: str) -> str | None:
    """The prefix of a secret of this mark; None for any other text."""
    match = re.fullmatch(rf"{re.escape(mark)}_([0-9a-f]{{{PREFIX_LENGTH}}})_[A-Za-z0-9_-]{{43}}", secret)
    return match[1] if match else None


def digest(secret: str) -> str:
    """What is stored of a secret: SHA-256, 64 hexadecimal digits. 256 random bits need no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


def is_same(stored: str, secret: str) -> bool:
    """Whether the digest is the secret's, in a time that tells nothing."""
    return hmac.compare_digest(stored, digest(secret))


def touch(rows: QuerySet[Any], last_used_at: datetime | None, now: datetime) -> None:
    """Note the use of the one row, at most once a minute: a busy script must not write a row per call."""
    if last_used_at is None or last_used_at < now - TOUCH_EVERY:
        stale = Q(last_used_at=None) | Q(last_used_at__lt=now - TOUCH_EVERY)
        rows.filter(stale).update(last_used_at=now)
