"""Buffers that are used again: a megabyte of fresh pages from the kernel for each segment costs as much as encoding it.

Must not: keep more than a few of them, or one that somebody may still look at.
"""

from __future__ import annotations

from collections import deque
from io import BytesIO

KEPT = 4
SMALLEST, BIGGEST = 64 * 1024, 4 * 1024 * 1024

_free: deque[BytesIO] = deque(maxlen=KEPT)


def take() -> BytesIO:
    """An empty buffer: what lies behind its position is of no meaning."""
    try:
        body = _free.pop()
    except IndexError:
        return BytesIO()
    body.seek(0)
    return body


def give_back(body: BytesIO) -> None:
    """Nobody uses it any more, nor any view of it."""
    if SMALLEST <= body.tell() <= BIGGEST:
        _free.append(body)
