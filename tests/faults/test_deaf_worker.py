"""A worker hears its bell again within ten seconds of whatever befell the broker, or its liveness probe says so (QR6).

A real Celery worker and a real broker; what was consumed is read from the broker's own list.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

import pytest

from tests.faults.stack import FULL, Stack, running_stack
from tests.support.story import wait_for

RESUMES = 10.0
AWAY = 30.0 if FULL else 8.0
KILLS = 50
pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with running_stack() as made:
        made.start_web()
        made.start_worker()
        yield made


def ring(stack: Stack) -> None:
    """A message into the doorbell, by a broker that answers: a ticket that is done at once."""
    stack.filed(steps=0)


def waiting(stack: Stack) -> int:
    """How many messages nobody has taken."""
    client = stack.broker.client()
    try:
        return int(client.llen("doorbell"))
    finally:
        client.close()


def heard(stack: Stack) -> int:
    """How many rings the worker took, by its own log."""
    return stack.log("worker").read_bytes().count(b"Task tickets.look[")


def seconds_until_heard(stack: Stack, within: float = RESUMES) -> float:
    """Ring until the worker hears it; how long that took from now."""
    begun, before = time.monotonic(), heard(stack)
    while heard(stack) == before:
        assert time.monotonic() - begun < within, f"deaf for {within} s\n{stack.tail(30)}"
        time.sleep(1)  # the doorbell is muted for some seconds after a broker was away, and a ring may be lost
        ring(stack)
        time.sleep(0.3)
    wait_for(lambda: waiting(stack) == 0, 5, "an empty doorbell")
    return time.monotonic() - begun


def test_a_healthy_worker_answers_its_probe(stack: Stack) -> None:
    status, line, _ = stack.probe()
    assert (status, "answered after" in line) == (0, True), line


def test_fifty_dropped_connections_later_the_worker_still_hears(stack: Stack) -> None:
    dropped = 0
    for number in range(KILLS):
        dropped += stack.broker.drop_connections()
        time.sleep(0.05 if number % 10 else 0.6)  # in bursts: several within a second are what deafened older Celerys
    assert dropped >= KILLS
    took = seconds_until_heard(stack)
    print(f"\nheard {took:.1f} s after the last of {KILLS} rounds, {dropped} connections dropped")
    assert stack.probe()[0] == 0
    assert stack.processes["worker"].poll() is None


def test_a_broker_that_was_gone_is_heard_within_ten_seconds(stack: Stack) -> None:
    stack.broker.stop()
    time.sleep(AWAY)
    stack.broker.start()
    took = seconds_until_heard(stack)
    print(f"\nheard {took:.1f} s after the broker was back from {AWAY:.0f} s away")


def test_a_broker_that_hung_is_heard_within_ten_seconds(stack: Stack) -> None:
    pid = stack.broker.pid
    os.kill(pid, signal.SIGSTOP)
    try:
        time.sleep(AWAY)
    finally:
        os.kill(pid, signal.SIGCONT)
    took = seconds_until_heard(stack)
    print(f"\nheard {took:.1f} s after the broker went on from {AWAY:.0f} s of silence")


def test_a_broker_that_is_away_neither_stops_tickets_nor_restarts_the_worker(stack: Stack) -> None:
    stack.broker.stop()
    try:
        ticket = stack.filed(steps=1)
        wait_for(
            lambda: stack.rows("SELECT status FROM tickets_ticket WHERE id = %s", ticket) == [("succeeded",)],
            20,
            "the ticket by the sweep",
        )
        status, line, _ = stack.probe(within=3)
        assert (status, "the broker is away" in line) == (0, True), line
    finally:
        stack.broker.start()
    seconds_until_heard(stack)


def test_a_hanging_broker_keeps_nobody_waiting(stack: Stack) -> None:
    seconds = []
    os.kill(pid := stack.broker.pid, signal.SIGSTOP)
    try:
        for _ in range(6):
            begun = time.monotonic()
            stack.filed(steps=0)
            seconds.append(time.monotonic() - begun)
    finally:
        os.kill(pid, signal.SIGCONT)
    print("\nPOST /tickets with a hanging broker:", [f"{one:.1f}" for one in seconds])
    assert max(seconds) < 3
    seconds_until_heard(stack)


def test_a_full_broker_refuses_nobodys_ticket(stack: Stack) -> None:
    client = stack.broker.client()
    client.config_set("maxmemory", 1)
    try:
        answers = [stack.file(steps=0)[0] for _ in range(3)]
    finally:
        client.config_set("maxmemory", 0)
        client.close()
    assert answers == [201, 201, 201]
    seconds_until_heard(stack)


def test_what_is_no_message_does_not_deafen_the_worker(stack: Stack) -> None:
    client = stack.broker.client()
    for junk in (b"\x00\xff", b"[]", b"{}", b'{"body": "x", "properties": {}, "headers": {}}', b"null"):
        client.lpush("doorbell", junk)
    client.close()
    seconds_until_heard(stack)
    assert stack.processes["worker"].poll() is None


def test_a_worker_that_starts_without_a_broker_works_and_stops_when_asked(stack: Stack) -> None:
    stack.broker.stop()
    try:
        assert stack.stop("worker") == 0
        stack.start_worker("other", waits=False)
        ticket = stack.filed(steps=1)
        wait_for(
            lambda: stack.rows("SELECT status FROM tickets_ticket WHERE id = %s", ticket) == [("succeeded",)],
            40,
            "the ticket by a worker that never saw a broker",
        )
        begun = time.monotonic()
        stack.stop("other")
        assert time.monotonic() - begun < 30
    finally:
        stack.broker.start()
        stack.start_worker()


def test_the_probe_says_so_when_the_worker_is_deaf_or_dead(stack: Stack) -> None:
    worker = stack.processes["worker"]
    worker.send_signal(signal.SIGSTOP)
    try:
        status, line, _ = stack.probe(within=4)
    finally:
        worker.send_signal(signal.SIGCONT)
    assert (status, "no answer within 4 s although the broker answers" in line) == (1, True), line
    status, line, _ = stack.probe()
    assert status == 0, line
    status, line, _ = stack.probe("nobody", within=2)
    assert status == 1, line
