"""What a newer ticket does to older ones: waiting promotes retire, running ones stay, an overtaken release ends."""

from __future__ import annotations

from apps.releases.models import Release, Rollout
from apps.tickets.models import Ticket
from tests.releases.hand import SLUG, Cluster, Hand, Outside
from tests.support.story import Company


def fresh(ticket: Ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)


def test_a_newer_promote_retires_older_waiting_ones_and_no_others(
    company: Company, hand: Hand, outside: Outside
) -> None:
    untested, tested = hand.on_paper("20260101-090001-u1", passed=False), hand.on_paper("20260101-090002-u1")
    waits_for_tester = hand.promote(untested)
    waits_for_ops = hand.promote(tested)
    assert fresh(waits_for_tester).status == "superseded"
    newest = hand.promote(hand.on_paper("20260101-090003-u1"))
    older = fresh(waits_for_ops)
    reason = {"code": "ticket.superseded_by", "params": {"ticket": newest.pk}}
    assert (older.status, older.reason, older.superseded_by_id) == ("superseded", reason, newest.pk)
    assert newest.status == "pending_approval"
    assert outside.changed() == []


def test_a_queued_and_a_running_promote_are_never_retired_by_a_newer_one(company: Company, hand: Hand) -> None:
    running = hand.promote(hand.on_paper("20260101-090001-u1"))
    company.approve(running)
    hand.drive(running, until=hand.step_is(running, "start"))
    queued = hand.promote(hand.on_paper("20260101-090002-u1"))
    company.approve(queued)
    waiting = hand.promote(hand.on_paper("20260101-090003-u1"))
    assert [fresh(t).status for t in (running, queued, waiting)] == ["running", "queued", "pending_approval"]


def test_a_promote_to_production_leaves_tickets_of_other_environments_alone(company: Company, hand: Hand) -> None:
    waiting = hand.promote(hand.on_paper("20260101-090001-u1"))
    company.file("release", "developer", SLUG, "test", ref="main")
    assert fresh(waiting).status == "pending_approval"


def test_a_release_overtaken_by_a_later_filed_one_is_superseded_and_does_not_patch(
    company: Company, hand: Hand, outside: Outside
) -> None:
    first = company.file("release", "developer", SLUG, "test", ref="main")
    hand.drive(first, until=hand.step_is(first, "resolve_digest"))
    second = company.file("release", "developer", SLUG, "test", ref="main")
    assert hand.drive(second).status == "succeeded"
    outside.mark()
    first = hand.drive(first)
    assert (first.status, first.reason) == (
        "superseded",
        {"code": "release.overtaken", "params": {"ticket": second.pk}},
    )
    assert outside.changed() == []
    assert not Rollout.objects.filter(ticket=first).exists()
    assert not first.slots.exists()
    kept = Release.objects.get(ticket=first)
    assert kept.digest.startswith("sha256:")
    assert Cluster(company, "test-1").image().endswith(Release.objects.get(ticket=second).digest)


def test_an_overtaken_release_may_be_deployed_anyway_by_a_promote_to_the_same_environment(
    company: Company, hand: Hand
) -> None:
    first = company.file("release", "developer", SLUG, "test", ref="main")
    hand.drive(first, until=hand.step_is(first, "resolve_digest"))
    hand.drive(company.file("release", "developer", SLUG, "test", ref="main"))
    assert hand.drive(first).status == "superseded"
    release = Release.objects.get(ticket=first)
    anyway = company.file("promote", "developer", SLUG, "test", release=release.tag)
    assert anyway.status == "queued"
    assert hand.drive(anyway).status == "succeeded"
    assert Cluster(company, "test-1").image().endswith(release.digest)
