"""Sessions whose process died, or that nobody ever connected to, and what ran out: found in the rows and ended there.

Must not: end a session whose process said within fifteen seconds that it holds it.
"""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Value

from apps.common.db import ClockTimestamp, db_now
from apps.terminals.models import TerminalClaim, TerminalSession, TerminalWatcher
from apps.terminals.services.notes import end_session

HOST_SILENT_FOR = timedelta(seconds=15)
CONNECTS_WITHIN = timedelta(seconds=60)
FORGOTTEN_AFTER = timedelta(hours=1)
BATCH = 200


def end_lost() -> int:
    """Sessions of processes that are silent for fifteen seconds end `host_lost`; how many did."""
    silent = db_now() - HOST_SILENT_FOR
    lost = TerminalSession.objects.exclude(state=TerminalSession.State.ENDED).exclude(host="")
    ids = list(lost.filter(seen_at__lt=silent).values_list("pk", flat=True)[:BATCH])
    return sum(end_session(pk, "terminal.end.host_lost", {}, only={"seen_at__lt": silent}) for pk in ids)


def end_unconnected() -> int:
    """Sessions that no socket came for, and for which no claim is open, end `never_connected`; how many did."""
    now = db_now()
    waiting = TerminalSession.objects.filter(
        state=TerminalSession.State.OPENING, host="", created_at__lt=now - CONNECTS_WITHIN
    )
    ids = list(waiting.exclude(claims__expires_at__gt=now).values_list("pk", flat=True)[:BATCH])
    return sum(end_session(pk, "terminal.end.never_connected", {}, only={"host": ""}) for pk in ids)


def forget_old() -> None:
    """Claims that ran out and watchers that went."""
    gone = ClockTimestamp() - Value(FORGOTTEN_AFTER)
    TerminalClaim.objects.filter(expires_at__lt=gone).delete()
    TerminalWatcher.objects.filter(seen_at__lt=gone).delete()
