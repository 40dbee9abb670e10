"""A re-sync at work: one job, then the others; never over what changed; once through crashes and lost answers."""

from __future__ import annotations

import pytest

from apps.catalog import drift
from apps.common.errors import Conflict
from apps.tickets.models import Ticket
from apps.tickets.services.running import cancel_ticket, retry_ticket
from tests.access.resync.conftest import Shift, statuses, step_of
from tests.support.factories import actor_of
from tests.support.jobs import TEMPLATE, Yard, crash_after
from tests.support.sandbox import fault

pytestmark = pytest.mark.django_db(transaction=True)
SET = "job.config.set"


def test_jobs_are_brought_back_the_canary_first_and_the_outcome_says_what_changed(shift: Shift, yard: Yard) -> None:
    shift.edited("a-n1", "b-n1", "c-n1")
    made_by = yard.note("a-n1").key
    ticket = shift.run(shift.approve(shift.ask("b-n1", "a-n1", "c-n1")))
    assert (ticket.status, ticket.reason) == ("succeeded", None)
    written = yard.written()
    assert written[0] == (SET, "b-n1")
    assert sorted(written) == [(SET, "a-n1"), (SET, "b-n1"), (SET, "c-n1")]
    for slug in ("a-n1", "b-n1", "c-n1"):
        assert drift.standing(yard.config(TEMPLATE), yard.config(slug)) == "follows"
    note = yard.note("a-n1")
    assert (note.text, note.key, note.version) == ("project a-n1", made_by, 1)
    output = step_of(ticket, "a-n1").output
    assert output is not None
    assert (output["did"], output["version"], output["from_version"]) == ("resynced", 1, 1)
    assert output["changes"] == [{"path": "build step 1 (shell)", "kind": "script"}]
    assert output["link"] == f"{yard.row.url}/job/a-n1/"


def test_jobs_left_behind_get_the_new_version_and_say_so(shift: Shift, yard: Yard) -> None:
    yard.project("a-n1")
    yard.put("tpl-rust-2", yard.config(TEMPLATE).replace("make image", "make image --fast"))
    yard.language.templates.create(kind="jenkins_job", version=2, jenkins_template="tpl-rust-2")
    yard.quiet()
    ticket = shift.run(shift.approve(shift.ask("a-n1")))
    assert ticket.status == "succeeded"
    assert "make image --fast" in yard.config("a-n1")
    assert (yard.note("a-n1").template, yard.note("a-n1").version) == ("tpl-rust-2", 2)
    output = step_of(ticket, "a-n1").output
    assert output is not None and (output["from_version"], output["version"]) == (1, 2)


# -- nothing is overwritten -----------------------------------------------------------------------------------
def stopped_at_the_canary(shift: Shift, *others: str) -> Ticket:
    """An approved re-sync whose `start` is over, with nothing written yet."""
    ticket = shift.approve(shift.ask("a-n1", *others))
    shift.run(ticket, until=shift.hand.step_is(ticket, "start"))
    assert shift.yard.written() == []
    return ticket


def test_a_canary_edited_since_the_approval_fails_and_nothing_else_begins(shift: Shift, yard: Yard) -> None:
    shift.edited("a-n1", "b-n1", "c-n1")
    ticket = stopped_at_the_canary(shift, "b-n1", "c-n1")
    theirs = yard.edit("a-n1", "make by-hand", "make worse")
    others = [yard.config("b-n1"), yard.config("c-n1")]
    yard.quiet()
    ended = shift.run(ticket)
    assert (ended.status, ended.reason) == (
        "failed",
        {"code": "resync.job_changed", "params": {"job": "a-n1", "jenkins": "builds"}},
    )
    assert statuses(ended) == {"a-n1": "failed", "b-n1": "skipped", "c-n1": "skipped"}
    assert (yard.written(), yard.config("a-n1"), [yard.config("b-n1"), yard.config("c-n1")]) == ([], theirs, others)


def test_its_retry_asks_for_the_approval_of_what_stands_there_now(shift: Shift, yard: Yard) -> None:
    shift.edited("a-n1")
    ticket = stopped_at_the_canary(shift)
    yard.edit("a-n1", "make by-hand", "make worse")
    yard.quiet()
    shift.run(ticket)
    retry_ticket(Ticket.objects.get(pk=ticket.pk), actor=actor_of(yard.people["root"]))
    waiting = shift.run(ticket, until=lambda: Ticket.objects.get(pk=ticket.pk).status == "pending_approval")
    assert (waiting.reason or {})["code"] == "approval.void_changed"
    assert yard.written() == []
    assert shift.run(shift.approve(ticket, "ops")).status == "succeeded"
    assert yard.written() == [(SET, "a-n1")]


def test_a_template_changed_since_the_approval_stops_it(shift: Shift, yard: Yard) -> None:
    shift.edited("a-n1")
    ticket = stopped_at_the_canary(shift)
    yard.template("rm -rf /")
    yard.quiet()
    ended = shift.run(ticket)
    assert (ended.status, (ended.reason or {})["code"]) == ("failed", "resync.template_changed")
    assert yard.written() == []


def test_a_job_that_somebody_replaced_by_his_own_is_not_overwritten(shift: Shift, yard: Yard) -> None:
    shift.edited("a-n1")
    ticket = stopped_at_the_canary(shift)
    yard.put("a-n1", yard.config(TEMPLATE))
    yard.quiet()
    ended = shift.run(ticket)
    assert (ended.status, (ended.reason or {})["code"]) == ("failed", "resync.job_foreign")
    assert yard.written() == []


