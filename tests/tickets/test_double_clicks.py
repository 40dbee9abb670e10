"""Double clicks: fifty at once on connections of their own, and exactly one of them counts (QR9)."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from apps.audit.models import AuditEvent
from apps.common.errors import DomainError
from apps.policy.actor import Actor
from apps.tickets.claims import claim_due
from apps.tickets.engine import visit
from apps.tickets.models import Slot, Ticket
from apps.tickets.outcomes import Done, Failed, Waiting
from apps.tickets.registry import StepSpec
from apps.tickets.services.approvals import decide
from apps.tickets.services.running import cancel_ticket, retry_ticket
from apps.tickets.visit import Visit
from tests.support.factories import actor_of
from tests.tickets.conftest import Place, turn
from tests.tickets.drill import Drill
from tests.tickets.test_api_races import at_once
from tests.tickets.test_engine import fresh

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]

MANY = 50


def answers(works: list[Callable[[], Any]]) -> Counter[str]:
    """All at once on connections of their own; what came of each: "won" or the code of the refusal."""

    def tell(work: Callable[[], Any]) -> str:
        try:
            return "won" if work() is not False else "nothing"
        except DomainError as refused:
            return refused.code

    return Counter(at_once([lambda w=w: tell(w) for w in works]))


@pytest.fixture
def plan(drill: Drill) -> Drill:
    drill.specs = [StepSpec("start", 0), StepSpec("one", 1)]
    return drill


def test_fifty_retries_at_once_are_one_attempt(place: Place, plan: Drill) -> None:
    plan.script = {("one", ""): [Failed("said.no"), Waiting(3600)]}
    ticket = place.file()
    turn()
    assert answers([lambda: retry_ticket(fresh(ticket), actor=actor_of(place.developer))] * MANY) == {
        "won": 1,
        "ticket.not_retryable": MANY - 1,
    }
    assert ticket.steps.get(name="one").attempt == 2
    assert AuditEvent.objects.filter(action="ticket.running").count() == 2


def test_fifty_workers_at_once_visit_each_step_once(place: Place, plan: Drill) -> None:
    plan.specs = [StepSpec("one", 0, f"t{number}", 1) for number in range(3)]
    place.file()
    lock, visited = threading.Lock(), Counter[str]()

    def slow(visiting: Visit) -> Done:
        with lock:
            visited[visiting.step.target] += 1
        return Done()

    plan.script = {("one", f"t{number}"): [slow] for number in range(3)}

    def work() -> bool:
        claims = claim_due(threading.current_thread().name, 3)
        for claim in claims:
            visit(claim)
        return bool(claims)

    assert sum(answers([work] * MANY).values()) == MANY
    turn()
    assert visited == {"t0": 1, "t1": 1, "t2": 1}


def test_of_fifty_visits_under_one_claim_one_is_recorded(place: Place, plan: Drill) -> None:
    ticket = place.file()
    (claim,) = claim_due("w", 1)
    assert answers([lambda: visit(claim)] * MANY) == {"won": MANY}
    assert ticket.steps.get(name="start").status == "succeeded"
    assert AuditEvent.objects.filter(action="ticket.running").count() == 1


def test_of_fifty_cancels_of_a_running_ticket_one_is_accepted(place: Place, plan: Drill) -> None:
    plan.script = {("one", ""): [Waiting(3600)]}
    ticket = place.file()
    turn()
    assert answers([lambda: cancel_ticket(fresh(ticket), reason="", actor=actor_of(place.developer))] * MANY) == {
        "won": 1,
        "ticket.cancel_requested_already": MANY - 1,
    }
    turn()
    assert fresh(ticket).status == "canceled"


def test_approving_cancelling_and_rejecting_at_once_has_one_winner(place: Place, plan: Drill) -> None:
    plan.fingerprint, plan.approvals = {"image": "a"}, 1
    ops, ops2 = actor_of(place.ops), actor_of(place.ops2)
    for _ in range(5):
        ticket = place.file()

        def say(choice: str, actor: Actor, ticket: Ticket = ticket) -> Any:
            return decide(fresh(ticket), decision=choice, comment="so", fingerprint=ticket.fingerprint, actor=actor)

        works: list[Callable[[], Any]] = [
            lambda: say("approve", ops),
            lambda: say("reject", ops2),
            lambda t=ticket: cancel_ticket(fresh(t), reason="", actor=actor_of(place.developer)),
        ] * 4
        found = answers(works)
        status = fresh(ticket).status
        # an approved ticket may still be cancelled: that is two answers to two questions
        assert (found["won"], status) in [(1, "queued"), (1, "rejected"), (1, "canceled"), (2, "canceled")], found
        assert Slot.objects.count() == 0
        turn()
