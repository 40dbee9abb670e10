"""Lines of a watch stream, one JSON event each, within bounds.

Must not: buffer more than one line, or hide that the stream's start is too old (`kubernetes.expired`).
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

from apps.common.errors import Rejected, Unavailable
from apps.integrations.http import MIB
from apps.integrations.kubernetes.statuses import from_status
from apps.integrations.kubernetes.types import WatchEvent

LONGEST_LINE = 16 * MIB


async def events(
    chunks: AsyncIterator[bytes], about: dict[str, Any], quote: Callable[[str], str]
) -> AsyncIterator[WatchEvent]:
    """The stream's events; an ERROR event (too-old resourceVersion comes as HTTP 200 and one of these) raises."""
    async for line in _lines(chunks, about):
        try:
            raw = json.loads(line)
            kind, found = str(raw["type"]), raw["object"]
        except (ValueError, KeyError, TypeError):
            raise Rejected("outside.bad_answer", retryable=True, **about) from None
        if kind == "ERROR":
            error = from_status(found, about, quote)
            raise error or Unavailable("outside.unavailable", status=int(found.get("code") or 0), said="", **about)
        yield WatchEvent(kind, found)


async def _lines(chunks: AsyncIterator[bytes], about: dict[str, Any]) -> AsyncIterator[bytes]:
    rest: list[bytes] = []
    size = 0
    async for chunk in chunks:
        head, *tail = chunk.split(b"\n")
        rest.append(head)
        size += len(head)
        if size > LONGEST_LINE:
            raise Rejected("outside.too_large", limit=LONGEST_LINE, **about)
        for piece in tail:
            line = b"".join(rest)
            rest, size = [piece], len(piece)
            if line.strip():
                yield line
