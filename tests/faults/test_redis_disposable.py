"""The broker is emptied and restarted again and again under load: nothing is lost, and little time is (QR5).

The same load runs once in peace and once in trouble, on the same servers; the verdict on what went out is the file that
the rehearsal's outside keeps. FULL=1: 200 tickets, three minutes, a restart every ten seconds.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator

import pytest
import redis

from tests.faults.stack import FULL, Stack, running_stack

TICKETS = 200 if FULL else 40
STEPS, SECONDS = (8, 8.0) if FULL else (3, 2.0)
APART = 10.0 if FULL else 3.0
LEAST = 180.0 if FULL else 12.0
APPROVED = 4  # every fourth ticket waits for a person, so that rings come from web all the time
pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.timeout(1500 if FULL else 300)]


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with running_stack() as made:
        made.start_web()
        made.start_worker()
        yield made


def play(stack: Stack) -> tuple[set[int], float]:
    """File them all, approve while they run, wait for every end; their ids and how long it took from the last filing."""
    filed = {}
    for number in range(TICKETS):
        approvals = 1 if number % APPROVED == 0 else 0
        filed[stack.filed(steps=STEPS, seconds=SECONDS, approvals=approvals)] = approvals
    begun = time.monotonic()
    for ticket, approvals in filed.items():
        if approvals:
            time.sleep(STEPS * SECONDS / TICKETS)
            path = f"/api/v1/tickets/{ticket}/approvals/"
            answer = stack.ask("POST", path, {"decision": "approve", "comment": "", "fingerprint": ""}, who="ops")
            assert answer[0] == 201, answer
    stack.wait_all_ended(600)
    return set(filed), time.monotonic() - begun


class Trouble(threading.Thread):
    """Empties and restarts the broker, that many seconds apart, until told to end."""

    def __init__(self, stack: Stack) -> None:
        super().__init__(daemon=True)
        self.stack, self.over, self.times = stack, threading.Event(), 0

    def run(self) -> None:
        while not self.over.wait(APART):
            with contextlib.suppress(redis.RedisError), contextlib.closing(self.stack.broker.client()) as client:
                client.flushall()
            self.stack.broker.stop()
            self.stack.broker.start()
            self.times += 1


def assert_nothing_lost_or_doubled(stack: Stack, ids: set[int]) -> None:
    ended = dict(stack.rows("SELECT id, status FROM tickets_ticket"))
    assert {ended[ticket] for ticket in ids} == {"succeeded"}
    calls = stack.calls()
    keys = {
        f"{key}.{attempt}"
        for ticket, key, attempt in stack.rows(
            "SELECT ticket_id, key::text, attempt FROM tickets_step WHERE name = 'rehearse_call'"
        )
        if ticket in ids
    }
    assert len(keys) == TICKETS * STEPS
    assert {calls[key] for key in keys} == {1}
    assert stack.rows("SELECT id FROM tickets_step WHERE status IN ('due', 'waiting') OR lease_until IS NOT NULL") == []


def test_nothing_is_lost_and_it_takes_at_most_twice_as_long(stack: Stack) -> None:
    worker = stack.processes["worker"]
    quiet_ids, quiet = play(stack)
    assert_nothing_lost_or_doubled(stack, quiet_ids)
    trouble, begun, rounds = Trouble(stack), time.monotonic(), []
    trouble.start()
    try:
        while not rounds or time.monotonic() - begun < LEAST:
            ids, took = play(stack)
            rounds.append(took)
            assert_nothing_lost_or_doubled(stack, ids)
    finally:
        trouble.over.set()
        trouble.join(60)
    ratio = max(rounds) / quiet
    print(
        f"\n{TICKETS} tickets of {STEPS} calls: {quiet:.1f} s in peace; {', '.join(f'{one:.1f}' for one in rounds)} s"
        f" with {trouble.times} restarts in {time.monotonic() - begun:.0f} s: {ratio:.2f} times as long"
    )
    assert trouble.times >= LEAST / APART / 2
    assert ratio <= 2
    assert worker.poll() is None
