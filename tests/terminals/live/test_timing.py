"""The clock of a shell's limit: a look that found nothing new wakes nobody, one that did is heard at once."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

from apps.terminals.live.timing import Timing
from apps.terminals.services.live import Changed

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def standing(now: datetime, minutes: float, **more: Any) -> Changed:
    ends_at = NOW + timedelta(minutes=minutes)
    return Changed(now, ends_at, ends_at - timedelta(minutes=5), **more)


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(work, 20))


def woken_by(timing: Timing, found: Changed) -> bool:
    """Whether this look makes the waiting timer look at its clock again."""
    timing._changed.clear()
    timing.stands(found)
    return timing._changed.is_set()


def test_only_what_is_new_wakes_the_timer() -> None:
    async def play() -> None:
        timing = Timing(None, extended=False)
        assert woken_by(timing, standing(NOW, 30))
        assert not woken_by(timing, standing(NOW, 30))
        assert woken_by(timing, standing(NOW, 45))
        assert woken_by(timing, standing(NOW, 45, extended=True))
        assert not woken_by(timing, standing(NOW, 45, extended=True))
        assert woken_by(timing, standing(NOW, 45, extended=True, watchers=("Ops",)))

    run(play())


def test_a_database_whose_clock_was_set_wakes_it_too() -> None:
    async def play() -> None:
        timing = Timing(None, extended=False)
        timing.stands(standing(NOW, 30))
        assert woken_by(timing, standing(NOW + timedelta(minutes=10), 30))
        assert woken_by(timing, standing(NOW, 30))

    run(play())


def test_the_end_comes_at_once_when_the_clock_says_so() -> None:
    async def play() -> None:
        timing = Timing(None, extended=False)
        timing.stands(standing(NOW, 30))
        warned: list[datetime] = []

        async def listen() -> None:
            async for ends_at in timing.warnings():
                warned.append(ends_at)

        listening = asyncio.create_task(listen())
        await asyncio.sleep(0)
        timing.stands(standing(NOW + timedelta(minutes=26), 30))
        await asyncio.sleep(0.05)
        assert warned == [NOW + timedelta(minutes=30)]
        assert not listening.done()
        timing.stands(standing(NOW + timedelta(minutes=31), 30))
        await listening
        assert warned == [NOW + timedelta(minutes=30)]

    run(play())
