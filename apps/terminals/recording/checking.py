"""Recordings against rows: one session, or everything that is stored or should be.

Must not: change anything; `manage.py verify_recordings` and the API only tell.
"""

from __future__ import annotations

from collections.abc import Iterator

from apps.audit.models import AuditEvent
from apps.terminals.models import TerminalSession
from apps.terminals.recording.anchors import ENDED, SESSION_TYPE, anchor_of, was_deleted
from apps.terminals.recording.chain import Sealed
from apps.terminals.recording.store import RecordingStore
from apps.terminals.recording.verify import Verdict, check


def check_session(store: RecordingStore, session: TerminalSession) -> Verdict:
    """The verdict on one session's recording."""
    if session.recording_deleted_at is not None:
        return Verdict(Sealed(), "" if was_deleted(session.pk) else "recording.deleted_unaudited")
    anchor = anchor_of(session)
    return anchor if isinstance(anchor, Verdict) else check(store, session.pk, anchor)


def check_all(store: RecordingStore) -> Iterator[tuple[int, Verdict]]:
    """Every session that a process took, then sessions that only the trail knows, then content of no session."""
    known: set[int] = set()
    for session in TerminalSession.objects.exclude(host="").order_by("pk").iterator(chunk_size=500):
        known.add(session.pk)
        yield session.pk, check_session(store, session)
    others = set(TerminalSession.objects.filter(host="").values_list("pk", flat=True))
    for session_id in sorted(_in_trail() - known - others):
        known.add(session_id)
        yield session_id, Verdict(Sealed(), "recording.row_missing")
    for session_id in sorted(set(store.ids()) - known):
        yield session_id, Verdict(Sealed(), "recording.unexpected", 1, 0)


def _in_trail() -> set[int]:
    rows = AuditEvent.objects.filter(target_type=SESSION_TYPE, action=ENDED)
    return {int(target) for target in rows.values_list("target_id", flat=True).iterator() if target.isdecimal()}
