"""Nothing is left behind: tasks, file handles, memory, shells and processes are level after many opened and closed sessions."""

from __future__ import annotations

import asyncio
import gc
import os

import psutil
import pytest

from apps.accounts.models import UserSession
from apps.sandbox.kubernetes import exec as pod_exec
from apps.terminals.live.shell import Shell
from tests.terminals.live.support import Stage, wait_until

BEFORE, ROUNDS = 20, 480
SMALL = 25_000  # bytes; an open session holds five times that


def level(stage: Stage) -> tuple[int, int, int]:
    """Tasks of the portal's loop, files of the process, and its memory in bytes."""
    memory = int(psutil.Process().memory_info().rss)
    return len(asyncio.all_tasks(stage.portal.loop())), len(os.listdir("/proc/self/fd")), memory


def one(stage: Stage, login: UserSession, number: int) -> None:
    _, terminal = stage.opened(login)
    if number % 4 == 0:
        terminal.type(b"exit\r")
        terminal.ended()
    elif number % 4 == 1:
        terminal.type(b"yes\r")
        terminal.until(b"\ny\r\ny")
        terminal.cut()
    elif number % 4 == 2:
        terminal.cut()
    else:
        terminal.socket.close()
    terminal.socket.close()
    stage.open.clear()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_five_hundred_sessions_leave_nothing_behind(
    stage: Stage, login: UserSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Shell, "away_seconds", 0.2)
    for number in range(BEFORE):
        one(stage, login, number)
    settle(stage)
    tasks, handles, memory = level(stage)
    for number in range(ROUNDS):
        one(stage, login, number)
    settle(stage)

    def is_level() -> bool:
        now = level(stage)
        # Connections of pools may come and go.
        return now[0] <= tasks + 2 and now[1] <= handles + 8 and now[2] <= memory + ROUNDS * SMALL

    # What closes a socket and notes an end may still be at it; what is left behind stays.
    wait_until(is_level, 60)


def settle(stage: Stage) -> None:
    wait_until(lambda: not any(house.ids() for house in stage.portal.houses()), 30)
    wait_until(lambda: not pod_exec.processes(stage.cluster), 30)
    gc.collect()
