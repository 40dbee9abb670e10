"""Counts attempts per (what, name, address) in PostgreSQL: restarts and further processes do not reset it.

Must not: store names, or ask whether a name exists: unknown names are counted alike.
"""

from __future__ import annotations

import hashlib
import math

from django.db import connection

from apps.accounts.errors import LoginThrottled
from apps.accounts.models import LoginThrottle
from apps.common.db import db_now

ATTEMPTS = 5
WINDOW_SECONDS = 15 * 60


def count_attempt(name: str, ip: str, *, what: str = "login", most: int = ATTEMPTS) -> None:
    """Count one attempt before the password is looked at, so that parallel guesses do not slip through."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO accounts_loginthrottle AS t (key, attempts, window_ends_at)
               VALUES (%s, 1, clock_timestamp() + make_interval(secs => %s))
               ON CONFLICT (key) DO UPDATE SET
                 attempts = CASE WHEN t.window_ends_at <= clock_timestamp() THEN 1 ELSE least(t.attempts + 1, 1000) END,
                 window_ends_at = CASE WHEN t.window_ends_at <= clock_timestamp()
                   THEN excluded.window_ends_at ELSE t.window_ends_at END
               RETURNING attempts, extract(epoch FROM window_ends_at - clock_timestamp())""",
            [_key(name, ip, what), WINDOW_SECONDS],
        )
        row = cursor.fetchone()
    assert row is not None  # INSERT … RETURNING answers its row
    attempts, seconds = row
    if attempts > most:
        raise LoginThrottled(max(1, math.ceil(seconds)))


def forget(name: str, ip: str, *, what: str = "login") -> None:
    """A success clears the count; windows that have ended are swept out on the way."""
    LoginThrottle.objects.filter(key=_key(name, ip, what)).delete()
    LoginThrottle.objects.filter(window_ends_at__lt=db_now()).delete()


def _key(name: str, ip: str, what: str) -> str:
    # no body brings a NUL, so that no name can pass for another kind of attempt
    return hashlib.sha256(f"{what}\0{name.lower()}\0{ip}".encode()).hexdigest()
