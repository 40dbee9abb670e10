"""Where recordings are kept: what every store can do, and which one the settings name.

All calls block and may be slow: they belong in threads. Must not: know what the bytes say.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Protocol

from django.conf import settings


class RecordingStore(Protocol):
    """A growing stream of bytes per session, made of segments. Every call may raise RecordingError."""

    def create(self, session_id: int) -> None:
        """Make room for a new recording; `recording.exists` when there is one already."""

    def append(self, session_id: int, seq: int, offset: int, data: memoryview) -> None:
        """Add segment `seq` at `offset`, which must be the end. Durable when it returns; when it raises, nothing of it stays.

        `data` is the caller's again afterwards.
        """

    def cut(self, session_id: int, seq: int, offset: int) -> None:
        """Take back segment `seq`, the last one, which begins at `offset`; nothing happens when it is not there."""

    def find_size(self, session_id: int) -> int | None:
        """Bytes of the stream, None when there is no recording."""

    def read(self, session_id: int, offset: int, limit: int) -> bytes:
        """At most `limit` bytes from `offset` on; none only at the end. A store may stop earlier at a segment's end."""

    def stream(self, session_id: int) -> Iterator[bytes]:
        """All bytes as they lie there, in pieces of any size."""

    def ids(self) -> Iterator[int]:
        """The sessions of which anything is kept."""

    def delete(self, session_id: int) -> None:
        """Remove everything of a session; nothing happens when there is nothing."""

    def check(self) -> None:
        """Write, read and remove a probe."""


def recording_store() -> RecordingStore:
    """The store of the settings: `OPSPORTAL_RECORDING_URL`, else a directory in the data folder."""
    config = settings.CONFIG
    url = config.recording_url.get_secret_value() if config.recording_url else ""
    return _made(url, str(config.data_dir / "recordings"), config.outside_timeout)


@lru_cache(maxsize=4)
def _made(url: str, directory: str, timeout: float) -> RecordingStore:
    if url:
        from apps.terminals.recording.s3 import ObjectStore  # its library takes long to load, and few need it

        return ObjectStore.from_url(url, timeout)
    from pathlib import Path

    from apps.terminals.recording.directory import DirectoryStore

    return DirectoryStore(Path(directory))
