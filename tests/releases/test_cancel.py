"""Cancelling: before the start at once, during the build when Jenkins confirms, after the first patch as an abort."""

from __future__ import annotations

import pytest
from django.conf import settings

from apps.common.errors import Conflict, Denied, Missing
from apps.releases.models import Build, Release, Rollout
from apps.tickets.models import Ticket
from apps.tickets.services.running import cancel_ticket
from tests.releases.hand import SLUG, Cluster, Hand, Outside
from tests.support.story import Company


def fresh(ticket: Ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)


def cancel(company: Company, ticket: Ticket, who: str = "developer") -> Ticket:
    return cancel_ticket(fresh(ticket), reason="wrong ref", actor=company.actor(who))


BY_DEVELOPER = {"name": "developer", "comment": "wrong ref"}


def test_a_ticket_that_has_not_started_is_canceled_at_once(company: Company, hand: Hand, outside: Outside) -> None:
    queued = company.file("release", "developer", SLUG, "test", ref="main")
    waiting = hand.promote(hand.on_paper())
    for ticket in (queued, waiting):
        ticket = cancel(company, ticket)
        assert (ticket.status, ticket.reason) == (
            "canceled",
            {"code": "ticket.canceled_by", "params": BY_DEVELOPER},
        )
        with pytest.raises(Conflict, match=r"ticket\.ended_already"):
            cancel(company, ticket)
    assert outside.changed() == []


@pytest.mark.usefixtures("slow_builds")
def test_a_build_is_stopped_and_the_ticket_canceled_only_when_jenkins_says_aborted(
    company: Company, hand: Hand, outside: Outside
) -> None:
    ticket = company.file("release", "developer", SLUG, "test", ref="main")
    hand.drive(ticket, until=lambda: Build.objects.filter(ticket=ticket, state="running").exists())
    cancel(company, ticket)
    assert (fresh(ticket).status, fresh(ticket).cancel_requested_at is not None) == ("running", True)
    with pytest.raises(Conflict, match=r"ticket\.cancel_requested_already"):
        cancel(company, ticket)
    ticket = hand.drive(ticket, hurry=True)
    assert (ticket.status, ticket.reason) == ("canceled", {"code": "ticket.canceled_by", "params": BY_DEVELOPER})
    build = Build.objects.get(ticket=ticket)
    assert (build.state, build.result) == ("finished", "ABORTED")
    end = company.sandbox.jenkins.journal.find("build.end")[-1]
    assert (end.detail["number"], end.detail["result"]) == (build.number, "ABORTED")
    assert outside.patched("test-1") == []
    assert not Rollout.objects.filter(ticket=ticket).exists()
    assert ticket.steps.get(name="await_build").status == "canceled"


def test_a_build_that_waits_in_the_queue_is_taken_out_of_it_and_never_starts(
    company: Company, hand: Hand, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings.CONFIG, "lost_seconds", 0.1)
    jenkins = company.sandbox.jenkins
    jenkins.controller.quieting_down = True
    try:
        ticket = company.file("release", "developer", SLUG, "test", ref="main")
        hand.drive(ticket, until=hand.step_is(ticket, "start_build"))
        cancel(company, ticket)
        ticket = hand.drive(ticket, hurry=True)
    finally:
        jenkins.controller.quieting_down = False
    assert (ticket.status, ticket.reason) == ("canceled", {"code": "ticket.canceled_by", "params": BY_DEVELOPER})
    assert jenkins.controller.waiting() == []
    assert ("jenkins", "build.start") not in outside.changed()
    assert not Rollout.objects.filter(ticket=ticket).exists()


def test_a_cancel_after_the_first_patch_awaits_it_patches_no_more_and_ends_failed(
    company: Company, hand: Hand, outside: Outside
) -> None:
    release = hand.passed()
    ticket = hand.promote(release)
    company.approve(ticket)
    hand.drive(ticket, until=hand.step_is(ticket, "patch_image", target=f"dc1/{SLUG}"))
    cancel(company, ticket, "ops")
    assert fresh(ticket).status == "running"
    ticket = hand.drive(ticket)
    assert (ticket.status, ticket.reason) == (
        "failed",
        {"code": "ticket.aborted", "params": {"name": "ops", "comment": "wrong ref"}},
    )
    results = Rollout.objects.filter(ticket=ticket).values_list("workload__placement__cluster__name", "result")
    assert dict(results) == {"dc1": "succeeded"}
    assert len(outside.patched("dc1")) == 1
    assert outside.patched("dc2") == []
    assert Cluster(company, "dc1").image().endswith(release.digest)
    assert not Cluster(company, "dc2").image().endswith(release.digest)
    assert not ticket.slots.exists()


def test_a_cancel_after_the_build_and_before_the_patch_keeps_the_image_and_patches_nothing(
    company: Company, hand: Hand, outside: Outside
) -> None:
    ticket = company.file("release", "developer", SLUG, "test", ref="main")
    hand.drive(ticket, until=hand.step_is(ticket, "take_slot"))
    cancel(company, ticket)
    ticket = hand.drive(ticket)
    assert ticket.status == "canceled"
    assert Release.objects.get(ticket=ticket).digest.startswith("sha256:")
    assert outside.patched("test-1") == []
    assert not ticket.slots.exists()


def test_who_may_cancel(company: Company, hand: Hand) -> None:
    ticket = hand.promote(hand.on_paper())
    with pytest.raises(Denied):
        cancel(company, ticket, "tester")
    with pytest.raises(Missing):
        cancel(company, ticket, "stranger")
    assert fresh(ticket).status == "pending_approval"
    assert cancel(company, ticket, "owner").status == "canceled"
