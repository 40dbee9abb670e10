"""PostgreSQL is killed again and again under load: what was acknowledged is there, the rest is told to come again (QR14).

Real web, real worker, a database that syncs its commits. Every other kill is SIGKILL of the postmaster, the others are
an immediate shutdown. FULL=1: 20 kills.
"""

from __future__ import annotations

import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.faults.stack import FULL, Stack, running_stack
from tests.support.story import wait_for

KILLS = 20 if FULL else 4
CLIENTS = 4
DOWN, UP = 0.7, 2.0
pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.timeout(900 if FULL else 300)]


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with running_stack(durable=True) as made:
        made.start_web()
        made.start_worker()
        yield made


class Client(threading.Thread):
    """Files tickets one after the other, each under its own Idempotency-Key, again until it is acknowledged."""

    def __init__(self, stack: Stack, number: int) -> None:
        super().__init__(daemon=True)
        self.stack, self.number, self.over = stack, number, threading.Event()
        self.acknowledged: dict[str, int] = {}
        self.answers: Counter[int] = Counter()
        self.odd: list[Any] = []
        self.longest = 0.0

    def run(self) -> None:
        count = 0
        while not self.over.is_set():
            count += 1
            self._file(f"k{self.number}-{count}")

    def _file(self, key: str) -> None:
        while True:
            begun = time.monotonic()
            status, headers, content = self.stack.file(note=key, key=key, steps=1)
            self.longest = max(self.longest, time.monotonic() - begun)
            self.answers[status] += 1
            if status in (200, 201):
                self.acknowledged[key] = int(content["id"])
                return
            if (
                status != 503
                or not headers.get("retry-after", "").isdigit()
                or content["code"] != "database_unavailable"
            ):
                self.odd.append((status, headers.get("retry-after"), content))
            if self.over.is_set():
                return
            time.sleep(0.1)


def test_what_was_acknowledged_is_there_and_everything_comes_back_by_itself(stack: Stack) -> None:
    web, worker = stack.processes["web"], stack.processes["worker"]
    clients = [Client(stack, number) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    back = []
    for number in range(KILLS):
        time.sleep(UP)
        stack.kill_database(signal.SIGKILL if number % 2 else signal.SIGQUIT)
        time.sleep(DOWN)
        stack.start_database()
        begun = time.monotonic()
        wait_for(lambda: stack.file(note="after", steps=0)[0] == 201, 30, "an acknowledgement")
        back.append(time.monotonic() - begun)
    time.sleep(UP)
    for client in clients:
        client.over.set()
    for client in clients:
        client.join(90)
    answers = sum((client.answers for client in clients), Counter[int]())
    print(
        f"\n{KILLS} kills, answers {dict(answers)}, slowest answer {max(c.longest for c in clients):.1f} s,"
        f" acknowledged again after {max(back):.1f} s at most"
    )
    assert [odd for client in clients for odd in client.odd] == []
    assert answers[503] >= KILLS
    there = {
        (key, ticket)
        for key, ticket in stack.rows("SELECT idempotency_key, id FROM tickets_ticket WHERE note LIKE 'k%%'")
    }
    promised = {pair for client in clients for pair in client.acknowledged.items()}
    assert promised - there == set()
    assert len({key for key, _ in there}) == len(there)
    stack.wait_all_ended(120)
    assert set(stack.statuses()) == {"succeeded"}
    assert set(stack.calls().values()) == {1}
    assert (web.poll(), worker.poll()) == (None, None)
    assert stack.probe()[0] == 0
    chain = stack.rows("SELECT count(*) FROM audit_auditevent WHERE action = 'ticket.filed'")
    assert chain == stack.rows("SELECT count(*) FROM tickets_ticket")


def test_a_database_that_was_away_for_long_is_used_at_once_when_it_is_back(stack: Stack) -> None:
    away = 30.0 if FULL else 12.0
    stack.kill_database(signal.SIGQUIT)
    end, slowest = time.monotonic() + away, 0.0
    while time.monotonic() < end:
        begun = time.monotonic()
        status, headers, _ = stack.file(steps=0)
        slowest = max(slowest, time.monotonic() - begun)
        assert (status, "retry-after" in headers) == (503, True)
    stack.start_database()
    begun = time.monotonic()
    wait_for(lambda: stack.file(steps=1)[0] == 201, 60, "an acknowledgement")
    acknowledged = time.monotonic() - begun
    stack.wait_all_ended(60)
    print(
        f"\naway for {away:.0f} s: slowest refusal {slowest:.1f} s, acknowledged again after {acknowledged:.1f} s,"
        f" done after {time.monotonic() - begun:.1f} s"
    )
    assert slowest < 8
    assert acknowledged < 8
    assert time.monotonic() - begun < 20
