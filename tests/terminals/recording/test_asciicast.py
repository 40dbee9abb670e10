"""The lines: what a player reads is what was shown, in whatever cut it came."""

from __future__ import annotations

import json

import pytest

from apps.terminals.recording.asciicast import EVENT_BYTES, Piece, Utf8, events, header, output

EVERY_CHARACTER_OF_ONE_BYTE = bytes(range(128))
TEXT = "汉字 é \U0001f600 end\r\n"


def played(pieces: list[Piece], *, final: bool = True) -> str:
    lines = [json.loads(line) for line in events(pieces, Utf8(), final=final)]
    return "".join(text for _, code, text in lines if code == "o")


def test_the_header_is_that_of_version_two_and_names_the_session() -> None:
    line = header(session_id=7, title="api · web-1", cols=120, rows=40, started_at=1_790_000_000)
    assert line.endswith(b"\n")
    assert json.loads(line) == {
        "version": 2,
        "width": 120,
        "height": 40,
        "timestamp": 1_790_000_000,
        "title": "api · web-1",
        "env": {"TERM": "xterm-256color"},
        "session": 7,
    }


def test_every_character_is_escaped_so_that_a_line_stays_one_line() -> None:
    (line,) = events([Piece(0.5, EVERY_CHARACTER_OF_ONE_BYTE)], Utf8())
    assert line.count(b"\n") == 1
    assert json.loads(line) == [0.5, "o", EVERY_CHARACTER_OF_ONE_BYTE.decode()]


@pytest.mark.parametrize("byte", range(128))
def test_a_character_that_is_escaped_among_many_that_are_not_reads_back(byte: int) -> None:
    plain = "plain 汉字 text ".encode() * 100
    shown = plain + bytes([byte]) * 3 + plain
    line = output(1.5, shown)
    assert line.count(b"\n") == 1
    assert json.loads(line) == [1.5, "o", shown.decode()]


@pytest.mark.parametrize("cut", range(1, len(TEXT.encode())))
def test_a_character_cut_anywhere_is_whole_in_the_recording(cut: int) -> None:
    data, utf8 = TEXT.encode(), Utf8()
    lines = [*events([Piece(0.0, data[:cut])], utf8), *events([Piece(1.0, data[cut:])], utf8, final=True)]
    assert "".join(json.loads(line)[2] for line in lines) == TEXT
    assert utf8.replaced == 0


@pytest.mark.parametrize(
    ("data", "text", "replaced"),
    [
        (b"a\xffb", "a\ufffdb", 1),
        (b"\xff\xfe\xfd", "\ufffd\ufffd\ufffd", 3),
        (b"\xe4\xb8x", "\ufffdx", 2),
        (b"\xe4\xb8", "\ufffd", 2),
        (b"\xed\xa0\x80", "\ufffd\ufffd\ufffd", 3),
        ("real \ufffd stays uncounted".encode(), "real \ufffd stays uncounted", 0),
        (b"\xe4\xb8" + "\ufffd".encode(), "\ufffd\ufffd", 2),
    ],
)
def test_bytes_that_are_no_utf8_become_a_sign_and_are_counted(data: bytes, text: str, replaced: int) -> None:
    utf8 = Utf8()
    lines = list(events([Piece(0.0, data)], utf8, final=True))
    assert "".join(json.loads(line)[2] for line in lines) == text
    assert utf8.replaced == replaced


def test_output_of_one_moment_is_one_event_and_a_later_one_is_another() -> None:
    pieces = [Piece(1.0, b"a"), Piece(1.015, b"b"), Piece(1.5, b"c"), Piece(1.501, "90x20"), Piece(1.502, b"d")]
    assert [json.loads(line) for line in events(pieces, Utf8())] == [
        [1.0, "o", "ab"],
        [1.5, "o", "c"],
        [1.501, "r", "90x20"],
        [1.502, "o", "d"],
    ]


def test_an_event_is_never_bigger_than_its_bound_and_no_byte_is_lost_or_moved() -> None:
    data = bytes(i * 7 % 128 for i in range(3 * EVENT_BYTES + 1234))
    pieces = [Piece(0.0, b"begin "), Piece(0.001, data), Piece(0.002, b" end")]
    lines = [json.loads(line) for line in events(pieces, Utf8())]
    assert max(len(text) for _, _, text in lines) == EVENT_BYTES
    assert played(pieces) == "begin " + data.decode() + " end"
