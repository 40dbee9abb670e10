"""Nothing is left behind: tasks, file handles, shells and processes are level after many opened and closed sessions."""

from __future__ import annotations

import asyncio
import gc
import os

import pytest

from apps.accounts.models import UserSession
from apps.sandbox.kubernetes import exec as pod_exec
from apps.terminals.live.shell import Shell
from tests.terminals.live.support import Stage, wait_until

ROUNDS = 200


def level(stage: Stage) -> tuple[int, int]:
    """Tasks of the portal's loop, and files of the process."""
    return len(asyncio.all_tasks(stage.portal.loop())), len(os.listdir("/proc/self/fd"))


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
@pytest.mark.timeout(300)
def test_two_hundred_sessions_leave_nothing_behind(
    stage: Stage, login: UserSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Shell, "away_seconds", 0.2)
    for number in range(20):
        one(stage, login, number)
    settle(stage)
    tasks, handles = level(stage)
    for number in range(ROUNDS):
        one(stage, login, number)
    settle(stage)

    def is_level() -> bool:
        now = level(stage)
        return now[0] <= tasks + 2 and now[1] <= handles + 8  # connections of pools may come and go

    # What closes a socket and notes an end may still be at it; what is left behind stays.
    wait_until(is_level, 60)


def settle(stage: Stage) -> None:
    wait_until(lambda: not any(house.ids() for house in stage.portal.houses()), 30)
    wait_until(lambda: not pod_exec.processes(stage.cluster), 30)
    gc.collect()
