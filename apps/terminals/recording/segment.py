"""One segment on its way into the store: sealed and appended in a thread, or given up by the loop.

Must not: leave it open whether a segment counts. Either the thread was done first, and it counts; or the loop gave up
first, and the thread takes back what it wrote.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from io import BytesIO

import structlog

from apps.terminals.recording import buffers
from apps.terminals.recording.chain import Sealed, seal
from apps.terminals.recording.errors import RecordingError
from apps.terminals.recording.store import RecordingStore

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Gathered:
    """Lines that become one segment: `body` has them up to its position; `size` are the bytes of output in them, `at` their
    last moment in seconds after the beginning, `since` the loop's clock at their first."""

    body: BytesIO
    at: float = 0.0
    size: int = 0
    since: float = 0.0


class Segment:
    """Made on the loop; `store` belongs in a thread, `give_up` on the loop. `sealed` is where the chain stands with it, known
    once it is stored."""

    def __init__(self, session_id: int, store: RecordingStore, before: Sealed, gathered: Gathered) -> None:
        self.session_id, self.before, self.sealed = session_id, before, before
        self._store, self._body, self._at = store, gathered.body, gathered.at
        self._lock = threading.Lock()
        self._is_given_up = self._is_stored = False

    def give_up(self) -> bool:
        """Nobody waits any longer; False when the segment is stored already and counts."""
        with self._lock:
            self._is_given_up = not self._is_stored
            return self._is_given_up

    def store(self) -> bool:
        """Seal it and make it durable; False when it was given up, and then nothing of it is left."""
        if self._is_given_up:
            return False
        if self.before.segments == 0:
            self._store.create(self.session_id)
        self.sealed = seal(self._body, self._at, self.before)
        try:
            data = self._body.getbuffer()[: self._body.tell()]
            self._store.append(self.session_id, self.sealed.segments, self.before.bytes, data)
        except RecordingError:
            self._forget_empty()
            raise
        data.release()
        buffers.give_back(self._body)
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
