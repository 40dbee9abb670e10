"""One segment on its way into the store: encoded, sealed and appended in a thread, or given up by the loop.

Must not: leave it open whether a segment counts. Either the thread was done first, and it counts; or the loop gave up
first, and the thread takes back what it wrote.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

import structlog

from apps.terminals.recording.asciicast import Piece, Utf8, events
from apps.terminals.recording.chain import Sealed, seal
from apps.terminals.recording.errors import RecordingError
from apps.terminals.recording.store import RecordingStore

log = structlog.get_logger(__name__)


class Segment:
    """Made on the loop; `encode` and then `store` belong in threads, `give_up` on the loop.

    `sealed` is where the chain stands with this segment and `utf8` the decoder after it, both known once it is encoded,
    so that the next one may be encoded while this one is stored.
    """

    def __init__(
        self,
        session_id: int,
        store: RecordingStore,
        before: Sealed,
        utf8: Utf8,
        pieces: Sequence[Piece] = (),
        *,
        first: bytes = b"",
        is_last: bool = False,
    ) -> None:
        self.session_id, self.before = session_id, before
        self.sealed, self.utf8 = before, utf8
        self.size = sum(len(piece.content) for piece in pieces if isinstance(piece.content, bytes))
        self.began_at = pieces[0].at if pieces else 0.0
        self._store, self._pieces, self._first, self._is_last = store, pieces, first, is_last
        self._data = b""
        self._lock = threading.Lock()
        self._is_given_up = self._is_stored = False

    def give_up(self) -> bool:
        """Nobody waits any longer; False when the segment is stored already and counts."""
        with self._lock:
            self._is_given_up = not self._is_stored
            return self._is_given_up

    def encode(self) -> None:
        """Pieces become sealed lines."""
        utf8 = self.utf8.copy()
        lines = b"".join([self._first, *events(self._pieces, utf8, final=self._is_last)])
        at = self._pieces[-1].at if self._pieces else 0.0
        self._data, self.sealed = seal(lines, at, self.before)
        self.utf8, self._pieces = utf8, ()

    def store(self) -> bool:
        """Make it durable; False when it was given up, and then nothing of it is left."""
        if self._is_given_up:
            return False
        if self.before.segments == 0:
            self._store.create(self.session_id)
        try:
            self._store.append(self.session_id, self.sealed.segments, self.before.bytes, self._data)
        except RecordingError:
            self._forget_empty()
            raise
        with self._lock:
            self._is_stored = not self._is_given_up
        if not self._is_stored:
            self._take_back(self.sealed.segments)
        return self._is_stored

    def _take_back(self, seq: int) -> None:
        try:
            self._store.cut(self.session_id, seq, self.before.bytes)
        except RecordingError as error:
            log.error(
                "a late segment stays behind its recording's end", session=self.session_id, segment=seq, said=error.code
            )
        self._forget_empty()

    def _forget_empty(self) -> None:
        """A recording that could not begin leaves nothing behind."""
        if self.before.segments:
            return
        try:
            self._store.delete(self.session_id)
        except RecordingError as error:
            log.error("an empty recording stays behind", session=self.session_id, said=error.code)
