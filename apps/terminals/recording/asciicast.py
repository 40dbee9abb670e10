"""Lines of an asciicast v2 stream (https://docs.asciinema.org/manual/asciicast/v2/): one JSON value per line, a header
and then events `[seconds, code, text]`. Codes used: "o" output, "r" size, "h" seal (ours; players skip what they do not know).

Must not: know stores, chains or sessions.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
ENCODED_REPLACEMENT = REPLACEMENT.encode()
# JSON writes a control character in six bytes, so that an event's line stays well below the megabyte of one reading.
EVENT_BYTES = 128 * 1024
# What arrives within one picture of a 50 Hz screen is shown at once by a player anyhow.
TOGETHER_SECONDS = 0.02


# RFC 8259, 7: what a JSON string may not hold as it is.
_ESCAPES = {ord("\\"): b"\\\\", ord('"'): b'\\"'} | {byte: b"\\u%04x" % byte for byte in range(32)}
_ESCAPES |= {ord("\n"): b"\\n", ord("\r"): b"\\r"}
_PLAIN = bytes(byte for byte in range(256) if byte not in _ESCAPES)
_USUAL = b'\\"\n\r\x1b'  # what nearly all output has; the backslash first, which the others bring in
FEW = 6  # of so many bytes one may be escaped before `json` is the quicker way


@dataclass(frozen=True)
class Piece:
    """Something that happened `at` seconds after the beginning: bytes of output, or a new size as text."""

    at: float
    content: bytes | str


class Utf8:
    """Bytes that arrive in any cut, as text. What is no UTF-8 becomes U+FFFD; `replaced` counts such bytes."""

    def __init__(self) -> None:
        self.rest = b""
        self.replaced = 0

    def taken(self, data: bytes, *, final: bool = False) -> bytes:
        """As UTF-8, everything but a character that is not complete yet; `final` takes that as broken."""
        data = self.rest + data
        try:
            _, end = codecs.utf_8_decode(data, "strict", final)
        except UnicodeDecodeError:
            return self._mended(data, final)
        self.rest = data[end:]
        return data[:end]

    def _mended(self, data: bytes, final: bool) -> bytes:
        text, end = codecs.utf_8_decode(data, "replace", final)
        self.rest, data = data[end:], data[:end]
        valid = text.encode()
        good = len(valid) - len(ENCODED_REPLACEMENT) * text.count(REPLACEMENT)
        # A real U+FFFD in the output is no broken byte.
        self.replaced += end - good - len(ENCODED_REPLACEMENT) * data.count(ENCODED_REPLACEMENT)
        return valid

    def copy(self) -> Utf8:
        """The same state, to be thrown away if what it decoded could not be stored."""
        other = Utf8()
        other.rest, other.replaced = self.rest, self.replaced
        return other


def header(*, session_id: int, title: str, cols: int, rows: int, started_at: int) -> bytes:
    """The first line; `started_at` in seconds since 1970. `session` is ours: it ties the content to its row."""
    content = {
        "version": 2,
        "width": cols,
        "height": rows,
        "timestamp": started_at,
        "title": title,
        "env": {"TERM": "xterm-256color"},
        "session": session_id,
    }
    return _line(content)


def event(at: float, code: str, text: str) -> bytes:
    """One line."""
    return _line([round(at, 4), code, text])


def output(at: float, utf8: bytes) -> bytes:
    """One line of output, escaped as bytes where that is quicker than by `json`: twice, for what logs look like."""
    special = utf8.translate(None, _PLAIN)
    if len(special) * FEW > len(utf8):
        return event(at, "o", utf8.decode())
    for byte in (*_USUAL, *set(special.translate(None, _USUAL))):
        if byte in special:
            utf8 = utf8.replace(bytes([byte]), _ESCAPES[byte])
    return b'[%s,"o","%s"]\n' % (str(round(at, 4)).encode(), utf8)


def events(pieces: Iterable[Piece], utf8: Utf8, *, final: bool = False) -> Iterator[bytes]:
    """The lines of `pieces`: neighbouring output in events as big as EVENT_BYTES and TOGETHER_SECONDS allow."""
    at = 0.0
    for piece in together(pieces):
        at = piece.at
        if isinstance(piece.content, str):
            yield event(at, "r", piece.content)
        elif valid := utf8.taken(piece.content):
            yield output(at, valid)
    if final and (valid := utf8.taken(b"", final=True)):
        yield output(at, valid)


def together(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Fewer and bigger pieces with the same bytes in the same order, each of its first one's time."""
    held: list[bytes] = []
    at, size = 0.0, 0
    for piece in pieces:
        content = piece.content
        is_output = isinstance(content, bytes)
        if held and not (is_output and size + len(content) <= EVENT_BYTES and piece.at - at <= TOGETHER_SECONDS):
            yield Piece(at, b"".join(held))
            held, size = [], 0
        if isinstance(content, str):
            yield piece
            continue
        for start in range(0, len(content), EVENT_BYTES):
            part = content[start : start + EVENT_BYTES]
            if len(part) == EVENT_BYTES:
                yield Piece(piece.at, part)
                continue
            if not held:
                at = piece.at
            held.append(part)
            size += len(part)
    if held:
        yield Piece(at, b"".join(held))


def _line(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
