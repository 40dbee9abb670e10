"""The engine by hand: plans are walked, outcomes recorded, waves and targets kept apart."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.audit.models import AuditEvent
from apps.common.errors import Rejected, Unavailable
from apps.tickets import chores, registry
from apps.tickets.claims import claim_due
from apps.tickets.engine import record_outcome, visit, wake_step
from apps.tickets.models import Chore, Slot, Step, Ticket
from apps.tickets.outcomes import Done, Errored, Failed, GoBack, SentBack, Waiting
from apps.tickets.registry import StepSpec
from apps.tickets.services.approvals import decide
from apps.tickets.services.running import cancel_ticket, retry_ticket
from apps.tickets.visit import Visit
from tests.support.factories import actor_of
from tests.tickets.conftest import Place, turn
from tests.tickets.drill import Drill

pytestmark = pytest.mark.django_db(transaction=True)

START = StepSpec("start", 0)


def fresh(ticket: Ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)


def statuses(ticket: Ticket) -> dict[str, str]:
    return {str(s): s.status for s in ticket.steps.all()}


def due_now(ticket: Ticket) -> None:
    ticket.steps.filter(status="waiting").update(due_at=timezone.now() - timedelta(seconds=1))


def test_a_plan_is_walked_in_order_and_ends_succeeded(place: Place, drill: Drill) -> None:
    drill.specs = [START, StepSpec("one", 1), StepSpec("two", 2)]
    ticket = place.file()
    assert ticket.status == "queued"
    turn()
    assert fresh(ticket).status == "succeeded"
    assert drill.calls == [("one", ""), ("two", "")]
    actions = list(AuditEvent.objects.order_by("id").values_list("action", flat=True))
    assert actions == ["ticket.filed", "ticket.running", "ticket.succeeded"]


def test_a_waiting_step_is_left_alone_until_it_is_due_and_woken_early_when_rung(place: Place, drill: Drill) -> None:
    drill.specs = [START, StepSpec("one", 1)]
    drill.script = {("one", ""): [Waiting(60), Done()]}
    ticket = place.file()
    turn()
    step = ticket.steps.get(name="one")
    assert (step.status, drill.times[("one", "")]) == ("waiting", 1)
    assert wake_step(step.pk)
    turn()
    assert fresh(ticket).status == "succeeded"


def test_a_wake_up_during_a_visit_is_not_lost(place: Place, drill: Drill) -> None:
    drill.specs = [START, StepSpec("one", 1)]

    def woken_meanwhile(visiting: object) -> Waiting:
        wake_step(ticket.steps.get(name="one").pk)
        return Waiting(3600)

    drill.script = {("one", ""): [woken_meanwhile, Done()]}  # type: ignore[list-item]
    ticket = place.file()
    turn()
    assert fresh(ticket).status == "succeeded"


def test_targets_of_a_wave_go_side_by_side_and_a_failed_one_lets_its_sibling_finish(place: Place, drill: Drill) -> None:
    drill.specs = [
        START,
        StepSpec("one", 0, "dc1", 1),
        StepSpec("two", 1, "dc1", 1),
        StepSpec("one", 0, "dc2", 1),
        StepSpec("two", 1, "dc2", 1),
        StepSpec("three", 0, "dc3", 2),
    ]
    drill.script = {("one", "dc1"): [Failed("said.no", {"why": "x"})]}
    ticket = place.file()
    turn()
    ticket = fresh(ticket)
    assert (ticket.status, ticket.reason) == ("failed", {"code": "said.no", "params": {"why": "x"}})
    assert statuses(ticket) == {
        "start": "succeeded",
        "one dc1": "failed",
        "two dc1": "skipped",
        "one dc2": "succeeded",
        "two dc2": "succeeded",
        "three dc3": "skipped",
    }
    assert ("three", "dc3") not in drill.calls


def test_retry_goes_on_from_the_failed_target_only_and_under_a_new_attempt(place: Place, drill: Drill) -> None:
    drill.specs = [START, StepSpec("one", 0, "dc1", 1), StepSpec("one", 0, "dc2", 1), StepSpec("two", 0, "dc3", 2)]
    drill.script = {("one", "dc1"): [Failed("said.no"), Done()]}
    ticket = place.file()
    turn()
    key = ticket.steps.get(target="dc1").call_key
    retry_ticket(fresh(ticket), actor=actor_of(place.developer))
    turn()
    assert fresh(ticket).status == "succeeded"
    assert drill.times == {("one", "dc1"): 2, ("one", "dc2"): 1, ("two", "dc3"): 1}
    again = ticket.steps.get(target="dc1").call_key
    assert key.endswith(".1")
    assert again == key[:-1] + "2"


def test_a_step_that_waits_on_another_ones_work_is_retried_from_there(place: Place, drill: Drill) -> None:
    drill.specs = [START, StepSpec("one", 1), StepSpec("two", 2, retry_from="one")]
    drill.script = {("two", ""): [Failed("build.failed"), Done()]}
    ticket = place.file()
    turn()
    retry_ticket(fresh(ticket), actor=actor_of(place.developer))
    turn()
    assert drill.calls == [("one", ""), ("two", ""), ("one", ""), ("two", "")]
    assert fresh(ticket).status == "succeeded"


def test_a_failure_that_says_nothing_of_the_earlier_step_does_not_take_back_to_it(place: Place, drill: Drill) -> None:
    drill.specs = [START, StepSpec("one", 1), StepSpec("two", 2, retry_from="one", retry_on=("image.",))]
    drill.script = {("two", ""): [Failed("outside.forbidden"), Failed("image.label_differs"), Done()]}
    ticket = place.file()
    turn()
    retry_ticket(fresh(ticket), actor=actor_of(place.developer))
    turn()
    assert drill.calls == [("one", ""), ("two", ""), ("two", "")]
    retry_ticket(fresh(ticket), actor=actor_of(place.developer))
    turn()
    assert drill.calls == [("one", ""), ("two", ""), ("two", ""), ("one", ""), ("two", "")]
    assert fresh(ticket).status == "succeeded"


def test_a_lost_piece_of_work_is_begun_again_from_its_step(place: Place, drill: Drill) -> None:
    drill.specs = [START, StepSpec("one", 1), StepSpec("two", 2)]
    drill.script = {("two", ""): [GoBack("one", {"code": "build.lost_retrying", "params": {}}), Done()]}
    ticket = place.file()
    turn()
    assert drill.calls == [("one", ""), ("two", ""), ("one", ""), ("two", "")]
    assert ticket.steps.get(name="one").attempt == 2
    assert fresh(ticket).status == "succeeded"


def test_a_retryable_error_is_counted_and_tried_again_a_refusal_ends_it(place: Place, drill: Drill) -> None:
    drill.specs = [START, StepSpec("one", 1), StepSpec("two", 2)]
    drill.script = {
        ("one", ""): [Unavailable("outside.unavailable", system="Jenkins"), Done()],
        ("two", ""): [Rejected("outside.forbidden", system="GitLab")],
    }
    ticket = place.file()
    turn()
    one = ticket.steps.get(name="one")
    assert (one.status, one.troubles, one.reason["code"]) == ("waiting", 1, "outside.unavailable")
    due_now(ticket)
    turn()
    one.refresh_from_db()
    assert (one.status, one.troubles, one.reason) == ("succeeded", 0, None)
    assert fresh(ticket).status == "failed"
    assert fresh(ticket).reason["code"] == "outside.forbidden"


def test_after_the_last_look_up_a_retryable_error_is_errored_not_failed(place: Place, drill: Drill) -> None:
    drill.specs = [START, StepSpec("one", 1)]
    drill.script = {("one", ""): [Unavailable("outside.timeout", system="GitLab")]}
    ticket = place.file()
    turn()
    ticket.steps.filter(name="one").update(troubles=29)
    due_now(ticket)
    turn()
    assert fresh(ticket).status == "errored"
    assert fresh(ticket).reason["code"] == "outside.timeout"


def test_a_crash_in_a_step_is_errored_with_an_id_and_tells_nothing_else(place: Place, drill: Drill) -> None:
    drill.specs = [START, StepSpec("one", 1)]
    drill.script = {("one", ""): [ZeroDivisionError("secret detail")]}
    ticket = place.file()
    turn()
    reason = fresh(ticket).reason
    assert reason["code"] == "engine.crash"
    assert set(reason["params"]) == {"step", "error_id"}
    assert "secret" not in str(reason)


def test_an_unknown_step_of_a_newer_version_is_errored_and_the_engine_goes_on(place: Place, drill: Drill) -> None:
    drill.specs = [START, StepSpec("from_the_future", 1)]
    stuck = place.file()
    drill.specs = [START, StepSpec("one", 1)]
    fine = place.file()
    turn()
    assert (fresh(stuck).status, fresh(stuck).reason["code"]) == ("errored", "engine.unknown_step")
    assert fresh(fine).status == "succeeded"


def test_a_doubled_message_finds_nothing_due(place: Place, drill: Drill) -> None:
    drill.specs = [START]
    place.file()
    (claim,) = claim_due("a", 8)
    assert claim_due("b", 8) == []
    visit(claim)
    visit(claim)
    assert AuditEvent.objects.filter(action="ticket.succeeded").count() == 1


def test_a_stale_workers_outcome_fails_on_the_fence(place: Place, drill: Drill) -> None:
    drill.specs = [START, StepSpec("one", 1)]
    ticket = place.file()
    (first,) = claim_due("slow", 8)
    Step.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    (second,) = claim_due("quick", 8)
    step = Step.objects.get(pk=first.step_id)
    assert second.fence == first.fence + 1
    assert record_outcome(step, first.fence, Failed("stale")) is False
    visit(second)
    turn()
    assert fresh(ticket).status == "succeeded"


def test_calls_in_flight_are_bounded_per_system_and_the_rest_goes_on(
    place: Place, drill: Drill, settings: object
) -> None:
    drill.specs = [StepSpec("one", 0, f"t{i}", 1, system="cluster:1") for i in range(12)]
    drill.specs += [StepSpec("one", 0, f"u{i}", 1, system="cluster:2") for i in range(2)]
    settings.CONFIG.calls_per_project = 100  # type: ignore[attr-defined]
    try:
        place.file()
        claims = claim_due("w", 50)
    finally:
        settings.CONFIG.calls_per_project = 4  # type: ignore[attr-defined]
    flying = list(Step.objects.filter(pk__in=[c.step_id for c in claims]).values_list("system", flat=True))
    assert flying.count("cluster:1") == 6  # three quarters of a worker's threads, whatever calls_per_system allows
    assert flying.count("cluster:2") == 2


def test_one_project_cannot_take_every_thread(place: Place, drill: Drill) -> None:
    drill.specs = [StepSpec("one", 0, f"t{i}", 1) for i in range(12)]
    place.file()
    assert len(claim_due("w", 50)) == 4
    assert claim_due("w2", 50) == []


def test_the_second_ticket_waits_for_the_slot_and_starts_when_the_first_ends(place: Place, drill: Drill) -> None:
    drill.specs = [StepSpec("take_slot", 0), StepSpec("start", 1), StepSpec("one", 2)]
    drill.script = {("one", ""): [Waiting(60), Done()]}
    first, second = place.file(), place.file()
    turn()
    assert (fresh(first).status, fresh(second).status) == ("running", "queued")
    assert second.steps.get(name="take_slot").output == {"place": 1, "holder": first.pk}
    wake_step(first.steps.get(name="one").pk)
    turn()
    assert (fresh(first).status, fresh(second).status) == ("succeeded", "succeeded")
    assert Slot.objects.count() == 0


def test_cancelling_before_the_start_ends_at_once(place: Place, drill: Drill) -> None:
    drill.specs = [START, StepSpec("one", 1)]
    ticket = place.file()
    cancel_ticket(ticket, reason="not today", actor=actor_of(place.developer))
    assert fresh(ticket).status == "canceled"
    assert turn() == 0
    assert drill.calls == []


def test_a_cancelled_ticket_still_settles_what_it_began(place: Place, drill: Drill) -> None:
    drill.specs = [START, StepSpec("one", 1), StepSpec("settle", 2), StepSpec("three", 3)]

    def cancel_meanwhile(visiting: object) -> Done:
        cancel_ticket(fresh(ticket), reason="", actor=actor_of(place.developer))
        return Done()

    drill.script = {("one", ""): [cancel_meanwhile]}  # type: ignore[list-item]
    ticket = place.file()
    turn()
    assert drill.calls == [("one", ""), ("settle", "")]
    assert fresh(ticket).status == "canceled"


def test_a_gate_that_no_longer_holds_sends_the_ticket_back_and_frees_its_slot(place: Place, drill: Drill) -> None:
    drill.specs = [StepSpec("take_slot", 0), StepSpec("start", 1), StepSpec("one", 2)]
    drill.fingerprint, drill.approvals = {"image": "a"}, 1
    ticket = place.file()
    decide(ticket, decision="approve", comment="", fingerprint=ticket.fingerprint, actor=actor_of(place.ops))
    drill.send_back = SentBack("pending_confirmation", {"code": "gate.failed_verdict", "params": {}})
    turn()
    ticket = fresh(ticket)
    assert (ticket.status, ticket.reason["code"]) == ("pending_confirmation", "gate.failed_verdict")
    assert ticket.approvals.filter(voided_at__isnull=True).count() == 0
    assert Slot.objects.count() == 0
    assert drill.calls == []


def test_errored_is_told_apart_when_another_target_failed(place: Place, drill: Drill) -> None:
    drill.specs = [START, StepSpec("one", 0, "a", 1), StepSpec("one", 0, "b", 1)]
    drill.script = {("one", "a"): [Failed("said.no")], ("one", "b"): [Errored("could.not.tell")]}
    ticket = place.file()
    turn()
    assert (fresh(ticket).status, fresh(ticket).reason["code"]) == ("errored", "could.not.tell")


def test_ten_thousand_waiting_steps_cost_one_look(place: Place, drill: Drill) -> None:
    drill.specs = [START]
    ticket = place.file()
    turn()
    later = timezone.now() + timedelta(hours=1)
    Step.objects.bulk_create(
        Step(ticket=ticket, name="one", target=str(n), order=0, status="waiting", due_at=later) for n in range(10_000)
    )
    assert claim_due("w", 8) == []


def test_a_retry_that_has_changed_nothing_yet_reads_gates_and_approvals_again(place: Place, drill: Drill) -> None:
    drill.specs = [StepSpec("take_slot", 0), StepSpec("start", 1), StepSpec("one", 2)]
    drill.script = {("one", ""): [Failed("kubernetes.forbidden"), Done()]}
    drill.fingerprint, drill.approvals = {"image": "a"}, 1
    ticket = place.file()
    decide(ticket, decision="approve", comment="", fingerprint=ticket.fingerprint, actor=actor_of(place.ops))
    turn()
    assert fresh(ticket).status == "failed"
    drill.fingerprint = {"image": "b"}
    retry_ticket(fresh(ticket), actor=actor_of(place.developer))
    turn()
    ticket = fresh(ticket)
    assert (ticket.status, ticket.reason["code"]) == ("pending_approval", "approval.void_changed")
    assert drill.times[("one", "")] == 1
    assert Slot.objects.count() == 0


def test_a_retry_after_the_first_change_keeps_its_approvals(place: Place, drill: Drill) -> None:
    drill.specs = [StepSpec("take_slot", 0), StepSpec("start", 1), StepSpec("one", 2)]

    def change_then_fail(visiting: Visit) -> Failed:
        visiting.freeze()
        return Failed("rollout.deadline")

    drill.script = {("one", ""): [change_then_fail, Done()]}
    drill.fingerprint, drill.approvals = {"image": "a"}, 1
    ticket = place.file()
    decide(ticket, decision="approve", comment="", fingerprint=ticket.fingerprint, actor=actor_of(place.ops))
    turn()
    drill.fingerprint = {"image": "b"}
    retry_ticket(fresh(ticket), actor=actor_of(place.developer))
    turn()
    assert fresh(ticket).status == "succeeded"


def test_a_chore_that_crashes_is_said_to_have_crashed_and_is_due_again(transactional_db: None) -> None:
    Chore.objects.create(name="broken")
    registry.CHORES["broken"] = registry.RegisteredChore(lambda _ident: 1 / 0, every=lambda: 0.0)  # type: ignore[arg-type, return-value]
    try:
        with pytest.raises(ZeroDivisionError):
            chores._run_one("broken", 0)
    finally:
        registry.CHORES.pop("broken")
    row = Chore.objects.get(name="broken")
    assert (row.last_error["code"], row.last_done_at, row.lease_until) == ("engine.crash", None, None)
