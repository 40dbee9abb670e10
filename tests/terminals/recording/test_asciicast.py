"""The lines: what a player reads is what was shown, in whatever cut it came."""

from __future__ import annotations

import json
from typing import Any

import pytest

from apps.terminals.recording import buffers
from apps.terminals.recording.asciicast import EVENT_BYTES, TOGETHER_BYTES, Lines, header

EVERY_CHARACTER_OF_ONE_BYTE = bytes(range(128))
TEXT = "汉字 é \U0001f600 end\r\n"


def written(lines: Lines, *shown: tuple[float, bytes], final: bool = False) -> list[Any]:
    """These outputs as the lines that are written for them."""
    for at, data in shown:
        lines.output(at, data)
    body = lines.take(final=final)
    whole = body.getvalue()[: body.tell()]
    assert whole.count(b"\n") == len(whole.splitlines())
    return [json.loads(line) for line in whole.splitlines()]


def played(*shown: tuple[float, bytes]) -> str:
    return "".join(text for _, code, text in written(Lines(), *shown, final=True) if code == "o")


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
    assert written(Lines(), (0.5, EVERY_CHARACTER_OF_ONE_BYTE)) == [[0.5, "o", EVERY_CHARACTER_OF_ONE_BYTE.decode()]]


@pytest.mark.parametrize("byte", range(128))
def test_a_character_that_is_escaped_among_many_that_are_not_reads_back(byte: int) -> None:
    plain = "plain 汉字 text ".encode() * 100
    shown = plain + bytes([byte]) * 3 + plain
    assert written(Lines(), (1.5, shown)) == [[1.5, "o", shown.decode()]]


@pytest.mark.parametrize("cut", range(1, len(TEXT.encode())))
def test_a_character_cut_anywhere_is_whole_in_the_recording(cut: int) -> None:
    data, lines = TEXT.encode(), Lines()
    found = [*written(lines, (0.0, data[:cut])), *written(lines, (1.0, data[cut:]), final=True)]
    assert "".join(text for _, _, text in found) == TEXT
    assert lines.utf8.replaced == 0


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
    lines = Lines()
    assert "".join(found for _, _, found in written(lines, (0.0, data), final=True)) == text
    assert lines.utf8.replaced == replaced


def test_output_of_one_moment_is_one_event_and_a_later_one_is_another() -> None:
    lines = Lines()
    first = written(lines, (1.0, b"a"), (1.015, b"b"), (1.5, b"c"))
    lines.resize(1.501, 90, 20)
    assert [*first, *written(lines, (1.502, b"d"))] == [
        [1.0, "o", "ab"],
        [1.5, "o", "c"],
        [1.501, "r", "90x20"],
        [1.502, "o", "d"],
    ]


def test_output_and_sizes_stay_in_their_order() -> None:
    lines = Lines()
    lines.output(1.0, b"before")
    lines.resize(1.001, 90, 20)
    assert written(lines, (1.002, b"after")) == [[1.0, "o", "before"], [1.001, "r", "90x20"], [1.002, "o", "after"]]


def test_an_event_is_never_bigger_than_its_bound_and_no_byte_is_lost_or_moved() -> None:
    data = bytes(i * 7 % 128 for i in range(3 * EVENT_BYTES + 1234))
    shown = [(0.0, b"begin "), (0.001, data), (0.002, b" end")]
    assert max(len(text) for _, _, text in written(Lines(), *shown)) == EVENT_BYTES
    assert played(*shown) == "begin " + data.decode() + " end"


def test_small_output_is_kept_together_up_to_its_bound() -> None:
    sizes = [len(text) for _, _, text in written(Lines(), *[(0.0, b"x" * 1000)] * 10)]
    assert (max(sizes), sum(sizes)) == (TOGETHER_BYTES // 1000 * 1000, 10_000)


def test_a_buffer_that_is_used_again_shows_nothing_of_what_it_held() -> None:
    first = Lines()
    first.output(0.0, b"secret" * 20_000)
    buffers.give_back(first.take())
    assert written(Lines(), (0.0, b"x" * 5000)) == [[0.0, "o", "x" * 5000]]
