"""The recorder: what was shown is durable and sealed, or the session is told in time that it is not."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from apps.terminals.recording import writer
from apps.terminals.recording.chain import Sealed
from apps.terminals.recording.directory import DirectoryStore
from apps.terminals.recording.errors import RecordingError
from apps.terminals.recording.verify import Anchor, check, segments
from apps.terminals.recording.writer import Recorder
from tests.terminals.recording.stores import NO_SPACE, Hanging, Refusing, Slow, reaches, shown


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(work, 30))


def lines_of(store: DirectoryStore, session_id: int = 7) -> list[Any]:
    return [json.loads(line) for line in store.path(session_id).read_bytes().splitlines()]


def shown_by(store: DirectoryStore, session_id: int = 7) -> str:
    return "".join(line[2] for line in lines_of(store, session_id)[1:] if line[1] == "o")


async def opened(store: DirectoryStore, session_id: int = 7) -> Recorder:
    recorder = Recorder(session_id, store)
    await recorder.open("api · web-1", 80, 24)
    return recorder


def test_what_was_shown_is_in_the_file_in_its_order_and_sealed(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)

    async def session() -> None:
        recorder = await opened(store)
        recorder.output(b"$ ls\r\n")
        recorder.resize(100, 30)
        recorder.output("汉".encode()[:2])
        await shown(recorder, "汉".encode()[2:] + b" done")
        sealed = await recorder.close()
        assert sealed == recorder.progress
        assert sealed.bytes == store.find_size(7)
        assert check(store, 7, Anchor(sealed, is_final=True)).is_intact

    run(session())
    lines = lines_of(store)
    assert [line[1] for line in lines[1:]] == ["h", "o", "r", "o", "h", "h"]
    assert (lines[0]["session"], lines[0]["title"], lines[3][2]) == (7, "api · web-1", "100x30")
    assert shown_by(store) == "$ ls\r\n汉 done"
    assert [line[2].split()[0] for line in lines[1:] if line[1] == "h"] == ["1", "2", "3"]


def test_output_counts_as_unrecorded_until_it_is_durable(tmp_path: Path) -> None:
    store = Hanging(tmp_path, first=2)

    async def session() -> None:
        recorder = await opened(store)
        recorder.output(b"12345")
        await reaches(store.reached.is_set)
        recorder.output(b"678")
        assert recorder.unrecorded == 8
        assert recorder.progress.segments == 1
        store.go_on.set()
        await reaches(lambda: recorder.unrecorded == 0)
        assert shown_by(store) == "12345678"
        await recorder.close()

    run(session())


def test_drained_waits_for_the_store_once_six_megabytes_are_unrecorded(tmp_path: Path) -> None:
    store = Hanging(tmp_path, first=2)

    async def session() -> None:
        recorder = await opened(store)
        recorder.output(b"x" * writer.BEHIND_BYTES)
        await recorder.drained()
        recorder.output(b"y")
        waiting = asyncio.create_task(recorder.drained())
        await reaches(store.reached.is_set)
        done, _ = await asyncio.wait({waiting}, timeout=0.2)
        assert done == set()
        store.go_on.set()
        await waiting
        await recorder.close()

    run(session())
    assert shown_by(store) == "x" * writer.BEHIND_BYTES + "y"


def test_drained_waits_for_a_single_byte_that_has_been_unrecorded_for_a_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "BEHIND_SECONDS", 0.0)
    store = Hanging(tmp_path, first=2)

    async def session() -> None:
        recorder = await opened(store)
        await recorder.drained()
        recorder.output(b"x")
        waiting = asyncio.create_task(recorder.drained())
        await reaches(store.reached.is_set)
        assert not waiting.done()
        store.go_on.set()
        await waiting
        await recorder.close()

    run(session())


def test_a_store_that_refuses_ends_the_recording_where_it_was_whole(tmp_path: Path) -> None:
    store = Refusing(tmp_path, 3, NO_SPACE)

    async def session() -> None:
        recorder = await opened(store)
        await shown(recorder, b"kept")
        recorder.output(b"lost")
        assert await recorder.failed == "recording.no_space"
        recorder.output(b" too")
        assert recorder.unrecorded == 8
        with pytest.raises(RecordingError) as refused:
            await recorder.drained()
        assert refused.value.code == "recording.no_space"
        assert (await recorder.close()).segments == 2
        assert check(store, 7, Anchor(recorder.progress, is_final=True)).is_intact

    run(session())
    assert shown_by(store) == "kept"


def test_a_waiting_drained_learns_of_a_failure(tmp_path: Path) -> None:
    store = Refusing(tmp_path, 2, NO_SPACE)

    async def session() -> None:
        recorder = await opened(store)
        recorder.output(b"x" * (writer.BEHIND_BYTES + 1))
        with pytest.raises(RecordingError):
            await recorder.drained()
        await recorder.close()

    run(session())


@pytest.mark.parametrize("what", [NO_SPACE, ZeroDivisionError("a defect")])
def test_without_a_recording_that_could_begin_there_is_no_session_and_nothing_left(
    tmp_path: Path, what: BaseException
) -> None:
    store = Refusing(tmp_path, 1, what)

    async def session() -> None:
        with pytest.raises(type(what)):
            await opened(store)

    run(session())
    if isinstance(what, RecordingError):
        assert list(store.ids()) == []


def test_a_session_is_never_recorded_over_another_recording(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)

    async def session() -> None:
        first = await opened(store)
        await shown(first, b"evidence")
        await first.close()
        before = store.path(7).read_bytes()
        with pytest.raises(RecordingError) as refused:
            await opened(store)
        assert refused.value.code == "recording.exists"
        assert store.path(7).read_bytes() == before

    run(session())


def test_a_defect_in_the_writing_ends_the_session_too(tmp_path: Path) -> None:
    store = Refusing(tmp_path, 2, ZeroDivisionError("a defect"))

    async def session() -> None:
        recorder = await opened(store)
        recorder.output(b"x")
        assert await recorder.failed == "recording.refused"
        assert (await recorder.close()).segments == 1

    run(session())


def test_a_store_that_hangs_fails_the_recording_and_what_it_writes_later_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "FLUSH_SECONDS", 0.2)
    store = Hanging(tmp_path, first=2)

    async def session() -> None:
        recorder = await opened(store)
        recorder.output(b"never durable in time")
        assert await recorder.failed == "recording.too_slow"
        sealed = await recorder.close()
        assert sealed.segments == 1
        store.go_on.set()
        await reaches(store.came_back.is_set)
        assert check(store, 7, Anchor(sealed, is_final=True)).is_intact
        assert shown_by(store) == ""

    run(session())


def test_the_bounds_end_a_session_within_five_seconds() -> None:
    assert writer.GATHER_SECONDS + writer.FLUSH_SECONDS < 5
    assert writer.TURN_SECONDS < writer.FLUSH_SECONDS
    assert writer.BEHIND_BYTES <= 6 * 1024 * 1024
    assert writer.GATHER_SECONDS < writer.BEHIND_SECONDS <= 2
    assert writer.GATHER_BYTES <= writer.BEHIND_BYTES


def test_a_store_that_hangs_holds_up_neither_the_loop_nor_the_end_of_the_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "FLUSH_SECONDS", 0.3)
    store = Hanging(tmp_path, first=2)

    async def session() -> None:
        recorders = [await opened(store, number) for number in range(1, 41)]
        for recorder in recorders:
            recorder.output(b"x")
        began = time.monotonic()
        sealed = await asyncio.gather(*(recorder.close() for recorder in recorders))
        assert time.monotonic() - began < 5
        assert {s.segments for s in sealed} == {1}
        assert {recorder.failed.result() for recorder in recorders} == {"recording.too_slow"}
        store.go_on.set()
        sizes = [s.bytes for s in sealed]
        await reaches(lambda: [store.find_size(number) for number in range(1, 41)] == sizes)

    run(session())


def test_output_that_nobody_holds_back_ends_the_recording_before_it_fills_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "MOST_PENDING", 1024 * 1024)
    store = Hanging(tmp_path, first=2)

    async def session() -> None:
        recorder = await opened(store)
        for _ in range(64):
            recorder.output(b"x" * 65536)
        assert recorder.failed.result() == "recording.too_slow"
        store.go_on.set()
        await recorder.close()

    run(session())


def test_a_store_that_was_slow_is_given_no_longer_segments(tmp_path: Path) -> None:
    store = Hanging(tmp_path, first=2)
    frame = 256 * 1024

    async def session() -> None:
        recorder = await opened(store)
        while not recorder.is_behind:
            recorder.output(b"x" * frame)
        await reaches(store.reached.is_set)
        store.go_on.set()
        await recorder.drained()
        assert check(store, 7, Anchor(await recorder.close(), is_final=True)).is_intact

    run(session())
    assert shown_by(store) == "x" * (writer.BEHIND_BYTES + frame)
    sizes = [len(segment.data) for segment in segments(store.stream(7))]
    assert len(sizes) == 1 + 3 + 1
    assert max(sizes) < writer.GATHER_BYTES + frame


def test_a_slow_store_is_waited_for_as_long_as_it_takes_segments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "FLUSH_SECONDS", 1.0)
    store = Slow(tmp_path, 0.4)

    async def session() -> None:
        recorder = await opened(store)
        for _ in range(3):
            recorder.output(b"x" * writer.GATHER_BYTES)
        sealed = await recorder.close()
        assert not recorder.failed.done()
        assert check(store, 7, Anchor(sealed, is_final=True)).is_intact

    run(session())
    assert shown_by(store) == "x" * 3 * writer.GATHER_BYTES


def test_a_recording_bigger_than_the_setting_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings.CONFIG, "recording_megabytes", 1)
    store = DirectoryStore(tmp_path)

    async def session() -> None:
        recorder = await opened(store)
        for _ in range(20):
            if recorder.failed.done():
                break
            recorder.output(b"x" * 100_000)
            await reaches(lambda: recorder.unrecorded == 0 or recorder.failed.done())
        assert recorder.failed.result() == "recording.too_long"
        sealed = await recorder.close()
        assert check(store, 7, Anchor(sealed, is_final=True)).is_intact
        assert sealed.bytes == store.find_size(7)

    run(session())


def test_single_bytes_are_few_lines(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)

    async def session() -> None:
        recorder = await opened(store)
        for _ in range(100_000):
            recorder.output(b"x")
        await recorder.close()

    run(session())
    assert shown_by(store) == "x" * 100_000
    assert len(lines_of(store)) < 200


def test_after_its_end_a_recording_takes_nothing_more(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)

    async def session() -> None:
        recorder = await opened(store)
        sealed = await recorder.close()
        assert await recorder.close() == sealed
        with pytest.raises(RecordingError) as refused:
            recorder.output(b"x")
        assert refused.value.code == "recording.closed"

    run(session())


def test_a_loop_that_is_shut_down_is_no_failure_of_the_recording(tmp_path: Path) -> None:
    kept: list[Recorder] = []

    async def session() -> None:
        kept.append(await opened(DirectoryStore(tmp_path)))

    run(session())
    assert not kept[0].failed.done()


def test_half_a_character_at_the_very_end_is_kept_as_a_sign(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)

    async def session() -> None:
        recorder = await opened(store)
        await shown(recorder, b"a\xe6\xb1")
        await recorder.close()
        assert recorder.replaced == 2

    run(session())
    assert shown_by(store) == "a\ufffd"


def test_nothing_is_sealed_before_it_is_opened(tmp_path: Path) -> None:
    async def session() -> None:
        recorder = Recorder(7, DirectoryStore(tmp_path))
        assert await recorder.close() == Sealed()

    run(session())
    assert list(DirectoryStore(tmp_path).ids()) == []
