"""Only the database's clock decides: workers whose wall clocks are ten minutes off do exactly what a sound one does.

Waits, leases, expiry and planned times are compared by the database's own times. The workers' clocks are moved inside
their processes; that they are is read from their logs.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from apps.integrations.errors import retry_after
from tests.faults.stack import Stack, running_stack
from tests.support.story import wait_for

SHIFTS = [0, 600, -600]
SLACK = 6.0  # a sweep, a chore's interval, and a slow machine; far from ten minutes
CHECKOUT = Path(__file__).resolve().parents[2]
servers = pytest.mark.timeout(300)
pytestmark = [pytest.mark.faults, pytest.mark.slow]


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with running_stack() as made:
        made.start_web()
        yield made


@pytest.fixture(params=SHIFTS, ids=[f"{shift:+d} s" for shift in SHIFTS])
def worker(stack: Stack, request: pytest.FixtureRequest) -> Iterator[str]:
    """A worker whose clock is that wrong."""
    name = f"worker{request.param}"
    stack.start_worker(name, OPSPORTAL_CLOCK_SHIFT=str(request.param))
    stamp = re.search(r"^(\d{4}-\d\d-\d\dT[\d:.]+)Z", stack.log(name).read_text(), re.MULTILINE)
    assert stamp is not None, stack.log(name).read_text()
    off = (datetime.fromisoformat(stamp[1]).replace(tzinfo=UTC) - datetime.now(UTC)).total_seconds()
    # The line is as old as the start took: seconds, or a minute and more where the machine is busy.
    assert abs(off - request.param) < 250, (stamp[1], off)
    yield name
    stack.stop(name)


def seconds(stack: Stack, expression: str, ticket: int, name: str = "") -> float:
    """An interval of a ticket, or of its step of that name, as the database has it."""
    rows = stack.rows(
        f"SELECT extract(epoch FROM {expression})::float FROM tickets_ticket t"
        " LEFT JOIN tickets_step s ON s.ticket_id = t.id AND s.name = %s WHERE t.id = %s",
        name,
        ticket,
    )
    return float(rows[0][0])


def status_of(stack: Stack, ticket: int) -> str:
    return str(stack.rows("SELECT status FROM tickets_ticket WHERE id = %s", ticket)[0][0])


def hurry(stack: Stack, chore: str) -> None:
    """Let the chore look now, as if its interval were over."""
    stack.rows("UPDATE tickets_chore SET due_at = now() WHERE name = %s AND lease_until IS NULL RETURNING id", chore)


@servers
def test_waits_leases_expiry_and_planned_times_are_the_databases(stack: Stack, worker: str) -> None:
    waited = stack.filed(steps=1, seconds=2.0)
    leased = stack.filed(steps=1, seconds=0.2)
    expiring = stack.filed(steps=0, approvals=1)
    planned = stack.filed(steps=0, approvals=1)
    stack.rows("UPDATE tickets_ticket SET expires_at = now() + interval '6 s' WHERE id = %s RETURNING id", expiring)
    stack.rows("UPDATE tickets_ticket SET planned_at = now() + interval '6 s' WHERE id = %s RETURNING id", planned)
    decision = {"decision": "approve", "comment": "", "fingerprint": ""}
    assert stack.ask("POST", f"/api/v1/tickets/{planned}/approvals/", decision, who="ops")[0] == 201
    assert status_of(stack, planned) == "scheduled"
    wait_for(lambda: status_of(stack, waited) == "succeeded", 40, "the one that waits")
    assert 2.0 <= seconds(stack, "s.finished_at - s.started_at", waited, "rehearse_wait") < 2.0 + SLACK
    wait_for(lambda: status_of(stack, leased) == "succeeded", 40, "the other one")

    def both_over() -> bool:
        hurry(stack, "tickets.expire")
        hurry(stack, "tickets.scheduled")
        time.sleep(0.2)
        return status_of(stack, expiring) == "expired" and status_of(stack, planned) == "succeeded"

    wait_for(both_over, 60, "the expiry and the planned start")
    assert 6.0 <= seconds(stack, "t.finished_at - t.created_at", expiring) < 6.0 + 4 * SLACK
    assert 0 <= seconds(stack, "t.queued_at - t.planned_at", planned) < SLACK


@servers
def test_another_workers_lease_is_waited_out_and_then_taken(stack: Stack, worker: str) -> None:
    ticket = stack.filed(steps=1, seconds=60)
    step = "SELECT id FROM tickets_step WHERE ticket_id = %s AND name = 'rehearse_wait' AND status = 'waiting'"
    wait_for(lambda: stack.rows(step, ticket) != [], 30, "the waiting step")
    (planted,) = stack.rows(
        f"UPDATE tickets_step SET lease_owner = 'gone', lease_until = now() + interval '4 s', due_at = now(),"
        f" fence = fence + 1 WHERE id IN ({step}) RETURNING lease_until, fence",
        ticket,
    )
    taken = "SELECT claimed_at FROM tickets_step WHERE ticket_id = %s AND fence > %s"
    wait_for(lambda: stack.rows(taken, ticket, planted[1]) != [], 30, "the next owner")
    first = stack.rows(
        "SELECT min(claimed_at) FROM tickets_step WHERE ticket_id = %s AND fence > %s", ticket, planted[1]
    )[0][0]
    assert timedelta(0) <= first - planted[0] < timedelta(seconds=SLACK)
    cancel = stack.ask("POST", f"/api/v1/tickets/{ticket}/cancel", {})
    assert cancel[0] == 200, cancel
    wait_for(lambda: status_of(stack, ticket) == "canceled", 30, "the end")


def test_a_retry_after_date_counts_from_the_answers_own_date() -> None:
    theirs = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=10)
    headers = {"Retry-After": format_datetime(theirs + timedelta(seconds=30), usegmt=True)}
    assert retry_after({**headers, "Date": format_datetime(theirs, usegmt=True)}) == 30.0


def test_no_product_code_asks_this_machine_for_the_time() -> None:
    wall = re.compile(r"\btime\.time\(|timezone\.now\(|datetime\.(?:now|utcnow|today)\(|date\.today\(|localtime\(")
    found = {}
    for path in sorted((CHECKOUT / "apps").rglob("*.py")):
        where = path.relative_to(CHECKOUT).as_posix()
        if where.startswith("apps/sandbox/"):
            continue
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if wall.search(line)]
        if lines:
            found[where] = lines
    # the last resort for an answer without a Date header
    assert found == {
        "apps/integrations/errors.py": ['since = now or _date(headers.get("Date", "")) or datetime.now(UTC)'],
    }
