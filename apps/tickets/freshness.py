"""The fingerprint of a card that is read: looked at anew, but seldom, and never at the price of the card (D17).

Must not: wait for another reader, or take a cluster's silence for a change.
"""

from __future__ import annotations

import threading
import time
from typing import Any

from django.conf import settings
from django.db import connection

from apps.common.db import db_now
from apps.common.errors import DomainError
from apps.tickets.fingerprints import refresh_fingerprint
from apps.tickets.models import Ticket, TicketStatus

REFRESH_LOCK = 0x6F70_7332
_troubles: dict[int, tuple[float, dict[str, Any]]] = {}
_troubles_lock = threading.Lock()


def refresh_when_stale(ticket: Ticket) -> dict[str, Any] | None:
    """Compute the fingerprint anew when the last look is older than allowed (D17); why not, when a cluster is silent.

    One reader at a time over all processes asks the clusters (an advisory lock that is never waited for); a process
    in which it just failed does not ask again for the same time. The card is shown in any case.
    """
    seconds = settings.CONFIG.fingerprint_seconds
    if ticket.status != TicketStatus.PENDING_APPROVAL or not ticket.fingerprint or ticket.frozen_at is not None:
        return None
    if not _is_stale(ticket, seconds):
        return None
    known = _recent_trouble(ticket.pk, seconds)
    if known is not None:
        return known
    lock = (REFRESH_LOCK << 32) | (ticket.pk & 0xFFFF_FFFF)
    if not _one_value("SELECT pg_try_advisory_lock(%s)", lock):
        return None
    try:
        ticket.refresh_from_db(fields=["fingerprint_at", "status"])
        if _is_stale(ticket, seconds) and ticket.status == TicketStatus.PENDING_APPROVAL:
            refresh_fingerprint(ticket)
    except DomainError as error:
        return _remember_trouble(ticket.pk, error.as_reason(), seconds)
    finally:
        _one_value("SELECT pg_advisory_unlock(%s)", lock)
    return None


def _is_stale(ticket: Ticket, seconds: float) -> bool:
    looked = ticket.fingerprint_at or ticket.created_at
    return (db_now() - looked).total_seconds() > seconds


def _recent_trouble(ticket_id: int, seconds: float) -> dict[str, Any] | None:
    at, reason = _troubles.get(ticket_id, (0.0, None))
    return reason if time.monotonic() - at < seconds else None


def _remember_trouble(ticket_id: int, reason: dict[str, Any], seconds: float) -> dict[str, Any]:
    now = time.monotonic()
    with _troubles_lock:
        for old in [key for key, (at, _) in _troubles.items() if now - at > seconds]:
            del _troubles[old]
        _troubles[ticket_id] = (now, reason)
    return reason


def _one_value(statement: str, number: int) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, [number])
        row = cursor.fetchone()
    return row[0] if row else None
