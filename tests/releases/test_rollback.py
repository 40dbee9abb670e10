"""Rolling back: to the last known good at once and reviewed later, never to what never ran or is gone, and first."""

from __future__ import annotations

import base64

import pytest
from django.conf import settings

from apps.common.errors import Conflict, Denied, Invalid
from apps.releases.models import Release, Rollout
from apps.tickets.models import Ticket
from apps.tickets.services.running import review_ticket
from tests.releases.hand import SLUG, Cluster, Hand, Outside, http
from tests.support.story import Company

REASON = "orders fail since the last version"


def fresh(ticket: Ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)


@pytest.fixture
def good_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings.CONFIG, "good_after_seconds", 0.0)


def roll_back(company: Company, who: str = "ops", **form: str) -> Ticket:
    return company.file("roll_back", who, SLUG, "production", reason=REASON, **form)


def remove_from_registry(company: Company, digest: str) -> None:
    world = company.sandbox.world
    login = base64.b64encode(f"{world.registry_user}:{world.registry_password}".encode()).decode()
    url = f"{world.registry_url}/v2/shop/{SLUG}/manifests/{digest}"
    assert http("DELETE", url, headers={"Authorization": f"Basic {login}"})[0] == 202


@pytest.mark.usefixtures("good_at_once")
def test_back_to_the_last_known_good_at_once_without_approval_and_a_review_is_owed(
    company: Company, hand: Hand, outside: Outside
) -> None:
    """The first version of production is what ran there before the portal: an image not built here (D21)."""
    before = Cluster(company, "dc1").image()
    hand.promoted()
    baseline = Release.objects.get(is_built_here=False)
    assert before.endswith(f"@{baseline.digest}")
    outside.mark()
    ticket = roll_back(company)
    assert (ticket.status, ticket.approvals_needed, ticket.requires_review) == ("queued", 0, True)
    assert ticket.facts == {"reason": REASON, "is_last_known_good": True}
    ticket = hand.drive(ticket)
    assert (ticket.status, ticket.reason) == ("succeeded", None)
    assert outside.changed() == [("cluster dc1", "deployments.patch"), ("cluster dc2", "deployments.patch")]
    assert {Cluster(company, name).image().partition("@")[2] for name in ("dc1", "dc2")} == {baseline.digest}
    with pytest.raises(Denied, match=r"policy\.not_requester"):
        review_ticket(ticket, outcome="accepted", actor=company.actor("ops"))
    assert review_ticket(ticket, outcome="accepted", actor=company.actor("ops2")).reviewer == company.people["ops2"]
    with pytest.raises(Conflict, match=r"review\.given_already"):
        review_ticket(ticket, outcome="accepted", actor=company.actor("ops2"))


def test_what_has_not_run_long_enough_is_no_known_good(company: Company, hand: Hand, outside: Outside) -> None:
    hand.promoted()
    outside.mark()
    with pytest.raises(Conflict) as refused:
        roll_back(company)
    assert refused.value.as_reason() == {"code": "rollback.no_known_good", "params": {"project": SLUG}}
    assert outside.changed() == []


def test_back_to_another_earlier_version_needs_an_approval_like_a_promote(company: Company, hand: Hand) -> None:
    hand.promoted()
    baseline = Release.objects.get(is_built_here=False)
    ticket = roll_back(company, release=baseline.tag)
    assert (ticket.status, ticket.approvals_needed, ticket.requires_review) == ("pending_approval", 1, False)
    company.approve(ticket, "ops2")
    assert hand.drive(ticket).status == "succeeded"


def test_back_to_what_never_ran_there_or_is_unknown_is_refused(company: Company, hand: Hand, outside: Outside) -> None:
    release = hand.on_paper()
    with pytest.raises(Conflict) as refused:
        roll_back(company, release=release.tag)
    params = {"tag": release.tag, "environment": "production"}
    assert refused.value.as_reason() == {"code": "rollback.never_ran", "params": params}
    with pytest.raises(Invalid, match=r"release\.unknown"):
        roll_back(company, release="no-such-tag")
    with pytest.raises(Denied, match=r"policy\.needs_role"):
        roll_back(company, who="developer")
    assert not Ticket.objects.filter(kind="roll_back").exists()
    assert outside.changed() == []


@pytest.mark.usefixtures("good_at_once")
def test_back_to_an_image_that_is_gone_from_the_registry_is_refused(
    company: Company, hand: Hand, outside: Outside
) -> None:
    first = hand.promoted()
    hand.promoted()
    remove_from_registry(company, first.digest)
    outside.mark()
    with pytest.raises(Conflict) as refused:
        roll_back(company, release=first.tag)
    params = {"digest": first.digest, "repository": f"shop/{SLUG}"}
    assert refused.value.as_reason() == {"code": "image.gone", "params": params}
    assert outside.changed() == []


@pytest.mark.usefixtures("good_at_once")
def test_a_roll_back_aborts_who_holds_the_slot_and_goes_before_who_waits_for_it(
    company: Company, hand: Hand, outside: Outside
) -> None:
    release = hand.passed()
    holder = hand.promote(release)
    company.approve(holder)
    hand.drive(holder, until=hand.step_is(holder, "patch_image", target=f"dc1/{SLUG}"))
    waiting = hand.promote(release)
    company.approve(waiting)
    hand.drive(waiting, until=hand.step_is(waiting, "take_slot", "waiting"))
    before = Rollout.objects.get(ticket=holder).from_digest
    outside.mark()
    back = roll_back(company, release=Release.objects.get(digest=before).tag)
    assert back.status == "queued"
    hand.drive(back, until=hand.step_is(back, "take_slot", "waiting"))
    assert fresh(holder).cancel_requested_at is not None
    hand.drive(holder, back, waiting, until=lambda: fresh(back).status == "succeeded")
    held = fresh(holder)
    reason = {"code": "ticket.aborted_by_rollback", "params": {"ticket": back.pk}}
    assert (held.status, held.reason) == ("failed", reason)
    assert dict(Rollout.objects.filter(ticket=holder).values_list("workload__placement__cluster__name", "result")) == {
        "dc1": "succeeded"
    }
    assert [i.partition("@")[2] for i in outside.patched("dc1")] == [before]
    assert outside.patched("dc2") == []  # it never left the version that is rolled back to
    assert fresh(waiting).status == "queued"
    assert Cluster(company, "dc1").image().endswith(before)


def test_the_owner_may_roll_back_and_a_reason_is_asked_for(company: Company, hand: Hand) -> None:
    hand.promoted()
    baseline = Release.objects.get(is_built_here=False)
    assert roll_back(company, who="owner", release=baseline.tag).status == "pending_approval"
    with pytest.raises(Invalid) as refused:
        company.file("roll_back", "ops", SLUG, "production", release=baseline.tag)
    assert refused.value.fields == {"reason": [{"code": "required", "params": {}}]}
    with pytest.raises(Invalid) as refused:
        company.file("roll_back", "ops", SLUG, "production", release=baseline.tag, reason="short")
    assert refused.value.fields == {"reason": [{"code": "min_length", "params": {"limit_value": 10}}]}
