"""Rows that no version of ours would have written: the ticket is `errored` with a sentence, the engine goes on, a retry
works once the row is mended.

Every case runs beside a sound ticket, which must end as if nothing had happened.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.common.messages import LANGUAGES, catalogue, params_of, sentence
from apps.projects.models import Project
from apps.tickets import advance, registry, transitions
from apps.tickets.claims import claim_due
from apps.tickets.engine import TROUBLES_MOST, visit
from apps.tickets.housekeeping import expire, revive_zombies, start_scheduled
from apps.tickets.models import Slot, Step, Ticket
from apps.tickets.outcomes import Done, Ended, Failed, GoBack, Waiting
from apps.tickets.registry import StepSpec
from apps.tickets.services.running import cancel_ticket, retry_ticket
from apps.tickets.visit import Visit
from tests.support.factories import actor_of
from tests.tickets.conftest import Place, turn
from tests.tickets.drill import Drill, DrillKind
from tests.tickets.test_engine import fresh
from tests.tickets.web import TICKETS, signed_in

pytestmark = pytest.mark.django_db(transaction=True)

PLAN = [StepSpec("start", 0), StepSpec("one", 1), StepSpec("two", 2), StepSpec("settle", 3)]
WRONG: dict[str, Any] = {"a list": ["x"], "a text": "x", "a number": 7, "a truth": True}


def assert_told(ticket: Ticket, code: str) -> dict[str, Any]:
    """The ticket is errored for that reason, in a sentence of both languages without a gap; the params."""
    ticket = fresh(ticket)
    assert (ticket.status, ticket.reason["code"]) == ("errored", code)
    for language in LANGUAGES:
        assert code in catalogue(language)
        assert params_of(catalogue(language)[code]) <= set(ticket.reason["params"])
        assert "–" not in sentence(code, ticket.reason["params"], language)
    open_steps = Step.objects.filter(ticket=ticket, status__in=["due", "waiting", "planned"])
    assert (open_steps.count(), Slot.objects.filter(ticket=ticket).count()) == (0, 0)
    return dict(ticket.reason["params"])


def assert_shown(place: Place, ticket: Ticket) -> None:
    """The card, the steps and the list can still be read."""
    client = signed_in(place.developer)
    urls = [TICKETS, f"{TICKETS}{ticket.pk}/", f"{TICKETS}{ticket.pk}/steps/"]
    assert [client.get(url).status_code for url in urls] == [200, 200, 200]


def plant(ticket: Ticket, name: str, **columns: Any) -> Step:
    step = ticket.steps.get(name=name)
    Step.objects.filter(pk=step.pk).update(**columns)
    return step


@pytest.mark.parametrize("column", ["params", "intent", "output"])
def test_a_column_of_the_wrong_type_ends_its_ticket_alone(place: Place, drill: Drill, column: str) -> None:
    drill.specs = PLAN
    broken, sound = [place.file() for _ in WRONG], place.file()
    for ticket, value in zip(broken, WRONG.values(), strict=True):
        plant(ticket, "one", **{column: value})
    turn()
    assert drill.times[("one", "")] == 1  # the sound ticket's; none of the others was run
    assert fresh(sound).status == "succeeded"
    for ticket in broken:
        assert assert_told(ticket, "engine.bad_row") == {"step": "one", "column": column}
        assert_shown(place, ticket)
        plant(ticket, "one", **{column: {}})
        retry_ticket(fresh(ticket), actor=actor_of(place.developer))
    turn()
    assert {fresh(ticket).status for ticket in broken} == {"succeeded"}


def test_an_earlier_steps_output_that_cannot_be_read_names_the_earlier_step(place: Place, drill: Drill) -> None:
    drill.specs = PLAN

    def read_earlier(visiting: Visit) -> Done:
        return Done({"seen": visiting.output_of("one")})

    drill.script = {("one", ""): [Done({"tag": "v1"})], ("two", ""): [read_earlier]}
    ticket = place.file()
    for _ in range(2):  # start, one
        visit(claim_due("w", 8)[0])
    plant(ticket, "one", output=["x"])
    turn()
    assert assert_told(ticket, "engine.bad_row") == {"step": "one", "column": "output"}
    plant(ticket, "one", output={"tag": "v1"})
    retry_ticket(fresh(ticket), actor=actor_of(place.developer))
    turn()
    assert fresh(ticket).status == "succeeded"
    assert ticket.steps.get(name="two").output == {"seen": {"tag": "v1"}}


def test_a_failed_tickets_spoilt_rows_can_still_be_retried_and_read(place: Place, drill: Drill) -> None:
    drill.specs = PLAN
    drill.script = {("one", ""): [*[Failed("said.no")] * len(WRONG), Done()]}
    tickets = [place.file() for _ in WRONG]
    turn()
    for ticket, value in zip(tickets, WRONG.values(), strict=True):
        plant(ticket, "one", params=value, reason=value)
        assert_shown(place, ticket)
        retry_ticket(fresh(ticket), actor=actor_of(place.developer))
    turn()
    for ticket in tickets:
        assert assert_told(ticket, "engine.bad_row") == {"step": "one", "column": "params"}
        plant(ticket, "one", params={})
        retry_ticket(fresh(ticket), actor=actor_of(place.developer))
    turn()
    assert {fresh(ticket).status for ticket in tickets} == {"succeeded"}


@pytest.mark.parametrize("column", ["reason", "cancel_reason"])
def test_a_tickets_own_spoilt_reason_does_not_keep_it_open(place: Place, drill: Drill, column: str) -> None:
    drill.specs = PLAN
    values = iter(WRONG.values())

    def spoil(visiting: Visit) -> Done:
        cancel_ticket(fresh(visiting.ticket), reason="", actor=actor_of(place.developer))
        Ticket.objects.filter(pk=visiting.ticket.pk).update(**{column: next(values)})
        return Done()

    drill.script = {("one", ""): [*[spoil] * len(WRONG), Done()]}
    tickets, sound = [place.file() for _ in WRONG], place.file()
    turn()
    assert {fresh(ticket).status for ticket in tickets} == {"canceled"}
    assert fresh(sound).status == "succeeded"
    for ticket in tickets:
        assert_shown(place, ticket)


def test_a_step_of_a_newer_version_errs_and_goes_on_where_it_is_known(place: Place, drill: Drill) -> None:
    drill.specs = [StepSpec("start", 0), StepSpec("sign_image", 1), StepSpec("two", 2)]
    newer = place.file()
    drill.specs = PLAN
    sound = place.file()
    turn()
    assert assert_told(newer, "engine.unknown_step") == {"step": "sign_image"}
    assert fresh(sound).status == "succeeded"
    assert_shown(place, newer)
    registry.STEPS["sign_image"] = registry.STEPS["one"]
    try:
        retry_ticket(fresh(newer), actor=actor_of(place.developer))
        turn()
    finally:
        registry.STEPS.pop("sign_image")
    assert fresh(newer).status == "succeeded"


@pytest.mark.parametrize("approvals", [0, 1])
def test_a_kind_that_was_removed_leaves_its_tickets_readable_and_retryable(
    place: Place, drill: Drill, approvals: int
) -> None:
    drill.specs, drill.approvals = PLAN, approvals
    ticket = place.file()
    kind = registry.KINDS.pop("drill")
    try:
        turn()
        assert_shown(place, ticket)
        if approvals:
            assert signed_in(place.ops).post(
                f"{TICKETS}{ticket.pk}/approvals/", {"decision": "approve", "comment": "", "fingerprint": ""}
            ).json()["code"] in ("ticket.kind_removed",)
            assert signed_in(place.developer).post(f"{TICKETS}{ticket.pk}/cancel", {}).status_code == 200
            return
        assert assert_told(ticket, "engine.unknown_kind") == {"kind": "drill"}
    finally:
        registry.KINDS["drill"] = kind
    retry_ticket(fresh(ticket), actor=actor_of(place.developer))
    turn()
    assert fresh(ticket).status == "succeeded"


UNRECORDABLE: dict[str, Any] = {
    "no outcome": lambda _visiting: None,
    "an output that is no JSON": Done({"when": timezone.now(), "what": {1, 2}}),
    "an output PostgreSQL refuses": Done({"said": "a\x00b"}),
    "a reason PostgreSQL refuses": Failed("said.no", {"said": "a\x00b"}),
    "back to a step that is not there": GoBack("nowhere"),
    "an end that is none": Ended("paused"),
}


@pytest.mark.parametrize("answer", UNRECORDABLE.values(), ids=UNRECORDABLE.keys())
def test_an_answer_that_cannot_be_written_down_is_errored_and_not_asked_for_again(
    place: Place, drill: Drill, answer: Any
) -> None:
    drill.specs = PLAN
    drill.script = {("one", ""): [answer, Done()]}
    broken, sound = place.file(), place.file()
    turn()
    assert "step" in assert_told(broken, "engine.crash")
    assert drill.times[("one", "")] == 2
    assert fresh(sound).status == "succeeded"
    retry_ticket(fresh(broken), actor=actor_of(place.developer))
    turn()
    assert fresh(broken).status == "succeeded"


def test_a_kind_that_breaks_at_the_end_does_not_keep_its_ticket_open(
    place: Place, drill: Drill, monkeypatch: pytest.MonkeyPatch
) -> None:
    drill.specs = [StepSpec("take_slot", 0), StepSpec("start", 1), StepSpec("one", 2)]
    broken, sound = place.file(), place.file()

    def breaks(_kind: object, ticket: Ticket) -> None:
        if ticket.pk == broken.pk:
            raise KeyError("workload")

    monkeypatch.setattr(DrillKind, "on_end", breaks)
    turn()
    assert_told(broken, "engine.crash")
    assert fresh(sound).status == "succeeded"  # it waited for the slot


def test_one_spoilt_ticket_does_not_keep_the_chores_from_the_others(
    place: Place, drill: Drill, monkeypatch: pytest.MonkeyPatch
) -> None:
    drill.specs = PLAN
    stuck, planned, old = ([place.file() for _ in range(3)] for _ in range(3))
    Step.objects.filter(ticket__in=[t.pk for t in (*stuck, *planned, *old)]).update(status="planned", due_at=None)
    past = timezone.now() - timedelta(days=1)
    Ticket.objects.filter(pk__in=[t.pk for t in planned]).update(status="scheduled", planned_at=past)
    Ticket.objects.filter(pk__in=[t.pk for t in old]).update(status="pending_approval", expires_at=past)
    spoilt = {stuck[0].pk, planned[0].pk, old[0].pk}
    sound_finish, sound_transition = advance.make_due, transitions.record

    def due(steps: list[Step]) -> None:
        if steps[0].ticket_id in spoilt:
            raise KeyError("spoilt")
        sound_finish(steps)

    def recorded(action: str, *, target: Ticket, **more: Any) -> None:
        if action == "ticket.expired" and target.pk in spoilt:
            raise KeyError("spoilt")
        sound_transition(action, target=target, **more)

    monkeypatch.setattr(advance, "make_due", due)
    monkeypatch.setattr(transitions, "record", recorded)
    revive_zombies("")
    start_scheduled("")
    expire("")
    assert [fresh(t).status for t in stuck] == ["errored", "queued", "queued"]
    assert [t.steps.filter(status="due").count() for t in stuck] == [0, 1, 1]
    assert_told(stuck[0], "engine.stuck")
    assert [fresh(t).status for t in planned] == ["scheduled", "queued", "queued"]
    assert [fresh(t).status for t in old] == ["pending_approval", "expired", "expired"]


def test_a_target_that_is_no_longer_there_is_named(place: Place, drill: Drill) -> None:
    drill.specs = [StepSpec("start", 0), StepSpec("patch_image", 1, "dc1/book", params={"workload": 2**31})]
    gone = place.file()
    drill.specs = PLAN
    sound = place.file()
    turn()
    assert assert_told(gone, "engine.row_gone") == {"step": "patch_image dc1/book", "what": "workload"}
    assert fresh(sound).status == "succeeded"
    assert_shown(place, gone)


def test_a_missing_row_that_is_back_lets_the_retry_go_on(place: Place, drill: Drill) -> None:
    drill.specs = PLAN
    drill.script = {("one", ""): [Project.DoesNotExist(), Done()]}
    ticket = place.file()
    turn()
    assert assert_told(ticket, "engine.row_gone") == {"step": "one", "what": "project"}
    retry_ticket(fresh(ticket), actor=actor_of(place.developer))
    turn()
    assert fresh(ticket).status == "succeeded"


def test_a_step_whose_visits_never_come_back_is_errored_in_the_end(place: Place, drill: Drill) -> None:
    drill.specs = PLAN
    ticket = place.file()
    for _ in range(TROUBLES_MOST):  # each worker that touches it dies
        assert len(claim_due("doomed", 8)) == 1
        Step.objects.filter(lease_until__isnull=False).update(lease_until=timezone.now())
    turn()
    assert assert_told(ticket, "engine.abandoned") == {"step": "start", "times": TROUBLES_MOST}


@pytest.mark.parametrize("status", ["pending_approval", "scheduled", "succeeded", "canceled", "paused"])
def test_a_step_that_is_due_on_a_ticket_that_may_not_run_is_not_run(place: Place, drill: Drill, status: str) -> None:
    drill.specs = PLAN[1:]
    ticket = place.file()
    Ticket.objects.filter(pk=ticket.pk).update(status=status)
    turn()
    assert drill.calls == []
    assert (fresh(ticket).status, ticket.steps.filter(status__in=["due", "waiting"]).count()) == (status, 0)


def test_visits_that_came_back_are_forgotten(place: Place, drill: Drill) -> None:
    drill.specs = PLAN
    drill.script = {("one", ""): [Waiting(60)]}
    ticket = place.file()
    turn()
    step = ticket.steps.get(name="one")
    for _ in range(3):
        Step.objects.filter(pk=step.pk).update(due_at=timezone.now(), lease_until=timezone.now())
        assert claim_due("doomed", 8)[0].step_id == step.pk
    assert ticket.steps.get(name="one").troubles == 3
    Step.objects.filter(pk=step.pk).update(lease_until=timezone.now())
    turn()
    assert ticket.steps.get(name="one").troubles == 0
