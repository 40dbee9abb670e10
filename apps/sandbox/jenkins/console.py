"""A build's log file with its hidden console notes, and the two ways it is read (plain and progressive).

Must not: hold a finished build's log in memory when there is a file for it.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
import struct
from dataclasses import dataclass
from pathlib import Path

NOTE = re.compile(rb"\x1b\[8mha:.*?\x1b\[0m", re.DOTALL)


def hidden_note(text: str) -> bytes:
    """An invisible mark as Jenkins puts before a link: it counts in the file's size and is never shown."""
    inside = gzip.compress(f"hudson.console.ModelHyperlinkNote length={len(text)} url=/user/{text}".encode(), mtime=0)
    mac = hashlib.sha256(inside).digest() * 6
    blob = struct.pack(">i", -len(mac)) + mac + struct.pack(">i", len(inside)) + inside + bytes(6)
    return b"\x1b[8mha:" + base64.b64encode(blob) + b"\x1b[0m"


@dataclass(frozen=True)
class Chunk:
    """One progressive read: what is shown, and the size of the file, which is where to continue."""

    shown: bytes
    size: int


class ConsoleLog:
    """Append-only bytes, in a file when a path is given."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self._memory = bytearray()
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)

    def append(self, data: bytes) -> None:
        """Add bytes at the end."""
        if self.path is None:
            self._memory += data
            return
        with self.path.open("ab") as file:
            file.write(data)

    def line(self, text: str, *, note: str = "") -> None:
        """Add a line; `note` puts a hidden mark before its last word and links it."""
        if note:
            self.append(text.encode() + hidden_note(note) + note.encode() + b"\n")
        else:
            self.append(text.encode() + b"\n")

    def raw(self) -> bytes:
        """The whole file."""
        if self.path is None:
            return bytes(self._memory)
        return self.path.read_bytes() if self.path.exists() else b""

    def plain(self) -> bytes:
        """What `consoleText` answers: notes gone, LF."""
        return NOTE.sub(b"", self.raw())

    def since(self, start: int) -> Chunk:
        """What `progressiveText` answers: CRLF; a start beyond the end means the whole log again."""
        raw = self.raw()
        if start > len(raw):
            start = 0
        return Chunk(NOTE.sub(b"", raw[start:]).replace(b"\n", b"\r\n"), len(raw))

    def discard(self) -> None:
        """Delete the file."""
        self._memory.clear()
        if self.path is not None:
            self.path.unlink(missing_ok=True)
