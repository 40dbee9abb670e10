"""Tampering: whatever was done to a stored recording, the first place that does not hold is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from apps.terminals.recording import verify
from apps.terminals.recording.asciicast import Lines, header
from apps.terminals.recording.chain import Sealed
from apps.terminals.recording.directory import DirectoryStore
from apps.terminals.recording.reader import read_page, settle
from apps.terminals.recording.verify import Anchor, Verdict, check
from tests.terminals.recording.sealing import seal

SESSION = 7
SHOWN = (b"", b"$ id\r\nuid=0(root)\r\n", "汉字\r\n".encode(), b"$ exit\r\n")


class Recording:
    """Four segments as the recorder writes them. `starts`: where each begins."""

    def __init__(self, session_id: int = SESSION, shown: tuple[bytes, ...] = SHOWN) -> None:
        self.segments: list[bytes] = []
        self.sealed = Sealed()
        self.starts: list[int] = []
        for number, output in enumerate(shown):
            lines = Lines()
            lines.output(number + 0.5, output)
            body = lines.take().getvalue()
            if number == 0:
                body = header(session_id=session_id, title="t", cols=80, rows=24, started_at=1_790_000_000)
            self.starts.append(self.sealed.bytes)
            data, self.sealed = seal(body, number + 0.5, self.sealed)
            self.segments.append(data)

    @property
    def data(self) -> bytes:
        return b"".join(self.segments)

    @property
    def end(self) -> Anchor:
        return Anchor(self.sealed, is_final=True)

    def segment_at(self, position: int) -> int:
        """The number of the segment that holds this byte."""
        return sum(start <= position for start in self.starts)


def verdict_on(tmp_path: Path, data: bytes | None, anchor: Anchor) -> Verdict:
    store = DirectoryStore(tmp_path)
    if data is not None:
        path = store.path(SESSION)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return check(store, SESSION, anchor)


def place_of(verdict: Verdict) -> tuple[str, int | None, int | None]:
    return verdict.code, verdict.segment, verdict.position


def test_what_was_recorded_holds(tmp_path: Path) -> None:
    made = Recording()
    verdict = verdict_on(tmp_path, made.data, made.end)
    assert place_of(verdict) == ("", None, None)
    assert verdict.sealed == made.sealed
    assert (verdict.sealed.segments, verdict.sealed.bytes) == (4, len(made.data))


def test_any_byte_that_changed_is_found_and_its_segment_named(tmp_path: Path) -> None:
    made = Recording()
    for position in range(len(made.data)):
        changed = bytearray(made.data)
        changed[position] ^= 1
        verdict = verdict_on(tmp_path, bytes(changed), made.end)
        segment = made.segment_at(position)
        assert verdict.code, position
        assert (verdict.segment, verdict.position) == (segment, made.starts[segment - 1]), position


def test_any_byte_that_is_gone_is_found_and_its_segment_named(tmp_path: Path) -> None:
    made = Recording()
    for position in range(len(made.data)):
        verdict = verdict_on(tmp_path, made.data[:position] + made.data[position + 1 :], made.end)
        segment = made.segment_at(position)
        assert verdict.code, position
        assert (verdict.segment, verdict.position) == (segment, made.starts[segment - 1]), position


def test_any_end_that_was_cut_off_is_found_and_its_segment_named(tmp_path: Path) -> None:
    made = Recording()
    for length in range(len(made.data)):
        verdict = verdict_on(tmp_path, made.data[:length], made.end)
        segment = made.segment_at(length)
        assert place_of(verdict) == ("recording.truncated", segment, made.starts[segment - 1]), length


def test_a_segment_that_is_missing_is_named(tmp_path: Path) -> None:
    made = Recording()
    one, _, three, four = made.segments
    verdict = verdict_on(tmp_path, one + three + four, made.end)
    assert place_of(verdict) == ("recording.lost_segment", 2, made.starts[1])
    assert verdict.sealed.segments == 1


@pytest.mark.parametrize("order", [(0, 2, 1, 3), (0, 3, 1, 2), (0, 1, 1, 2, 3), (0, 0, 1, 2, 3)])
def test_segments_in_another_order_are_named(tmp_path: Path, order: tuple[int, ...]) -> None:
    made = Recording()
    first = next(place for place, number in enumerate(order) if place != number)
    verdict = verdict_on(tmp_path, b"".join(made.segments[number] for number in order), made.end)
    assert place_of(verdict) == ("recording.reordered", first + 1, made.starts[first])


def test_a_chain_that_was_written_anew_holds_in_itself_but_not_against_what_the_audit_trail_says(
    tmp_path: Path,
) -> None:
    made, forged = Recording(), Recording(shown=(b"", b"$ id\r\nuid=9(games)\r\n", *SHOWN[2:]))
    assert forged.sealed.segments == made.sealed.segments
    assert verdict_on(tmp_path, forged.data, Anchor(None, is_final=True)).is_intact
    assert place_of(verdict_on(tmp_path, forged.data, made.end)) == ("recording.rewritten", 1, 0)


def test_segments_behind_the_end_are_named(tmp_path: Path) -> None:
    made = Recording()
    more, _ = seal(b'[9.0,"o","added"]\n', 9.0, made.sealed)
    verdict = verdict_on(tmp_path, made.data + more, made.end)
    assert place_of(verdict) == ("recording.appended", 5, len(made.data))


def test_content_of_a_session_that_recorded_nothing_is_named(tmp_path: Path) -> None:
    verdict = verdict_on(tmp_path, Recording().data, Anchor(Sealed(), is_final=True))
    assert place_of(verdict) == ("recording.appended", 1, 0)


def test_half_a_segment_behind_the_end_is_named(tmp_path: Path) -> None:
    made = Recording()
    verdict = verdict_on(tmp_path, made.data + b'[9.0,"o","half', made.end)
    assert place_of(verdict) == ("recording.appended", 5, len(made.data))


def test_a_recording_that_is_gone_is_named(tmp_path: Path) -> None:
    assert place_of(verdict_on(tmp_path, None, Recording().end)) == ("recording.missing", 1, 0)
    assert verdict_on(tmp_path, None, Anchor(Sealed(), is_final=True)).is_intact


def test_the_recording_of_another_session_is_named(tmp_path: Path) -> None:
    other = Recording(session_id=8)
    assert place_of(verdict_on(tmp_path, other.data, Anchor(None, is_final=False))) == ("recording.foreign", 1, 0)


def test_of_a_session_that_goes_on_the_last_flush_may_be_half_written(tmp_path: Path) -> None:
    made = Recording()
    noted = Anchor(
        Sealed(made.starts[2], 2, verdict_on(tmp_path, b"".join(made.segments[:2]), Anchor(None, False)).sealed.head),
        False,
    )
    for length in range(made.starts[2], len(made.data) + 1):
        assert verdict_on(tmp_path, made.data[:length], noted).is_intact, length


def test_of_a_session_that_goes_on_what_was_noted_must_be_there(tmp_path: Path) -> None:
    made, forged = Recording(), Recording(shown=(b"", b"$ id\r\nuid=9(games)\r\n", *SHOWN[2:]))
    noted = Anchor(made.sealed, is_final=False)
    assert place_of(verdict_on(tmp_path, forged.data, noted)) == ("recording.rewritten", 1, 0)
    shorter = b"".join(made.segments[:3])
    assert place_of(verdict_on(tmp_path, shorter, noted)) == ("recording.truncated", 4, made.starts[3])


def test_bytes_that_never_were_a_recording_are_named_and_not_held_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify, "LONGEST_SEGMENT", 1000)
    assert place_of(verdict_on(tmp_path, b"\0" * 5000, Recording().end)) == ("recording.truncated", 1, 0)
    assert place_of(verdict_on(tmp_path, b"{}\n" * 5000, Recording().end)) == ("recording.changed", 1, 0)


def test_a_process_that_died_in_the_middle_of_a_flush_leaves_a_recording_that_can_be_settled(tmp_path: Path) -> None:
    made, store = Recording(), DirectoryStore(tmp_path)
    verdict_on(tmp_path, made.data[:-5], Anchor(None, is_final=True))
    sealed = settle(store, SESSION)
    assert (sealed.segments, sealed.bytes) == (3, made.starts[3])
    assert store.path(SESSION).read_bytes() == b"".join(made.segments[:3])
    assert check(store, SESSION, Anchor(sealed, is_final=True)).is_intact


def test_settling_takes_nothing_away_from_a_recording_that_was_tampered_with(tmp_path: Path) -> None:
    made, store = Recording(), DirectoryStore(tmp_path)
    changed = made.data.replace(b"root", b"boot")[:-5]
    verdict_on(tmp_path, changed, Anchor(None, is_final=True))
    assert settle(store, SESSION).segments == 1
    assert store.path(SESSION).read_bytes() == changed


def test_a_page_is_whole_lines_from_an_offset(tmp_path: Path) -> None:
    made, store = Recording(), DirectoryStore(tmp_path)
    verdict_on(tmp_path, made.data + b"[half", made.end)
    pages, after = [], 0
    while (page := read_page(store, SESSION, after, limit=200)).data:
        assert page.data.endswith(b"\n")
        assert len(page.data) <= 200
        assert page.size == len(made.data) + 5
        pages.append(page.data)
        after += len(page.data)
    assert len(pages) > 2
    assert b"".join(pages) == made.data
    assert read_page(store, SESSION, 10**9).data == b""