def test_one_of_the_rest_that_changed_fails_alone_and_the_others_are_brought_back(shift: Shift, yard: Yard) -> None:
    shift.edited("a-n1", "b-n1", "c-n1")
    ticket = shift.approve(shift.ask("a-n1", "b-n1", "c-n1"))
    shift.run(ticket, until=shift.hand.step_is(ticket, "resync_job", target="a-n1"))
    yard.edit("b-n1", "make by-hand", "make worse")
    yard.quiet()
    ended = shift.run(ticket)
    assert (ended.status, (ended.reason or {})["code"]) == ("failed", "resync.job_changed")
    assert statuses(ended) == {"a-n1": "succeeded", "b-n1": "failed", "c-n1": "succeeded"}
    assert yard.written() == [(SET, "c-n1")]
    assert "make worse" in yard.config("b-n1")


def test_what_is_read_back_and_still_differs_fails_and_stops_the_rest(
    shift: Shift, yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    shift.edited("a-n1", "b-n1")
    ticket = shift.approve(shift.ask("a-n1", "b-n1"))
    shift.run(ticket, until=shift.hand.step_is(ticket, "start"))
    from apps.access.resync import steps

    write = steps.update_job

    async def and_a_plugin(*args: object, **how: object) -> object:
        done = await write(*args, **how)  # type: ignore[arg-type]
        yard.edit("a-n1", "make image", "make image --by-a-plugin")
        return done

    monkeypatch.setattr(steps, "update_job", and_a_plugin)
    ended = shift.run(ticket)
    assert (ended.reason or {})["code"] == "resync.not_as_written"
    assert (ended.reason or {})["params"]["paths"] == ["build step 1 (shell)"]
    assert statuses(ended) == {"a-n1": "failed", "b-n1": "skipped"}
    assert "make by-hand" in yard.config("b-n1")


# -- stopping --------------------------------------------------------------------------------------------------
def test_a_cancel_after_the_canary_leaves_the_rest_as_it_is(shift: Shift, yard: Yard) -> None:
    shift.edited("a-n1", "b-n1", "c-n1")
    ticket = shift.approve(shift.ask("a-n1", "b-n1", "c-n1"))
    shift.run(ticket, until=shift.hand.step_is(ticket, "resync_job", target="a-n1"))
    cancel_ticket(Ticket.objects.get(pk=ticket.pk), reason="enough", actor=actor_of(yard.people["root"]))
    ended = shift.run(ticket)
    assert (ended.status, (ended.reason or {})["code"]) == ("failed", "ticket.aborted")
    assert {target: status for target, status in statuses(ended).items() if target != "a-n1"} == {
        "b-n1": "canceled",
        "c-n1": "canceled",
    }
    assert yard.written() == [(SET, "a-n1")]


def test_a_cancel_before_the_canary_writes_nothing(shift: Shift, yard: Yard) -> None:
    shift.edited("a-n1")
    ticket = stopped_at_the_canary(shift)
    cancel_ticket(Ticket.objects.get(pk=ticket.pk), reason="", actor=actor_of(yard.people["ops"]))
    assert shift.run(ticket).status == "canceled"
    assert yard.written() == []


# -- crashes and lost answers ------------------------------------------------------------------------------------
@pytest.mark.parametrize("target", ["a-n1", "b-n1"])
def test_a_worker_that_dies_after_its_write_leads_to_no_second_one(shift: Shift, yard: Yard, target: str) -> None:
    shift.edited("a-n1", "b-n1")
    struck = crash_after("resync_job", target)
    ticket = shift.run(shift.approve(shift.ask("a-n1", "b-n1")))
    assert (ticket.status, len(struck)) == ("succeeded", 1)
    assert yard.written() == [(SET, "a-n1"), (SET, "b-n1")]
    output = step_of(ticket, target).output
    assert output is not None and output["found_by_key"] is True
    assert output["changes"] == [{"path": "build step 1 (shell)", "kind": "script"}]


def test_an_answer_that_is_lost_leads_to_no_second_write(shift: Shift, yard: Yard) -> None:
    shift.edited("a-n1")
    fault(yard.server, SET, "accept_then_drop", times=1)
    ticket = shift.run(shift.approve(shift.ask("a-n1")), hurry=True)
    assert ticket.status == "succeeded"
    assert yard.written() == [(SET, "a-n1")]
    assert drift.standing(yard.config(TEMPLATE), yard.config("a-n1")) == "follows"


def test_a_refusal_of_jenkins_is_told_and_its_retry_goes_on(shift: Shift, yard: Yard) -> None:
    shift.edited("a-n1", "b-n1")
    fault(yard.server, SET, "status", times=1, status=403)
    ticket = shift.run(shift.approve(shift.ask("a-n1", "b-n1")))
    assert (ticket.status, statuses(ticket)) == ("failed", {"a-n1": "failed", "b-n1": "skipped"})
    assert ticket.frozen_at is None
    retry_ticket(ticket, actor=actor_of(yard.people["ops"]))
    assert shift.run(ticket).status == "succeeded"
    assert drift.standing(yard.config(TEMPLATE), yard.config("b-n1")) == "follows"


def test_a_second_resync_follows_once_the_first_has_ended(shift: Shift, yard: Yard) -> None:
    shift.edited("a-n1")
    shift.run(shift.approve(shift.ask("a-n1")))
    with pytest.raises(Exception, match="invalid"):
        shift.ask("a-n1")
    yard.edit("a-n1")
    assert shift.run(shift.approve(shift.ask("a-n1"))).status == "succeeded"
    assert Conflict.http_status == 409
