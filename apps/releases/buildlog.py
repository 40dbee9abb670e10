"""Our copy of a build's log: append-only chunks of at most 64 kB, stages from the marks only (B1, B8, D23, D24).

Must not: invent a stage, or count Jenkins' offsets as ours.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from apps.common.db import db_now
from apps.releases.models import Build, BuildLogChunk

CHUNK = 64 * 1024
MOST = 64 * 1024 * 1024
STAGE = re.compile(r"^::opsportal stage=([a-z][a-z0-9_-]{0,30})::[ \t\r]*\n", re.MULTILINE)
LONGEST_MARK = 200
CONTINUATION = bytes(range(0x80, 0xC0))
CUT = "\n[opsportal] The log is longer than 64 MiB; the rest stays in Jenkins.\n"


@transaction.atomic
def append(build_id: int, text: str, *, jenkins_offset: int, complete: bool, read_from: int) -> bool:
    """Append what Jenkins gave for `read_from`; False when another reader was first (nothing written)."""
    build = Build.objects.select_for_update().get(pk=build_id)
    if build.jenkins_offset != read_from or build.log_complete:
        return False
    text = text.replace("\r\n", "\n")
    data = text.encode()
    room = MOST - build.log_size
    cut = len(data) > room
    if cut:
        data = (data[: max(0, room)].decode(errors="ignore") + CUT).encode()
    line, offset = build.log_lines + 1, build.log_size
    # Only what was read while the build ran tells when a stage began; a log copied after the end tells nothing.
    now = db_now() if build.state == Build.State.RUNNING else None
    stages = list(build.stages) + _stages(_open_line(build) + text, line, now)
    for start in range(0, len(data), CHUNK):
        part = data[start : start + CHUNK]
        BuildLogChunk.objects.create(
            build=build, offset=offset, length=len(part), first_line=line, data=zlib.compress(part, 6)
        )
        offset += len(part)
        line += part.count(b"\n")
    Build.objects.filter(pk=build.pk).update(
        jenkins_offset=jenkins_offset,
        log_size=offset,
        log_lines=line - 1,
        log_complete=complete or cut,
        log_read_at=Now(),
        stages=stages,
    )
    return bool(data) or complete


def _open_line(build: Build) -> str:
    """The line that the copy ends in without its end: a mark may have been read in pieces."""
    begun = b""
    for chunk in BuildLogChunk.objects.filter(build=build).order_by("-offset")[:LONGEST_MARK]:
        _, end, rest = zlib.decompress(chunk.data).rpartition(b"\n")
        begun = rest + begun
        if end or len(begun) > LONGEST_MARK:
            break
    # Too long for a mark: one character stands for it, so that what follows is not taken for a line's beginning.
    return begun.decode(errors="replace") if len(begun) <= LONGEST_MARK else "…"


def _stages(text: str, first_line: int, seen_at: datetime | None) -> list[dict[str, Any]]:
    began = {} if seen_at is None else {"started_at_ms": int(seen_at.timestamp() * 1000)}
    return [
        {"name": found.group(1), "line": first_line + text.count("\n", 0, found.start()), **began}
        for found in STAGE.finditer(text)
    ]


@dataclass(frozen=True)
class LogPage:
    """A piece of our copy. Offsets count bytes of our copy; `more` says that the build may still write."""

    text: str
    offset: int
    next_offset: int
    first_line: int
    size: int
    complete: bool


def read(build: Build, offset: int, limit: int = 256 * 1024) -> LogPage:
    """The log from `offset` bytes, at most about `limit` bytes, ending at a whole UTF-8 character."""
    offset = max(0, min(offset, build.log_size))
    chunks = BuildLogChunk.objects.filter(build=build, offset__lt=offset + limit, offset__gt=offset - CHUNK - 1)
    data, first_line, begin = b"", 1, offset
    for chunk in chunks.order_by("offset"):
        if chunk.offset + chunk.length <= offset:
            continue
        part = zlib.decompress(chunk.data)
        if not data:
            skip = offset - chunk.offset
            first_line = chunk.first_line + part.count(b"\n", 0, skip)
            part = part[skip:]
        data += part
    lead = len(data) - len(data.lstrip(CONTINUATION))  # an offset inside a character: begin at the next one
    begin, data = begin + lead, data[lead : lead + limit]
    text = data.decode(errors="ignore") if begin + len(data) < build.log_size else data.decode(errors="replace")
    used = len(text.encode()) if begin + len(data) < build.log_size else len(data)
    return LogPage(text, begin, begin + used, first_line, build.log_size, build.log_complete)
