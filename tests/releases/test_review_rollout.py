"""Patches that were not made: refused, cancelled in between, retried after the world moved; what nobody could tell."""

from __future__ import annotations

import threading

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from apps.projects.models import Grant
from apps.releases.models import Release, Rollout
from apps.releases.steps import ledger
from apps.sandbox.base.faults import Fault
from apps.tickets.models import Ticket
from apps.tickets.services.running import cancel_ticket, retry_ticket
from apps.workloads.models import Workload
from apps.workloads.observe import digest_of
from tests.releases.hand import SLUG, Cluster, Hand, Outside
from tests.releases.test_poller import until_seen
from tests.support.sandbox import fault
from tests.support.story import Company

DC1, DC2 = f"dc1/{SLUG}", f"dc2/{SLUG}"


def fresh(ticket: Ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)


def results(ticket: Ticket) -> dict[str, str]:
    rows = Rollout.objects.filter(ticket=ticket)
    return dict(rows.values_list("workload__placement__cluster__name", "result"))


def refuse_patch(company: Company, cluster: str, status: int = 403, times: int = 1) -> Fault:
    return fault(company.sandbox.clusters[cluster], "deployments.patch", "status", status=status, times=times)


def approved(company: Company, hand: Hand, release: Release) -> Ticket:
    ticket = hand.promote(release)
    company.approve(ticket)
    return ticket


def retried(company: Company, hand: Hand, ticket: Ticket, who: str = "developer") -> Ticket:
    """The ticket after a retry came to rest: ended, or back with the people."""
    ticket = retry_ticket(ticket, actor=company.actor(who))
    return hand.drive(ticket, until=lambda: fresh(ticket).status not in ("queued", "running"))


# -- a first patch that was refused ---------------------------------------------------------------------------
def test_after_a_refused_first_patch_a_retry_reads_gates_and_approvals_again(
    company: Company, hand: Hand, outside: Outside
) -> None:
    release = hand.passed()
    ticket = approved(company, hand, release)
    refuse_patch(company, "dc1")
    ticket = hand.drive(ticket)
    assert (ticket.status, ticket.frozen_at, results(ticket)) == ("failed", None, {"dc1": "failed"})
    Grant.objects.filter(user=company.people["ops"]).update(revoked_at=timezone.now())
    ticket = retried(company, hand, ticket)
    assert (ticket.status, ticket.reason) == (
        "pending_approval",
        {"code": "approval.void_lost_right", "params": {"have": 0, "needed": 1}},
    )
    company.approve(ticket, "ops2")
    hand.say(release, "failed")
    assert fresh(ticket).status != "succeeded"
    assert [outside.patched(name) for name in ("dc1", "dc2")] == [[], []]


def test_after_a_refused_first_patch_a_failed_verdict_sends_the_retry_back(company: Company, hand: Hand) -> None:
    release = hand.passed()
    ticket = approved(company, hand, release)
    refuse_patch(company, "dc1")
    ticket = hand.drive(ticket)
    hand.say(release, "failed")
    ticket = retried(company, hand, ticket)
    assert ticket.reason is not None
    assert (ticket.status, ticket.reason["code"]) == ("pending_confirmation", "gate.failed_verdict")


def test_a_patch_without_an_answer_leaves_the_ticket_frozen(company: Company, hand: Hand) -> None:
    ticket = approved(company, hand, hand.passed())
    lost = fault(company.sandbox.clusters["dc1"], "deployments.patch", "drop")
    hand.drive(ticket, until=lambda: lost.struck == 1 and hand.step_is(ticket, "patch_image", "waiting", DC1)())
    assert fresh(ticket).frozen_at is not None
    assert hand.drive(ticket, hurry=True).status == "succeeded"


# -- a half-done ticket that is retried -----------------------------------------------------------------------
def half_done(company: Company, hand: Hand) -> Ticket:
    """A promote that runs in dc1 and was refused by dc2."""
    ticket = approved(company, hand, hand.passed())
    refuse_patch(company, "dc2")
    ticket = hand.drive(ticket)
    assert (ticket.status, results(ticket)) == ("failed", {"dc1": "succeeded", "dc2": "failed"})
    assert ticket.frozen_at is not None
    return ticket


def test_a_half_done_promote_goes_on_where_it_was_refused(company: Company, hand: Hand, outside: Outside) -> None:
    ticket = half_done(company, hand)
    outside.mark()
    ticket = retried(company, hand, ticket)
    assert (ticket.status, ticket.reason, outside.patched("dc1")) == ("succeeded", None, [])


def test_a_half_done_promote_does_not_go_on_after_a_failed_verdict(
    company: Company, hand: Hand, outside: Outside
) -> None:
    ticket = half_done(company, hand)
    hand.say(ticket.about.release, "failed")
    outside.mark()
    ticket = retried(company, hand, ticket)
    params = {"name": "tester", "environment": "test"}
    assert (ticket.status, ticket.reason) == ("failed", {"code": "gate.failed_verdict", "params": params})
    assert outside.changed() == []


def test_a_half_done_promote_does_not_go_over_what_somebody_else_set_meanwhile(
    company: Company, hand: Hand, outside: Outside
) -> None:
    ticket = half_done(company, hand)
    other = Cluster(company, "test-1").image().rpartition("@")[0] + "@sha256:" + "1" * 64
    Cluster(company, "dc2").set_image(other)
    outside.mark()
    ticket = retried(company, hand, ticket)
    reason = {"code": "rollout.target_moved", "params": {"cluster": "dc2", "image": other}}
    assert (ticket.status, ticket.reason) == ("failed", reason)
    assert outside.patched("dc2") == []


