"""Gates and verdicts: what lets an image into production, when it is read, and what a failed verdict takes back."""

from __future__ import annotations

import pytest
from django.utils import timezone

from apps.common.errors import Conflict, Denied, Invalid
from apps.projects.models import Grant
from apps.releases.gates import gates_for
from apps.releases.models import Release, Verdict
from apps.releases.services.verdicts import give_verdict
from apps.tickets.models import Approval, Ticket
from tests.releases.hand import SLUG, Hand, Outside
from tests.support.story import Company


def fresh(ticket: Ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)


def states(company: Company, release: Release) -> dict[str, str]:
    gates = gates_for(company.projects[SLUG], release, company.environments["production"])
    return {g.name: g.code for g in gates}


def failed(company: Company) -> dict[str, object]:
    return {"code": "gate.failed_verdict", "params": {"name": "tester", "environment": "test"}}


def test_the_gates_name_what_is_missing_met_and_refused(company: Company, hand: Hand) -> None:
    release = hand.on_paper(passed=False)
    assert states(company, release) == {"built": "gate.built", "tested": "gate.no_verdict"}
    hand.say(release, "passed")
    assert states(company, release) == {"built": "gate.built", "tested": "gate.passed"}
    hand.say(release, "failed")
    assert states(company, release) == {"built": "gate.built", "tested": "gate.failed_verdict"}
    hand.say(release, "passed")
    assert states(company, release)["tested"] == "gate.passed"
    never = Release.objects.create(project=release.project, tag="never", digest="sha256:" + "9" * 64)
    assert states(company, never)["tested"] == "gate.never_ran"
    unbuilt = Release.objects.create(project=release.project, tag="unbuilt")
    assert states(company, unbuilt) == {"built": "gate.not_built"}


def test_a_promote_of_what_never_ran_in_test_or_failed_there_is_refused(
    company: Company, hand: Hand, outside: Outside
) -> None:
    release = hand.on_paper()
    never = Release.objects.create(project=release.project, tag="never", digest="sha256:" + "9" * 64)
    with pytest.raises(Conflict) as refused:
        hand.promote(never)
    assert refused.value.as_reason() == {"code": "gate.never_ran", "params": {"environments": "test"}}
    hand.say(release, "failed")
    with pytest.raises(Conflict) as refused:
        hand.promote(release)
    assert refused.value.as_reason() == failed(company)
    assert not Ticket.objects.filter(kind="promote").exists()
    assert outside.changed() == []


def test_a_release_ticket_cannot_be_filed_for_production(company: Company, outside: Outside) -> None:
    with pytest.raises(Conflict) as refused:
        company.file("release", "ops", SLUG, "production", ref="main")
    params = {"environment": "production", "tier": "production"}
    assert refused.value.as_reason() == {"code": "release.gated_environment", "params": params}
    assert outside.changed() == []


def test_a_failed_verdict_rejects_a_promote_that_waits_for_it(company: Company, hand: Hand, outside: Outside) -> None:
    release = hand.on_paper(passed=False)
    ticket = hand.promote(release)
    assert ticket.status == "pending_confirmation"
    hand.say(release, "failed")
    assert (fresh(ticket).status, fresh(ticket).reason) == ("rejected", failed(company))
    assert outside.changed() == []


def test_a_failed_verdict_sends_back_a_promote_that_waits_for_ops_and_voids_what_was_approved(
    company: Company, hand: Hand, outside: Outside
) -> None:
    release = hand.on_paper()
    ticket = hand.promote(release)
    Ticket.objects.filter(pk=ticket.pk).update(approvals_needed=2)
    company.approve(ticket)
    hand.say(release, "failed")
    ticket = fresh(ticket)
    assert (ticket.status, ticket.reason) == ("pending_confirmation", failed(company))
    approval = Approval.objects.get()
    assert approval.voided_at is not None
    assert approval.void_reason == failed(company)
    hand.say(release, "passed")
    assert fresh(ticket).status == "pending_approval"
    assert outside.changed() == []


def test_a_failed_verdict_takes_a_queued_promote_out_of_the_queue_and_frees_its_slot(
    company: Company, hand: Hand, outside: Outside
) -> None:
    release = hand.on_paper()
    ticket = hand.promote(release)
    company.approve(ticket)
    hand.drive(ticket, until=hand.step_is(ticket, "take_slot"))
    assert fresh(ticket).slots.exists()
    hand.say(release, "failed")
    ticket = fresh(ticket)
    assert (ticket.status, ticket.reason) == ("pending_confirmation", failed(company))
    assert not ticket.slots.exists()
    assert ticket.expires_at is not None
    assert set(ticket.steps.values_list("status", flat=True)) == {"planned"}
    assert Approval.objects.get().voided_at is not None
    assert outside.changed() == []


def test_gates_are_read_again_at_start(company: Company, hand: Hand, outside: Outside) -> None:
    """A verdict that reached the table past the service, as from a restored backup, is still seen."""
    release = hand.on_paper()
    ticket = hand.promote(release)
    company.approve(ticket)
    Verdict.objects.create(
        project=release.project,
        environment=company.environments["test"],
        release=release,
        digest=release.digest,
        outcome="failed",
        actor=company.people["tester"],
    )
    hand.drive(ticket, until=lambda: fresh(ticket).status != "queued")
    assert (fresh(ticket).status, fresh(ticket).reason) == ("pending_confirmation", failed(company))
    assert not fresh(ticket).slots.exists()
    assert outside.changed() == []


def test_an_approver_who_lost_the_grant_before_the_start_voids_the_approval(
    company: Company, hand: Hand, outside: Outside
) -> None:
    ticket = hand.promote(hand.on_paper())
    company.approve(ticket, "ops2")
    Grant.objects.filter(user=company.people["ops2"]).update(revoked_at=timezone.now())
    hand.drive(ticket, until=lambda: fresh(ticket).status != "queued")
    ticket = fresh(ticket)
    reason = {"code": "approval.void_lost_right", "params": {"have": 0, "needed": 1}}
    assert (ticket.status, ticket.reason) == ("pending_approval", reason)
    assert Approval.objects.get().void_reason == reason
    assert outside.changed() == []
    company.approve(ticket, "ops")
    hand.drive(ticket, until=lambda: fresh(ticket).status == "running")


def test_a_verdict_is_given_by_a_tester_there_on_what_ran_there_and_a_failed_one_says_why(
    company: Company, hand: Hand
) -> None:
    release = hand.on_paper(passed=False)
    test = company.environments["test"]
    with pytest.raises(Denied, match=r"policy\.needs_role"):
        give_verdict(release, test, outcome="passed", actor=company.actor("developer"))
    with pytest.raises(Invalid, match=r"verdict\.comment_required"):
        give_verdict(release, test, outcome="failed", comment=" ", actor=company.actor("tester"))
    with pytest.raises(Conflict, match=r"verdict\.never_ran"):
        give_verdict(release, company.environments["production"], outcome="passed", actor=company.actor("tester"))
    assert Verdict.objects.count() == 0
