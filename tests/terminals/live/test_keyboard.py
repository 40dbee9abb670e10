"""Input on its way: bounded, accepted once, given back to the browser; and the words of the protocol."""

from __future__ import annotations

import asyncio
import json

import pytest

from apps.terminals.live import protocol
from apps.terminals.live.keyboard import LIMIT, Keyboard, TypedTooMuch, is_use
from apps.terminals.live.protocol import Claim, Input, NotUnderstood, Resize, Taken


def test_input_is_accepted_in_order_when_it_is_handed_on() -> None:
    keyboard = Keyboard()
    keyboard.typed(b"ab")
    keyboard.typed(b"c" * 20000)
    first = keyboard.peek()
    assert (len(first), first[:3], keyboard.accepted) == (16384, b"abc", 0)
    keyboard.accept(len(first))
    assert (keyboard.accepted, len(keyboard.peek())) == (16384, 20002 - 16384)


def test_a_browser_that_does_not_wait_for_acceptance_is_found_out() -> None:
    keyboard = Keyboard()
    keyboard.typed(b"x" * LIMIT)
    with pytest.raises(TypedTooMuch):
        keyboard.typed(b"x")


def test_what_was_not_handed_on_belongs_to_the_browser_again() -> None:
    keyboard = Keyboard()
    keyboard.typed(b"abcdef")
    keyboard.accept(2)
    keyboard.forget()
    assert (keyboard.accepted, keyboard.peek()) == (2, b"")
    keyboard.typed(b"cdef")
    assert keyboard.peek() == b"cdef"


def test_only_the_last_size_counts_and_it_is_taken_once() -> None:
    async def play() -> None:
        keyboard = Keyboard()
        keyboard.resized(80, 24)
        keyboard.resized(120, 40)
        await asyncio.wait_for(keyboard.wait(), 1)
        assert (keyboard.take_size(), keyboard.take_size()) == ((120, 40), None)

    asyncio.run(play())


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"l", True),
        (b"\x1b[A", True),
        (b"\x03", True),
        (b"\x1b[24;80R", False),
        (b"\x1b[?1;2c", False),
        (b"\x1b[>0;276;0c\x1b[I", False),
        (b"\x1b[24;80Rls\r", True),
    ],
)
def test_only_what_a_person_does_is_a_use(data: bytes, expected: bool) -> None:
    assert is_use(data) is expected


def test_a_claim_is_read_and_its_size_clamped() -> None:
    text = json.dumps({"type": "claim", "claim": "c", "from": 7, "cols": 10_000, "rows": 0})
    assert protocol.claim_of(text) == Claim("c", 7, 1000, 1)
    text = json.dumps({"type": "claim", "claim": "c", "from": None, "cols": "wide", "rows": True})
    assert protocol.claim_of(text) == Claim("c", None, 80, 24)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '{"type": "claim"}',
        '{"type": "claim", "claim": 7}',
        '{"type": "claim", "claim": "c", "from": -1}',
        '{"type": "claim", "claim": "c", "from": 1.5}',
        '{"type": "claim", "claim": "c", "from": true}',
        '{"type": "watch", "claim": "c"}',
        '{"type": "claim", "claim": "' + "x" * 2000 + '"}',
        "[" * 1000,
    ],
)
def test_any_other_first_message_is_not_understood(text: str) -> None:
    with pytest.raises(NotUnderstood):
        protocol.claim_of(text)


def test_frames_are_read_by_their_first_byte() -> None:
    assert protocol.frame_of(b"\x00ls") == Input(b"ls")
    assert protocol.frame_of(b"\x05" + (1 << 40).to_bytes(8, "big")) == Taken(1 << 40)
    assert protocol.frame_of(b'\x04{"Width": 0, "Height": 10000}') == Resize(1, 1000)
    assert protocol.accepted(258) == b"\x06\0\0\0\0\0\0\x01\x02"


@pytest.mark.parametrize(
    "frame",
    [b"", b"\x01x", b"\x03{}", b"\x05\0", b"\x05" + b"\0" * 9, b"\x04[]", b"\x07", b"\x00" + b"x" * (LIMIT + 1)],
)
def test_any_other_frame_is_not_understood(frame: bytes) -> None:
    with pytest.raises(NotUnderstood):
        protocol.frame_of(frame)