def test_what_moved_on_a_finished_target_does_not_stop_the_others(company: Company, hand: Hand) -> None:
    ticket = half_done(company, hand)
    Cluster(company, "dc1").set_image(Cluster(company, "dc2").image())
    assert retried(company, hand, ticket).status == "succeeded"


def test_a_half_done_roll_back_nobody_had_to_approve_goes_on_over_whatever_is_there(
    company: Company, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings.CONFIG, "good_after_seconds", 0.0)
    before = Cluster(company, "dc2").image()
    hand.promoted()
    refuse_patch(company, "dc2")
    ticket = hand.drive(company.file("roll_back", "ops", SLUG, "production", reason="orders fail since then"))
    assert (ticket.status, results(ticket)) == ("failed", {"dc1": "succeeded", "dc2": "failed"})
    Cluster(company, "dc2").set_image(Cluster(company, "test-1").image().replace("@", ".by-hand@"))
    ticket = retried(company, hand, ticket, "ops")
    assert (ticket.status, ticket.reason) == ("succeeded", None)
    assert Cluster(company, "dc2").image() == before


# -- a cancel before the patch --------------------------------------------------------------------------------
def test_nothing_is_patched_after_a_cancel_when_the_first_try_was_refused_for_now(
    company: Company, hand: Hand, outside: Outside
) -> None:
    ticket = company.file("release", "developer", SLUG, "test", ref="main")
    limited = refuse_patch(company, "test-1", status=429)
    hand.drive(ticket, until=lambda: limited.struck == 1)
    cancel_ticket(fresh(ticket), actor=company.actor("developer"))
    ticket = hand.drive(ticket)
    assert (ticket.status, ticket.frozen_at, results(ticket)) == ("canceled", None, {"test-1": "skipped"})
    assert outside.patched("test-1") == []


def test_nothing_is_patched_after_a_cancel_when_the_first_try_has_no_answer(
    company: Company, hand: Hand, outside: Outside
) -> None:
    """It may still arrive: the ticket does not say that nothing happened."""
    ticket = company.file("release", "developer", SLUG, "test", ref="main")
    lost = fault(company.sandbox.clusters["test-1"], "deployments.patch", "drop")
    hand.drive(ticket, until=lambda: lost.struck == 1)
    cancel_ticket(fresh(ticket), actor=company.actor("developer"))
    ticket = hand.drive(ticket)
    assert (ticket.status, results(ticket)) == ("failed", {"test-1": "unknown"})
    assert outside.patched("test-1") == []


def test_a_cancel_between_the_look_and_the_patch_is_heard(company: Company, hand: Hand, outside: Outside) -> None:
    ticket = company.file("release", "developer", SLUG, "test", ref="main")
    hand.drive(ticket, until=hand.step_is(ticket, "patch_image", "due"))
    slow = fault(company.sandbox.clusters["test-1"], "deployments.get", "delay", seconds=0.5)

    def cancel() -> None:
        until_seen(lambda: slow.struck == 1)
        cancel_ticket(fresh(ticket), actor=company.actor("developer"))
        connection.close()

    person = threading.Thread(target=cancel)
    person.start()
    ticket = hand.drive(ticket)
    person.join()
    assert (ticket.status, ticket.frozen_at, results(ticket)) == ("canceled", None, {"test-1": "skipped"})
    assert outside.patched("test-1") == []


# -- awaiting -------------------------------------------------------------------------------------------------
def test_a_rollout_that_may_not_be_looked_at_is_not_called_failed(company: Company, hand: Hand) -> None:
    ticket = company.file("release", "developer", SLUG, "test", ref="main")
    hand.drive(ticket, until=hand.step_is(ticket, "patch_image"))
    cluster = company.sandbox.clusters["test-1"]
    fault(cluster, "deployments.get", "status", status=401, times=-1)
    ticket = hand.drive(ticket)
    assert ticket.reason is not None
    assert (ticket.status, ticket.reason["code"]) == ("errored", "outside.unauthorized")
    assert results(ticket) == {"test-1": "unknown"}
    cluster.faults.clear()
    assert retried(company, hand, ticket).status == "succeeded"


# -- an image nobody knew -------------------------------------------------------------------------------------
def test_two_targets_that_find_the_same_unknown_image_at_once_know_it_once(company: Company, hand: Hand) -> None:
    image = Cluster(company, "dc1").image()
    one, other = Workload.objects.filter(project_environment__environment__slug="production").select_related(
        "project_environment__project"
    )
    found = threading.Event()
    errors: list[BaseException] = []

    def look() -> None:
        try:
            assert found.wait(10)
            with transaction.atomic():
                ledger._know_image(other, image, digest_of(image))
        except Exception as error:  # noqa: BLE001 - told by the main thread
            errors.append(error)
        finally:
            connection.close()

    second = threading.Thread(target=look)
    second.start()
    with transaction.atomic():
        ledger._know_image(one, image, digest_of(image))
        found.set()
        second.join(0.3)
    second.join()
    assert errors == []
    assert Release.objects.filter(digest=digest_of(image)).count() == 1
