"""The words between browser and server on a terminal's socket (docs/terminal.md): parsed, bounded, built.

Must not: do anything about what a message says.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from apps.terminals.live.keyboard import LIMIT

INPUT, RESIZE, TAKEN, ACCEPTED = 0, 4, 5, 6
ENDED, NOT_UNDERSTOOD, CLAIM_REFUSED, TOO_SLOW, ELSEWHERE = 4000, 4400, 4401, 4408, 4409
RESTARTING, TRY_AGAIN = 1012, 1013
LONGEST_TEXT = 1024
LARGEST_SIZE = 1000
LARGEST_POSITION = 2**63


class NotUnderstood(Exception):
    """The browser said something that is no word of the protocol."""


@dataclass(frozen=True)
class Claim:
    """The first message. `position`: output bytes the browser has; None: it has none and takes what there is."""

    claim: str
    position: int | None
    cols: int
    rows: int


@dataclass(frozen=True)
class Input:
    """Bytes for the container."""

    data: bytes


@dataclass(frozen=True)
class Resize:
    """The window's size in characters, clamped."""

    cols: int
    rows: int


@dataclass(frozen=True)
class Taken:
    """Output bytes the browser has drawn."""

    position: int


def claim_of(text: str) -> Claim:
    """The first message; NotUnderstood for any other."""
    content = _object(text)
    claim, position = content.get("claim"), content.get("from")
    if content.get("type") != "claim" or not isinstance(claim, str):
        raise NotUnderstood
    if position is not None and not _is_count(position):
        raise NotUnderstood
    return Claim(claim, position, clamped(content.get("cols")), clamped(content.get("rows"), 24))


def ping_of(text: str) -> Any:
    """The number of a ping, the only text after the claim."""
    content = _object(text)
    number = content.get("n")
    if content.get("type") != "ping" or not isinstance(number, int | float):
        raise NotUnderstood
    return number


def frame_of(data: bytes) -> Input | Resize | Taken:
    """A binary frame by its first byte."""
    if not data:
        raise NotUnderstood
    channel, payload = data[0], data[1:]
    if channel == INPUT and len(payload) <= LIMIT:
        return Input(payload)
    if channel == TAKEN and len(payload) == 8:
        return Taken(int.from_bytes(payload, "big"))
    if channel == RESIZE and len(payload) <= LONGEST_TEXT:
        size = _object(payload.decode("utf-8", "replace"))
        return Resize(clamped(size.get("Width")), clamped(size.get("Height"), 24))
    raise NotUnderstood


def clamped(value: Any, otherwise: int = 80) -> int:
    """A number of columns or rows between 1 and 1000, whatever was said."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        return otherwise
    return int(min(max(value, 1), LARGEST_SIZE))


def accepted(position: int) -> bytes:
    """The frame that says how much input was handed on."""
    return bytes([ACCEPTED]) + position.to_bytes(8, "big")


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < LARGEST_POSITION


def _object(text: str) -> dict[str, Any]:
    try:
        content = json.loads(text) if len(text) <= LONGEST_TEXT else None
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise NotUnderstood
    return content
