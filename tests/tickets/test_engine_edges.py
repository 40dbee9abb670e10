"""The engine's edges: stale visits, cancels in between, retries of half-done tickets, broken connections."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
from django.db import Error, connection
from django.utils import timezone

from apps.common.errors import Unavailable
from apps.policy.services import allowed
from apps.tickets import chores, registry, slots
from apps.tickets.claims import CLAIM_LOCK, claim_due
from apps.tickets.engine import visit
from apps.tickets.housekeeping import revive_zombies
from apps.tickets.models import Chore, Slot, Step, Ticket
from apps.tickets.outcomes import Done, Failed, SentBack, Waiting
from apps.tickets.registry import StepSpec
from apps.tickets.services.approvals import decide
from apps.tickets.services.running import cancel_ticket, retry_ticket
from apps.tickets.visit import Visit
from tests.support.factories import actor_of
from tests.tickets.conftest import Place, turn
from tests.tickets.drill import Drill
from tests.tickets.test_engine import due_now, fresh

pytestmark = pytest.mark.django_db(transaction=True)

PROMOTE_LIKE = [StepSpec("take_slot", 0), StepSpec("start", 1), StepSpec("one", 2)]


def test_a_stale_visit_takes_no_slot_for_a_ticket_that_was_cancelled_meanwhile(place: Place, drill: Drill) -> None:
    drill.specs = PROMOTE_LIKE
    ticket = place.file()
    (claim,) = claim_due("slow", 8)
    step = Step.objects.get(pk=claim.step_id)
    stale = fresh(ticket)
    cancel_ticket(fresh(ticket), reason="", actor=actor_of(place.developer))
    assert slots.take(stale, step_id=step.pk, fence=claim.fence) is False
    visit(claim)
    assert Slot.objects.count() == 0
    assert fresh(ticket).status == "canceled"


def test_a_slot_of_an_ended_ticket_planted_by_hand_is_freed_and_the_next_one_goes_on(
    place: Place, drill: Drill
) -> None:
    drill.specs = PROMOTE_LIKE
    ended = place.file()
    turn()
    Slot.objects.create(project=place.project, environment=place.environment, ticket=ended)
    waiting = place.file()
    turn()
    assert fresh(waiting).status == "queued"
    revive_zombies("")
    turn()
    assert fresh(waiting).status == "succeeded"


def test_a_write_is_not_made_once_a_cancel_was_accepted(place: Place, drill: Drill) -> None:
    drill.specs = [StepSpec("start", 0), StepSpec("one", 1)]
    written: list[str] = []

    def cancel_then_write(visiting: Visit) -> Done:
        cancel_ticket(fresh(ticket), reason="", actor=actor_of(place.developer))
        visiting.save_intent_unless_cancelled(image="x")
        written.append("patched")
        return Done()

    drill.script = {("one", ""): [cancel_then_write]}
    ticket = place.file()
    turn()
    assert written == []
    assert fresh(ticket).status == "canceled"


def test_a_cancel_whose_end_outside_could_not_be_told_is_errored(place: Place, drill: Drill) -> None:
    drill.specs = [StepSpec("start", 0), StepSpec("one", 1), StepSpec("settle", 2)]

    def cancel_meanwhile(visiting: Visit) -> Failed:
        cancel_ticket(fresh(ticket), reason="", actor=actor_of(place.developer))
        return Failed("outside.forbidden")

    drill.script = {("settle", ""): [cancel_meanwhile]}
    ticket = place.file()
    turn()
    assert (fresh(ticket).status, fresh(ticket).reason["code"]) == ("errored", "ticket.cancel_unconfirmed")


def test_a_half_done_ticket_is_not_retried_over_a_later_one(place: Place, drill: Drill) -> None:
    drill.specs = PROMOTE_LIKE

    def change(visiting: Visit) -> Done:
        visiting.freeze()
        return Done()

    def change_then_fail(visiting: Visit) -> Failed:
        visiting.freeze()
        return Failed("rollout.deadline")

    drill.script = {("one", ""): [change_then_fail, change]}
    first = place.file()
    turn()
    second = place.file()
    retried = retry_ticket(fresh(first), actor=actor_of(place.developer))
    Slot.objects.create(project=place.project, environment=place.environment, ticket=second)
    turn()
    assert fresh(second).status == "succeeded"
    turn()
    assert (fresh(retried).status, fresh(retried).reason["code"]) == ("failed", "ticket.later_started")
    assert drill.times[("one", "")] == 2


def test_a_half_done_ticket_whose_approver_lost_the_right_is_not_retried(place: Place, drill: Drill) -> None:
    drill.specs = PROMOTE_LIKE

    def change_then_fail(visiting: Visit) -> Failed:
        visiting.freeze()
        return Failed("rollout.deadline")

    drill.script = {("one", ""): [change_then_fail, Done()]}
    drill.fingerprint, drill.approvals = {"image": "a"}, 1
    ticket = place.file()
    decide(ticket, decision="approve", comment="", fingerprint=ticket.fingerprint, actor=actor_of(place.ops))
    turn()
    place.ops.grants.update(revoked_at=timezone.now())
    retry_ticket(fresh(ticket), actor=actor_of(place.developer))
    turn()
    assert (fresh(ticket).status, fresh(ticket).reason["code"]) == ("failed", "approval.void_lost_right")
    assert drill.times[("one", "")] == 1


def test_a_ticket_asked_to_stop_while_a_gate_fails_is_cancelled_not_sent_back(place: Place, drill: Drill) -> None:
    drill.specs = PROMOTE_LIKE
    ticket = place.file()
    drill.send_back = SentBack("pending_confirmation", {"code": "gate.no_verdict", "params": {}})
    claims = claim_due("w", 8)
    visit(claims[0])  # take_slot
    (start,) = claim_due("w", 8)
    Ticket.objects.filter(pk=ticket.pk).update(cancel_requested_at=timezone.now())
    visit(start)
    assert fresh(ticket).status == "canceled"
    assert Slot.objects.count() == 0


def test_a_worker_suspended_in_a_claim_does_not_stop_the_others_for_long(place: Place, drill: Drill) -> None:
    drill.specs = [StepSpec("start", 0)]
    place.file()
    holding = threading.Event()

    def suspended() -> None:
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = '1s'")
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CLAIM_LOCK])
            holding.set()
            time.sleep(4)
        connection.close()

    thread = threading.Thread(target=suspended, daemon=True)
    thread.start()
    assert holding.wait(5)
    assert len(claim_due("w", 8)) == 1
    thread.join(10)


def test_a_retry_after_of_zero_still_backs_off(place: Place, drill: Drill) -> None:
    drill.specs = [StepSpec("one", 0)]
    drill.script = {("one", ""): [Unavailable("outside.rate_limited", retry_after=0.0), Done()]}
    ticket = place.file()
    turn()
    assert drill.times[("one", "")] == 1
    assert ticket.steps.get().due_at > timezone.now()


def test_one_project_with_many_due_steps_does_not_hide_another(place: Place, drill: Drill) -> None:
    drill.specs = [StepSpec("one", 0, f"t{n}", 1) for n in range(300)]
    place.file()
    Step.objects.update(due_at=timezone.now() - timedelta(minutes=5))
    from tests.support.factories import grant, make_project, use
    from tests.tickets.conftest import Place as Somewhere

    other = make_project("other")
    use(other, place.environment)
    grant(place.developer, other, place.environment, "developer")
    drill.specs = [StepSpec("one", 0, "mine", 1)]
    mine = Somewhere(other, place.environment, place.developer, place.ops, place.ops2).file()
    claimed = {c.step_id for c in claim_due("w", 8)}
    assert mine.steps.get().pk in claimed


def test_a_waiting_slot_taker_that_was_only_just_due_is_woken_too(place: Place, drill: Drill) -> None:
    drill.specs = PROMOTE_LIKE
    drill.script = {("one", ""): [Waiting(60), Done()]}
    first, second = place.file(), place.file()
    turn()
    Step.objects.filter(ticket=second, name="take_slot").update(
        status="due", due_at=timezone.now() + timedelta(hours=1)
    )
    due_now(first)
    turn()
    assert (fresh(first).status, fresh(second).status) == ("succeeded", "succeeded")


def test_a_ticket_of_a_kind_that_was_removed_ends_errored(place: Place, drill: Drill) -> None:
    drill.specs = [StepSpec("start", 0)]
    ticket = place.file()
    kind = registry.KINDS.pop("drill")
    try:
        turn()
    finally:
        registry.KINDS["drill"] = kind
    assert (fresh(ticket).status, fresh(ticket).reason["code"]) == ("errored", "engine.unknown_kind")


def test_a_chores_thread_works_on_after_its_connection_broke(transactional_db: None) -> None:
    Chore.objects.bulk_create([Chore(name="breaks"), Chore(name="works")])
    done: list[str] = []

    def break_connection(_ident: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            (pid,) = cursor.fetchone()
        _terminate(pid)
        Chore.objects.count()

    registry.CHORES["breaks"] = registry.RegisteredChore(break_connection, every=lambda: 0.0)
    registry.CHORES["works"] = registry.RegisteredChore(lambda _ident: done.append("x"), every=lambda: 0.0)
    failures: list[BaseException] = []

    def in_one_thread() -> None:
        for name in ("breaks", "works"):
            try:
                chores._run_one(name, 0)
            except Error as error:
                failures.append(error)
        connection.close()

    thread = threading.Thread(target=in_one_thread)
    thread.start()
    thread.join(20)
    registry.CHORES.pop("breaks")
    registry.CHORES.pop("works")
    assert len(failures) == 1
    assert done == ["x"]


def _terminate(pid: int) -> None:
    """From another connection, as a database restart would."""

    def work() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(10)


def test_who_left_the_project_may_no_longer_cancel_what_he_filed(place: Place, drill: Drill) -> None:
    drill.specs = [StepSpec("start", 0)]
    ticket = place.file()
    where = {"project_id": ticket.project_id, "environment_id": ticket.environment_id}
    assert allowed(actor_of(place.developer), "ticket.cancel", **where, obj=ticket).allowed
    place.developer.grants.update(revoked_at=timezone.now())
    assert not allowed(actor_of(place.developer), "ticket.cancel", **where, obj=ticket).allowed


JOINS = ("enable_hashjoin", "enable_nestloop", "enable_mergejoin")


@pytest.mark.parametrize("planner", JOINS)
def test_claims_come_oldest_due_first_however_the_planner_joins(place: Place, drill: Drill, planner: str) -> None:
    drill.specs = [StepSpec("start", 0)]
    steps = [place.file().steps.get(order=0) for _ in range(4)]  # as many as one project gets at once
    for seconds, step in enumerate(steps, start=1):  # the youngest ticket has waited longest
        Step.objects.filter(pk=step.pk).update(due_at=timezone.now() - timedelta(seconds=seconds))
    with connection.cursor() as cursor:
        for join in JOINS:
            cursor.execute(f"SET {join} = {'on' if join == planner else 'off'}")
    try:
        claims = claim_due("w", 8)
    finally:
        with connection.cursor() as cursor:
            for join in JOINS:
                cursor.execute(f"RESET {join}")
    assert [claim.step_id for claim in claims] == [step.pk for step in reversed(steps)]
