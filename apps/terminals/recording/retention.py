"""Recordings that are too old go, with a note in the trail; those whose process died are settled.

Content first, then the row: what is interrupted between the two is done again. Must not: delete the content of a
session that runs, or more than the age allows.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import CharField, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Cast

from apps.audit.models import AuditEvent
from apps.audit.services import record
from apps.common.db import ClockTimestamp, db_now
from apps.policy.actor import Actor
from apps.terminals.models import TerminalSession
from apps.terminals.recording.anchors import DELETED, ENDED, SESSION_TYPE, SETTLED, as_params
from apps.terminals.recording.errors import RecordingError
from apps.terminals.recording.reader import settle
from apps.terminals.recording.store import RecordingStore, recording_store

log = structlog.get_logger(__name__)
BATCH = 100
# A process that only seemed dead gives up within seconds; what it had under way is taken back by then.
SETTLE_AFTER = timedelta(seconds=30)
LOOKED_FOR = timedelta(days=30)
KEEPER = Actor.system("recordings")


def delete_old() -> int:
    """Delete the content of sessions that ended longer ago than the setting allows; how many."""
    days = settings.CONFIG.recording_days
    if not days:
        return 0
    rows = _ended().filter(ended_at__lt=db_now() - timedelta(days=days))
    return _each(rows, _delete)


def settle_lost() -> int:
    """Find out where the recordings of processes that died end, and write it into the trail; how many."""
    now = db_now()
    lost = _ended().filter(created_at__gt=now - LOOKED_FOR, ended_at__lt=now - SETTLE_AFTER)
    trail = AuditEvent.objects.filter(target_type=SESSION_TYPE, target_id=Cast(OuterRef("pk"), CharField()))
    has_end = trail.filter(Q(action=SETTLED) | Q(action=ENDED, params__recording__head__gt=""))
    return _each(lost.filter(~Exists(has_end)), _settle)


def _ended() -> QuerySet[TerminalSession]:
    rows = TerminalSession.objects.filter(state=TerminalSession.State.ENDED, recording_deleted_at__isnull=True)
    return rows.exclude(host="").order_by("ended_at", "pk")


def _each(rows: QuerySet[TerminalSession], work: Callable[[RecordingStore, TerminalSession], None]) -> int:
    """A store that fails for one may be well for the next; the first error is raised once all had their turn."""
    store, done = recording_store(), 0
    first: RecordingError | None = None
    for session in list(rows[:BATCH]):
        try:
            work(store, session)
        except RecordingError as error:
            log.warning("a recording was left as it is", session=session.pk, code=error.code, **error.params)
            first = first or error
        else:
            done += 1
    if first is not None:
        raise first
    return done


def _delete(store: RecordingStore, session: TerminalSession) -> None:
    store.delete(session.pk)
    with transaction.atomic():
        rows = TerminalSession.objects.filter(pk=session.pk, recording_deleted_at__isnull=True)
        if rows.update(recording_deleted_at=ClockTimestamp()):
            _record(DELETED, session, {"days": settings.CONFIG.recording_days, "bytes": session.recording_bytes})


def _settle(store: RecordingStore, session: TerminalSession) -> None:
    sealed = settle(store, session.pk)
    with transaction.atomic():
        noted = {f"recording_{name}": value for name, value in as_params(sealed).items()}
        TerminalSession.objects.filter(pk=session.pk).update(**noted)
        _record(SETTLED, session, {"recording": as_params(sealed)})


def _record(action: str, session: TerminalSession, params: dict[str, Any]) -> None:
    record(
        action,
        target=session,
        params=params,
        project_id=session.project_id,
        environment_id=session.environment_id,
        actor=KEEPER,
    )
