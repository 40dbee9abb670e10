"""Reading a recording: whole lines from an offset, and where a recording ends whose writer died.

Must not: decide who may read, or change a recording whose content does not hold.
"""

from __future__ import annotations

from dataclasses import dataclass

from apps.terminals.recording.chain import Sealed
from apps.terminals.recording.errors import RecordingError
from apps.terminals.recording.store import RecordingStore
from apps.terminals.recording.verify import Anchor, check

PAGE_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Page:
    """Whole lines; `size` is that of the recording when they were read."""

    data: bytes
    size: int


def read_page(store: RecordingStore, session_id: int, after: int, limit: int = PAGE_BYTES) -> Page:
    """Lines from byte `after` on, at most `limit` bytes; none at the end. RecordingError `recording.missing`."""
    size = store.find_size(session_id)
    if size is None:
        raise RecordingError("recording.missing")
    if after >= size:
        return Page(b"", size)
    data = store.read(session_id, after, limit)
    end = data.rfind(b"\n") + 1
    if end == 0 and len(data) == limit:
        # No line of ours is so long; what is damaged is handed on, so that a reader comes past it.
        return Page(data, size)
    return Page(data[:end], size)


def settle(store: RecordingStore, session_id: int) -> Sealed:
    """Where the recording of a process that died ends; what it had begun to write and not sealed is cut off.

    A recording that does not hold is left as it is: then this is how far it holds. Nothing recorded: `Sealed()`.
    """
    verdict = check(store, session_id, Anchor(None, is_final=True))
    if verdict.code == "recording.torn":
        store.cut(session_id, verdict.sealed.segments + 1, verdict.sealed.bytes)
    return verdict.sealed
