"""The ring of unacknowledged output: positions, cuts, and what it forgets."""

from __future__ import annotations

import pytest

from apps.terminals.live.ring import BytesGone, Reader, Ring


def frames_from(reader: Reader) -> list[bytes]:
    found = []
    while (frame := reader.next()) is not None:
        found.append(frame)
    return found


def big(letter: bytes) -> bytes:
    """A frame too big to be kept together with its neighbours."""
    return b"\x01" + letter * 1000


def test_positions_count_payload_bytes_of_both_channels_as_one_stream() -> None:
    ring = Ring()
    ring.append(b"\x01abc")
    ring.append(b"\x02de")
    assert (ring.start, ring.end, ring.size) == (0, 5, 5)
    reader = ring.reader(0)
    assert frames_from(reader) == [b"\x01abc", b"\x02de"]
    assert reader.position == 5


def test_small_frames_of_one_channel_are_kept_together_and_those_of_two_never() -> None:
    ring = Ring()
    for byte in b"abc":
        ring.append(bytes([1, byte]))
    ring.append(b"\x02!")
    ring.append(b"\x01d")
    assert frames_from(ring.reader(0)) == [b"\x01abc", b"\x02!", b"\x01d"]


def test_a_reader_that_goes_on_anywhere_loses_and_doubles_no_byte() -> None:
    ring, whole = Ring(), b""
    for frame in (big(b"a"), b"\x01bc", b"\x02d", big(b"e")):
        ring.append(frame)
        whole += frame[1:]
    for position in range(len(whole) + 1):
        found = b"".join(frame[1:] for frame in frames_from(ring.reader(position)))
        assert found == whole[position:]


def test_frames_of_one_channel_are_read_as_one_up_to_what_the_reader_takes() -> None:
    ring = Ring()
    for letter in (b"a", b"b", b"c"):
        ring.append(big(letter))
    ring.append(b"\x02" + b"!" * 1000)
    reader = ring.reader(500)
    assert reader.next(2000) == b"\x01" + b"a" * 500 + b"b" * 1000
    assert reader.next(5000) == b"\x01" + b"c" * 1000
    assert reader.next(5000) == b"\x02" + b"!" * 1000
    assert reader.next(5000) is None


def test_a_frame_bigger_than_the_reader_takes_comes_whole() -> None:
    ring = Ring()
    ring.append(big(b"a"))
    ring.append(big(b"b"))
    reader = ring.reader(0)
    assert reader.next(100) == big(b"a")
    assert reader.next(100) == big(b"b")


def test_what_is_acknowledged_is_dropped_by_whole_frames_and_stays_readable_from_there() -> None:
    ring = Ring()
    for letter in (b"a", b"b", b"c"):
        ring.append(big(letter))
    ring.drop_until(1500)
    assert (ring.start, ring.size) == (1500, 1500)
    assert [frame[:2] + bytes([len(frame) % 256]) for frame in frames_from(ring.reader(1500))] == [
        b"\x01b" + bytes([501 % 256]),
        b"\x01c" + bytes([1001 % 256]),
    ]


def test_a_reader_goes_on_while_frames_before_it_are_dropped_and_new_ones_come() -> None:
    ring = Ring()
    ring.append(big(b"a"))
    reader = ring.reader(0)
    assert reader.next() == big(b"a")
    ring.drop_until(1000)
    assert reader.next() is None
    ring.append(b"\x01x")
    assert reader.next() == b"\x01x"
    ring.append(b"\x01y")
    assert reader.next() == b"\x01y"  # kept together with the one before, and still sent once


@pytest.mark.parametrize("position", [0, 999, 3001])
def test_what_is_gone_or_was_never_there_cannot_be_read(position: int) -> None:
    ring = Ring()
    for letter in (b"a", b"b", b"c"):
        ring.append(big(letter))
    ring.drop_until(1000)
    with pytest.raises(BytesGone):
        ring.reader(position)


def test_more_than_there_is_cannot_be_dropped() -> None:
    ring = Ring()
    ring.append(b"\x01abc")
    with pytest.raises(AssertionError):
        ring.drop_until(4)


def test_a_cleared_ring_holds_nothing_and_counts_on() -> None:
    ring = Ring()
    ring.append(b"\x01abc")
    ring.clear()
    ring.append(b"\x01d")
    assert (ring.start, ring.end) == (3, 4)
    assert frames_from(ring.reader(3)) == [b"\x01d"]


def test_half_a_million_single_bytes_are_few_frames() -> None:
    ring = Ring()
    for _ in range(100_000):
        ring.append(b"\x01x")
    assert len(frames_from(ring.reader(0))) == 25  # 4,095 bytes each
