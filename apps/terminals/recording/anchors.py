"""What the rows know of a recording: where the audit trail says it ended, or how far a running one had come.

The row of a session can be changed by whoever reaches the database; the audit trail cannot, unnoticed. So an ended
recording is held against the row `terminal.ended` of the trail, or, of a process that died, against the row that
`settle_lost` wrote. Must not: read or write content.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import connection

from apps.audit.models import AuditEvent
from apps.common.hashchain import GENESIS, link_hash
from apps.terminals.models import TerminalSession
from apps.terminals.recording.chain import Sealed
from apps.terminals.recording.verify import Anchor, Verdict

ENDED, SETTLED, DELETED = "terminal.ended", "terminal.recording_settled", "terminal.recording_deleted"
SESSION_TYPE = TerminalSession._meta.label_lower


def anchor_of(session: TerminalSession) -> Anchor | Verdict:
    """What its recording is held against; a verdict when the trail itself says that something is wrong."""
    if session.state != TerminalSession.State.ENDED:
        return Anchor(_of_row(session), is_final=False)
    ended = first_event(session.pk, ENDED)
    if ended is None:
        return Verdict(Sealed(), "recording.unanchored")
    # A process that died could not say where its recording ended; only then another row may.
    event = ended if _sealed_in(ended) else first_event(session.pk, SETTLED) or ended
    if not (_holds(ended) and _holds(event)):
        return Verdict(Sealed(), "recording.anchor_changed")
    return Anchor(_sealed_in(event), is_final=True)


def was_deleted(session_id: int) -> bool:
    """Whether the trail says that the content was deleted by its age."""
    event = first_event(session_id, DELETED)
    return event is not None and _holds(event)


def first_event(session_id: int, action: str) -> AuditEvent | None:
    """The first row of a session's trail with this action; a later one cannot take its place."""
    rows = AuditEvent.objects.filter(target_type=SESSION_TYPE, target_id=str(session_id), action=action)
    return rows.order_by("created_at", "id").first()


def note_progress(progress: Mapping[int, Sealed]) -> None:
    """Note how far running recordings are durable, in one statement for all of them; an ended one is left alone."""
    rows = [(pk, sealed.bytes, sealed.segments, sealed.head) for pk, sealed in progress.items()]
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE terminals_terminalsession AS session
               SET recording_bytes = noted.bytes, recording_segments = noted.segments, recording_head = noted.head
               FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::text[]) AS noted(id, bytes, segments, head)
               WHERE session.id = noted.id AND session.state <> 'ended' AND session.recording_segments < noted.segments""",
            [list(column) for column in zip(*rows, strict=True)],
        )


def as_params(sealed: Sealed) -> dict[str, Any]:
    """As the trail keeps it."""
    return {"bytes": sealed.bytes, "segments": sealed.segments, "head": sealed.head}


def _of_row(session: TerminalSession) -> Sealed | None:
    if not session.recording_segments:
        return None
    return Sealed(session.recording_bytes, session.recording_segments, session.recording_head)


def _sealed_in(event: AuditEvent) -> Sealed | None:
    told = event.params.get("recording") or {}
    if not told.get("head"):
        return None
    return Sealed(int(told["bytes"]), int(told["segments"]), str(told["head"]))


def _holds(event: AuditEvent) -> bool:
    """Whether the row is what was sealed; one that waits for its seal has only the database's word."""
    if event.seq is None:
        return True
    return event.hash == link_hash(event.prev_hash or GENESIS, event.seq, event.content())
