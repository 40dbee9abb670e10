"""The loop thread: deadlines, calls side by side, forks, and an end without noise."""

from __future__ import annotations

import asyncio
import os
import threading
import time

import pytest

from apps.common.errors import Rejected, Unavailable
from apps.integrations import loop
from apps.integrations.loop import run, run_many


async def value(result: int, seconds: float = 0) -> int:
    await asyncio.sleep(seconds)
    return result


async def failing() -> int:
    raise Rejected("outside.forbidden", system="GitLab", name="main", what="x")


def test_a_result_comes_back_from_the_one_loop_thread() -> None:
    async def where() -> str:
        return threading.current_thread().name

    assert run(where(), 1) == "integrations"
    assert sum(t.name == "integrations" for t in threading.enumerate()) == 1


def test_a_missed_deadline_cancels_the_call_and_is_unknown() -> None:
    ended = threading.Event()

    async def slow() -> None:
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            ended.set()
            raise

    began = time.monotonic()
    with pytest.raises(Unavailable) as caught:
        run(slow(), 0.1)
    assert time.monotonic() - began < 1
    assert (caught.value.code, caught.value.retryable, caught.value.unknown) == ("outside.timeout", True, True)
    assert ended.wait(1)


def test_a_loop_that_is_stuck_does_not_hold_its_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "GRACE_SECONDS", 0.1)

    async def stuck() -> None:
        time.sleep(0.6)

    with pytest.raises(Unavailable) as caught:
        run(stuck(), 0.1)
    assert caught.value.unknown
    assert run(value(1), 5) == 1


def test_calls_side_by_side_take_as_long_as_the_slowest_and_fail_alone() -> None:
    began = time.monotonic()
    results = run_many([value(1, 0.2), failing(), value(3, 0.2), value(4, 30)], 0.5)
    assert time.monotonic() - began < 1.5
    assert results[0] == 1
    assert results[2] == 3
    assert isinstance(results[1], Rejected)
    assert isinstance(results[3], Unavailable)


def test_a_defect_is_not_turned_into_an_outside_error() -> None:
    async def defect() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        run(defect(), 1)
    with pytest.raises(TimeoutError):
        run(asyncio.wait_for(asyncio.sleep(5), 0.05), 1)


def test_a_call_from_the_loop_thread_itself_is_refused_instead_of_hanging() -> None:
    async def inside() -> None:
        run(value(1), 1)

    with pytest.raises(RuntimeError, match="await"):
        run(inside(), 1)


def test_a_forked_child_gets_a_loop_of_its_own() -> None:
    assert run(value(1), 1) == 1
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, str(run(value(7), 5)).encode())
        os._exit(0)
    os.close(writer)
    assert os.read(reader, 10) == b"7"
    assert os.waitpid(child, 0)[1] == 0


def test_the_thread_ends_and_the_next_call_starts_another() -> None:
    before = loop.loop_thread()
    loop.shutdown()
    assert before.loop.is_closed()
    assert run(value(2), 1) == 2
    assert loop.loop_thread() is not before
