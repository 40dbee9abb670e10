"""The journal of a stand-in: every call it answered, in order, and whether it was accepted.

Tests and the smoke story take the truth about the outside world from here, never from the portal.
Must not: filter, reorder or forget entries while the process lives; hold secrets or request bodies
beyond what `detail` names.
"""

from __future__ import annotations

import fnmatch
import json
import threading
import time
from collections import deque
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

KEPT_IN_MEMORY = 200_000


@dataclass(frozen=True)
class Entry:
    """One answered call. `status` 0 means the connection was dropped on purpose after the work was done."""

    n: int
    at: float
    server: str
    kind: str
    method: str
    path: str
    status: int
    accepted: bool
    subject: str = ""
    agent: str = ""
    detail: dict[str, Any] = field(default_factory=dict)


class Journal:
    """Append-only list of entries, mirrored to a JSON-lines file when a path is given."""

    def __init__(self, server: str, path: Path | None = None) -> None:
        self.server = server
        self._entries: deque[Entry] = deque(maxlen=KEPT_IN_MEMORY)
        self._lock = threading.Lock()
        self._n = 0
        self._file = None
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.exists():
                with path.open(encoding="utf-8") as lines:
                    for line in lines:
                        if line.endswith("\n"):
                            self._entries.append(Entry(**json.loads(line)))
                if self._entries:
                    self._n = self._entries[-1].n
            self._file = path.open("a", buffering=1, encoding="utf-8")

    def add(
        self,
        kind: str,
        *,
        method: str,
        path: str,
        status: int,
        accepted: bool,
        subject: str = "",
        agent: str = "",
        detail: dict[str, Any] | None = None,
    ) -> Entry:
        """Append one entry and return it."""
        with self._lock:
            self._n += 1
            entry = Entry(
                self._n,
                time.time(),
                self.server,
                kind,
                method,
                path,
                status,
                accepted,
                subject,
                agent,
                detail or {},
            )
            self._entries.append(entry)
            if self._file is not None:
                self._file.write(json.dumps(asdict(entry), ensure_ascii=False) + "\n")
        return entry

    def find(
        self,
        kind: str = "*",
        *,
        subject: str | None = None,
        accepted: bool | None = None,
        since: int = 0,
    ) -> list[Entry]:
        """Entries whose kind matches the glob, in order; `since` is the `n` of an earlier entry (exclusive)."""
        with self._lock:
            entries = list(self._entries)
        return [
            e
            for e in entries
            if e.n > since
            and fnmatch.fnmatchcase(e.kind, kind)
            and (subject is None or e.subject == subject)
            and (accepted is None or e.accepted is accepted)
        ]

    @property
    def last(self) -> int:
        """`n` of the newest entry; 0 when empty."""
        return self._n

    def close(self) -> None:
        """Close the file; the entries stay readable."""
        if self._file is not None:
            self._file.close()
            self._file = None
