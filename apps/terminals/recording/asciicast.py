"""Lines of an asciicast v2 stream (https://docs.asciinema.org/manual/asciicast/v2/): one JSON value per line, a header
and then events `[seconds, code, text]`. Codes used: "o" output, "r" size, "h" seal (ours; players skip what they do not know).

Must not: know stores, chains or sessions.
"""

from __future__ import annotations

from io import BytesIO

from pydantic_core import PydanticSerializationError, SchemaSerializer, core_schema

from apps.terminals.recording import buffers

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
ENCODED_REPLACEMENT = REPLACEMENT.encode()
# Of a big stream an event is a frame as the API server sends it. Bigger ones would be slower: memory of more than 128 kB is
# the kernel's anew each time (mallopt(3), M_MMAP_THRESHOLD).
EVENT_BYTES = 32 * 1024
# What arrives within one picture of a 50 Hz screen is shown at once by a player anyhow.
TOGETHER_SECONDS, TOGETHER_BYTES = 0.02, 4096


class Utf8:
    """Bytes that arrive in any cut. What is no UTF-8 becomes U+FFFD; `replaced` counts such bytes."""

    def __init__(self) -> None:
        self.rest = b""
        self.replaced = 0

    def taken(self, data: bytes, *, final: bool = False) -> bytes:
        """Everything but a character that is not complete yet; `final`: no more will come."""
        data = self.rest + data if self.rest else data
        end = len(data) - (0 if final else _begun(data))
        self.rest = data[end:]
        return data[:end]

    def mended(self, data: bytes) -> str:
        """As text, with a sign for what is no UTF-8."""
        text = data.decode("utf-8", "replace")
        good = len(text.encode()) - len(ENCODED_REPLACEMENT) * text.count(REPLACEMENT)
        # A real U+FFFD in the output is no broken byte.
        self.replaced += len(data) - good - len(ENCODED_REPLACEMENT) * data.count(ENCODED_REPLACEMENT)
        return text


def _begun(data: bytes) -> int:
    """How many bytes at the end begin a character that goes on behind it (RFC 3629, 3)."""
    for back in range(1, min(len(data), 3) + 1):
        byte = data[-back]
        if 0xC0 <= byte < 0xF8:
            size = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return back if size > back else 0
        if byte & 0xC0 != 0x80:
            return 0
    return 0


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
    return _line(content) + b"\n"


class Lines:
    """Output and sizes as they come, as lines; what is small and of one moment becomes one of them. Times are seconds."""

    def __init__(self) -> None:
        self.utf8 = Utf8()
        self._body: BytesIO | None = None
        self._held = bytearray()
        self._held_at = 0.0

    def output(self, at: float, data: bytes) -> None:
        """Bytes that were shown `at` seconds after the beginning."""
        if self._held and (at - self._held_at > TOGETHER_SECONDS or len(self._held) + len(data) > TOGETHER_BYTES):
            self._write_held()
        if len(data) > TOGETHER_BYTES:
            for start in range(0, len(data), EVENT_BYTES):
                self._write_output(at, self.utf8.taken(data[start : start + EVENT_BYTES]))
            return
        if not self._held:
            self._held_at = at
        self._held += data

    def resize(self, at: float, cols: int, rows: int) -> None:
        """The size from here on."""
        self._write_held()
        self._write(_line([round(at, 4), "r", f"{cols}x{rows}"]))

    def take(self, *, final: bool = False) -> BytesIO:
        """The lines so far, up to the buffer's position, which is the caller's now; `final`: no more will come."""
        self._write_held()
        if final:
            self._write_output(self._held_at, self.utf8.taken(b"", final=True))
        body, self._body = self._body or buffers.take(), None
        return body

    def _write_held(self) -> None:
        if self._held:
            self._write_output(self._held_at, self.utf8.taken(bytes(self._held)))
            self._held.clear()

    def _write_output(self, at: float, data: bytes) -> None:
        self._held_at = at
        if not data:
            return
        try:
            line = _line([round(at, 4), "o", data])
        except PydanticSerializationError:
            line = _line([round(at, 4), "o", self.utf8.mended(data)])
        self._write(line)

    def _write(self, line: bytes) -> None:
        if self._body is None:
            self._body = buffers.take()
        self._body.write(line)
        self._body.write(b"\n")


# Bytes count as the UTF-8 of a text: they are never made one, which is the dearer half of the work. A serializer expects a
# line as long as the last one, and does not let its memory grow step by step.
_line = SchemaSerializer(core_schema.any_schema(), core_schema.CoreConfig(ser_json_bytes="utf8")).to_json
