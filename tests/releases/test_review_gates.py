"""Filing, gates and targets when something comes in between: verdicts, a second filing, a workload adopted late."""

from __future__ import annotations

import threading

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from apps.releases.chores import confirm_tested
from apps.releases.kinds import PromoteKind
from apps.releases.models import Release, Verdict
from apps.releases.services.verdicts import give_verdict
from apps.tickets.models import Ticket
from apps.tickets.registry import Prepared
from apps.workloads.models import Workload
from tests.releases.hand import SLUG, Hand, Outside
from tests.support.story import Company


def fresh(ticket: Ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)


def unheard_verdict(company: Company, release: Release, outcome: str = "passed") -> None:
    """A verdict whose giver did not see the promote that was being filed."""
    Verdict.objects.create(
        project=release.project,
        environment=company.environments["test"],
        release=release,
        digest=release.digest,
        outcome=outcome,
        actor=company.people["tester"],
    )


def test_a_promote_that_missed_its_verdict_while_it_was_filed_goes_on(company: Company, hand: Hand) -> None:
    release = hand.on_paper(passed=False)
    ticket = hand.promote(release)
    unheard_verdict(company, release)
    confirm_tested("")
    assert fresh(ticket).status == "pending_approval"


def test_a_promote_whose_latest_verdict_is_failed_goes_on_waiting(company: Company, hand: Hand) -> None:
    release = hand.on_paper(passed=False)
    ticket = hand.promote(release)
    unheard_verdict(company, release)
    unheard_verdict(company, release, "failed")
    confirm_tested("")
    assert fresh(ticket).status == "pending_confirmation"


def test_looking_for_missed_verdicts_costs_one_query_when_there_are_none(
    company: Company, hand: Hand, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    hand.promote(hand.on_paper(passed=False))
    with django_assert_num_queries(1):
        confirm_tested("")


@pytest.mark.parametrize("waits_for", ["pending_confirmation", "pending_approval"])
def test_a_failed_verdict_where_nothing_is_promoted_from_changes_nothing(
    company: Company, hand: Hand, waits_for: str
) -> None:
    """It ran in production once; what counts for production is the test environment."""
    release = hand.on_paper(passed=waits_for == "pending_approval")
    there = Ticket.objects.create(
        kind="promote",
        status="succeeded",
        requester=company.people["developer"],
        project=release.project,
        environment=company.environments["production"],
    )
    there.rollouts.create(
        release=release,
        workload=Workload.objects.get(placement__cluster__name="dc1"),
        to_image=f"{release.image_repository}@{release.digest}",
        to_digest=release.digest,
        result="succeeded",
    )
    ticket = hand.promote(release)
    give_verdict(
        release,
        company.environments["production"],
        outcome="failed",
        comment="slow",
        actor=company.actor("tester"),
    )
    assert fresh(ticket).status == waits_for


def test_of_two_promotes_filed_at_once_one_retires_the_other(
    company: Company, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = hand.on_paper()
    both, create = threading.Barrier(2), PromoteKind.create
    errors: list[BaseException] = []

    def create_together(self: PromoteKind, ticket: Ticket, prepared: Prepared) -> None:
        both.wait(10)
        create(self, ticket, prepared)

    def file() -> None:
        try:
            hand.promote(release)
        except Exception as error:  # noqa: BLE001 - told by the main thread
            errors.append(error)
        finally:
            connection.close()

    monkeypatch.setattr(PromoteKind, "create", create_together)
    people = [threading.Thread(target=file) for _ in range(2)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert errors == []
    tickets = Ticket.objects.filter(kind="promote", environment__slug="production")
    assert sorted(tickets.values_list("status", flat=True)) == ["pending_approval", "superseded"]


def test_a_workload_adopted_after_filing_is_not_patched_and_the_ticket_says_why(
    company: Company, hand: Hand, outside: Outside
) -> None:
    release = hand.passed()
    late = Workload.objects.get(placement__cluster__name="dc2")
    Workload.objects.filter(pk=late.pk).delete()
    ticket = hand.promote(release)
    late.save(force_insert=True)
    outside.mark()
    company.approve(ticket)
    content = fresh(ticket).fingerprint_content
    assert content is not None
    assert [target["cluster"] for target in content["targets"]] == ["dc1"]
    ticket = hand.drive(ticket)
    reason = {"code": "release.targets_changed", "params": {"environment": "production"}}
    assert (ticket.status, ticket.reason) == ("failed", reason)
    assert outside.changed() == []


def test_a_workload_taken_away_after_approval_stops_the_ticket_before_it_starts(
    company: Company, hand: Hand, outside: Outside
) -> None:
    ticket = hand.promote(hand.passed())
    company.approve(ticket)
    cluster = Workload.objects.get(placement__cluster__name="dc2").placement.cluster
    cluster.is_enabled = False
    cluster.save()
    outside.mark()
    ticket = hand.drive(ticket)
    assert ticket.reason is not None
    assert (ticket.status, ticket.reason["code"]) == ("failed", "release.targets_changed")
    assert outside.changed() == []
    assert SLUG in ticket.title
