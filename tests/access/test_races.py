"""Requests for project access that meet: one winner, and a name that is given back goes to whoever asks next."""

from __future__ import annotations

from collections import Counter as Tally
from typing import Any

import pytest

from apps.projects.models import Project
from apps.tickets.models import Ticket
from tests.access.conftest import BODY, REQUESTS, Counter
from tests.tickets.test_api_races import at_once
from tests.tickets.web import TICKETS

pytestmark = pytest.mark.django_db(transaction=True)


def outcome(answer: Any) -> tuple[int, str]:
    """The status, and the code of the whole refusal or of the field `slug`."""
    told = answer.json()
    return answer.status_code, next((one["code"] for one in told.get("fields", {}).get("slug", [])), "")


def test_of_ten_people_who_ask_for_one_name_at_once_one_gets_it(counter: Counter) -> None:
    clients = [counter.client(who) for who in ("dev", "chen", "tester", "ops", "stranger") * 2]
    answers = at_once([lambda c=c: c.post(REQUESTS, BODY) for c in clients])
    assert Tally(answer.status_code for answer in answers)[201] == 1
    refused = {outcome(answer) for answer in answers if answer.status_code != 201}
    assert refused <= {(409, "unique"), (400, "project.name_taken")}
    assert (Project.objects.filter(slug="pay-gate-n1").count(), Ticket.objects.count()) == (1, 1)


def test_ten_clicks_with_one_key_at_once_are_one_request(counter: Counter) -> None:
    clients = [counter.client("dev") for _ in range(10)]
    headers = {"Idempotency-Key": "once"}
    answers = at_once([lambda c=c: c.post(REQUESTS, BODY, headers=headers) for c in clients])
    assert Tally(answer.status_code for answer in answers) == {201: 1, 200: 9}
    assert {answer.json()["id"] for answer in answers} == {Ticket.objects.get().pk}


def test_a_name_that_is_given_back_while_others_ask_for_it_goes_to_one_of_them(counter: Counter) -> None:
    first = counter.asked()
    ops, clients = counter.client("ops"), [counter.client(who) for who in ("dev", "chen", "tester")]
    rejection = {"decision": "reject", "comment": "Not yet.", "fingerprint": ""}
    answers = at_once(
        [
            lambda: ops.post(f"{TICKETS}{first}/approvals/", rejection),
            *(lambda c=c: c.post(REQUESTS, BODY) for c in clients),
        ]
    )
    assert answers[0].status_code == 201
    won = [answer for answer in answers[1:] if answer.status_code == 201]
    last = won[0] if won else counter.ask()
    assert (len(won) <= 1, last.status_code) == (True, 201)
    assert Ticket.objects.get(pk=last.json()["id"]).project.slug == "pay-gate-n1"
    assert Project.objects.get(slug=f"pay-gate-n1~{first}").stage == "withdrawn"


def test_of_an_approval_and_a_withdrawal_at_once_one_counts(counter: Counter) -> None:
    ticket = counter.asked()
    ops, dev = counter.client("ops"), counter.client("dev")
    approval = {"decision": "approve", "comment": "", "fingerprint": ""}
    at_once(
        [
            lambda: ops.post(f"{TICKETS}{ticket}/approvals/", approval),
            lambda: dev.post(f"{TICKETS}{ticket}/cancel", {}),
        ]
    )
    status = Ticket.objects.get(pk=ticket).status
    assert status == "canceled"  # before or after the approval: nothing had started
    assert Project.objects.get(slug=f"pay-gate-n1~{ticket}").stage == "withdrawn"
