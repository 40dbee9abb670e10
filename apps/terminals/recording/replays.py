"""Who looked at a recording, in the audit trail: once per person, session and ten minutes.

Every reading counts, from whatever offset: who begins in the middle looks at it too. Must not: decide who may.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import connection, transaction

from apps.audit.models import AuditEvent
from apps.audit.services import record
from apps.common.db import db_now
from apps.policy.actor import Actor
from apps.terminals.models import TerminalSession
from apps.terminals.recording.anchors import SESSION_TYPE

REPLAYED = "terminal.replayed"
ONCE_IN = timedelta(minutes=10)
LOCK = 7_201_007  # first number of the advisory lock, the second is the session


def note_replayed(session: TerminalSession, *, actor: Actor) -> None:
    """Write it down unless it stands there already."""
    if _is_noted(session, actor):
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK, session.pk % 2**31])
        if not _is_noted(session, actor):
            record(
                REPLAYED,
                target=session,
                params={"state": session.state},
                project_id=session.project_id,
                environment_id=session.environment_id,
                actor=actor,
            )


def _is_noted(session: TerminalSession, actor: Actor) -> bool:
    rows = AuditEvent.objects.filter(target_type=SESSION_TYPE, target_id=str(session.pk), action=REPLAYED)
    return rows.filter(actor_id=actor.user_id, created_at__gt=db_now() - ONCE_IN).exists()
