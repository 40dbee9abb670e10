"""Many at once over HTTP: one winner, one row."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections

from apps.audit.models import AuditEvent
from apps.tickets.models import Approval, Ticket
from apps.tickets.registry import StepSpec
from tests.support.factories import grant, make_user
from tests.tickets.conftest import Place
from tests.tickets.drill import Drill
from tests.tickets.web import TICKETS, body, signed_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def plan(drill: Drill) -> Drill:
    drill.specs = [StepSpec("start", 0), StepSpec("one", 1)]
    return drill


def at_once(works: list[Callable[[], Any]]) -> list[Any]:
    """Run them together from a common start; their answers in order."""
    start, answers = threading.Barrier(len(works)), [None] * len(works)

    def run(number: int, work: Callable[[], Any]) -> None:
        start.wait()
        try:
            answers[number] = work()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


def codes(answers: list[Any]) -> Counter[Any]:
    return Counter((a.status_code, a.json().get("code", "")) for a in answers)


def decision(ticket: Ticket, choice: str = "approve") -> dict[str, str]:
    return {"decision": choice, "comment": "so be it", "fingerprint": ticket.fingerprint}


def test_twenty_approvals_of_one_person_at_once_are_one(place: Place, plan: Drill) -> None:
    plan.fingerprint, plan.approvals = {"image": "a"}, 2
    ticket = place.file()
    clients = [signed_in(place.ops) for _ in range(20)]
    url = f"{TICKETS}{ticket.pk}/approvals/"
    answers = at_once([lambda c=c: c.post(url, decision(ticket)) for c in clients])
    assert codes(answers) == {(201, ""): 1, (409, "approval.decided_already"): 19}
    assert Approval.objects.count() == 1
    assert AuditEvent.objects.filter(action="ticket.approved").count() == 1
    assert Ticket.objects.get().status == "pending_approval"


def test_of_two_people_who_decide_at_once_one_wins(place: Place, plan: Drill) -> None:
    plan.fingerprint, plan.approvals = {"image": "a"}, 1
    ticket = place.file()
    url = f"{TICKETS}{ticket.pk}/approvals/"
    ops, ops2 = signed_in(place.ops), signed_in(place.ops2)
    answers = at_once([lambda: ops.post(url, decision(ticket)), lambda: ops2.post(url, decision(ticket, "reject"))])
    assert codes(answers) == {(201, ""): 1, (409, "approval.not_pending"): 1}
    won = Approval.objects.get()
    assert Ticket.objects.get().status == {"approve": "queued", "reject": "rejected"}[won.decision]


def test_fifty_people_who_approve_at_once_start_it_once(place: Place, plan: Drill) -> None:
    plan.fingerprint, plan.approvals = {"image": "a"}, 1
    people = [make_user(f"ops-{n}") for n in range(25)]
    for person in people:
        grant(person, place.project, place.environment, "ops")
    ticket = place.file()
    url = f"{TICKETS}{ticket.pk}/approvals/"
    clients = [signed_in(person) for person in people for _ in range(2)]
    answers = at_once([lambda c=c: c.post(url, decision(ticket)) for c in clients])
    assert codes(answers) == {(201, ""): 1, (409, "approval.not_pending"): 49}
    assert (Approval.objects.count(), Ticket.objects.get().status) == (1, "queued")
    assert AuditEvent.objects.filter(action="ticket.queued").count() == 1


def test_ten_equal_filings_under_one_key_are_one_ticket(place: Place) -> None:
    clients = [signed_in(place.developer) for _ in range(10)]
    asked = body("drill", place.project, place.environment, word="same")
    answers = at_once([lambda c=c: c.post(TICKETS, asked, HTTP_IDEMPOTENCY_KEY="k") for c in clients])
    assert Counter(a.status_code for a in answers) == {201: 1, 200: 9}
    assert len({a.json()["id"] for a in answers}) == 1
    assert (Ticket.objects.count(), AuditEvent.objects.filter(action="ticket.filed").count()) == (1, 1)


def test_cancelling_twenty_times_at_once_cancels_once(place: Place, plan: Drill) -> None:
    plan.fingerprint, plan.approvals = {"image": "a"}, 1
    ticket = place.file()
    clients = [signed_in(place.developer) for _ in range(20)]
    answers = at_once([lambda c=c: c.post(f"{TICKETS}{ticket.pk}/cancel", {}) for c in clients])
    assert codes(answers) == {(200, ""): 1, (409, "ticket.ended_already"): 19}
    assert AuditEvent.objects.filter(action="ticket.canceled").count() == 1
