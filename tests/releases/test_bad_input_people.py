"""Bad input by people: two at once, the same thing twice, an approval of what has changed, an approval of one's own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from apps.audit.models import AuditEvent
from apps.common.errors import Conflict, Denied, DomainError, Missing
from apps.policy.actor import Actor
from apps.projects.models import Grant
from apps.releases.models import Release
from apps.tickets.models import Approval, Ticket
from apps.tickets.registry import Filing
from apps.tickets.services.approvals import decide
from apps.tickets.services.filing import file_ticket
from tests.releases.hand import SLUG, Cluster, Hand, Outside
from tests.support.factories import grant
from tests.support.story import Company


def side_by_side(*works: Callable[[], Any]) -> list[Any]:
    """Each in a thread of its own; results, or the DomainError each ended with."""

    def one(work: Callable[[], Any]) -> Any:
        try:
            return work()
        except DomainError as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(one, works))


@pytest.fixture
def promote(hand: Hand) -> Ticket:
    """A promote that waits for ops."""
    ticket = hand.promote(hand.on_paper())
    assert ticket.status == "pending_approval"
    return ticket


def decision(company: Company, ticket: Ticket, who: str, what: str) -> Callable[[], Approval]:
    def work() -> Approval:
        mine = Ticket.objects.get(pk=ticket.pk)
        return decide(mine, decision=what, comment="at once", fingerprint=ticket.fingerprint, actor=company.actor(who))

    return work


# -- two at once ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("second", ["approve", "reject"])
def test_of_two_people_who_decide_at_once_one_is_told_that_it_was_decided(
    company: Company, promote: Ticket, outside: Outside, second: str
) -> None:
    outside.mark()
    answers = side_by_side(decision(company, promote, "ops", "approve"), decision(company, promote, "ops2", second))
    refused = [a for a in answers if isinstance(a, DomainError)]
    assert len(refused) == 1
    assert isinstance(refused[0], Conflict)
    won = Approval.objects.get(ticket=promote)
    status = {"approve": "queued", "reject": "rejected"}[won.decision]
    params = {"ticket": promote.pk, "status": status}
    assert refused[0].as_reason() == {"code": "approval.not_pending", "params": params}
    assert Ticket.objects.get(pk=promote.pk).status == status
    assert outside.changed() == []


def test_one_person_who_clicks_twice_decides_once(company: Company, promote: Ticket, outside: Outside) -> None:
    Ticket.objects.filter(pk=promote.pk).update(approvals_needed=2)
    outside.mark()
    answers = side_by_side(*[decision(company, promote, "ops", "approve")] * 2)
    codes = sorted(a.code if isinstance(a, DomainError) else "ok" for a in answers)
    assert codes == ["approval.decided_already", "ok"]
    assert (Approval.objects.count(), Ticket.objects.get(pk=promote.pk).status) == (1, "pending_approval")
    assert AuditEvent.objects.filter(action="ticket.approved").count() == 1
    assert outside.changed() == []


def test_a_form_sent_twice_with_one_key_is_one_ticket_one_release_and_one_set_of_steps(
    company: Company, outside: Outside
) -> None:
    def send(ref: str = "main") -> tuple[Ticket, bool]:
        filing = Filing(company.projects[SLUG], company.environments["test"], {"ref": ref}, company.actor("developer"))
        return file_ticket("release", filing, idempotency_key="form-1")

    answers = side_by_side(send, send, send)
    assert {ticket.pk for ticket, _ in answers} == {Ticket.objects.get().pk}
    assert sorted(created for _, created in answers) == [False, False, True]
    assert (Release.objects.count(), Ticket.objects.get().steps.count()) == (1, 9)
    with pytest.raises(Conflict) as refused:
        send("another-ref")
    expected = {"code": "ticket.idempotency_mismatch", "params": {"ticket": Ticket.objects.get().pk}}
    assert refused.value.as_reason() == expected
    assert outside.changed() == []


def test_a_form_sent_twice_without_a_key_is_two_versions_with_two_tags(company: Company, outside: Outside) -> None:
    answers = side_by_side(*[lambda: company.file("release", "developer", SLUG, "test", ref="main")] * 3)
    assert [a for a in answers if isinstance(a, DomainError)] == []
    tags = set(Release.objects.values_list("tag", flat=True))
    assert len(tags) == 3
    assert outside.changed() == []


# -- what has changed -------------------------------------------------------------------------------------------
def test_an_approval_of_what_somebody_just_changed_is_refused_with_the_changed_lines(
    company: Company, hand: Hand, promote: Ticket, outside: Outside
) -> None:
    dc2 = Cluster(company, "dc2")
    before, other = dc2.image(), "127.0.0.1:1/shop/hotfix@sha256:" + "2" * 64
    dc2.set_image(other)
    outside.mark()
    with pytest.raises(Conflict) as refused:
        company.approve(promote)
    promote.refresh_from_db()
    line = {"path": "targets[1].from", "before": before, "after": other}
    assert refused.value.as_reason() == {
        "code": "approval.changed",
        "params": {"ticket": promote.pk, "fingerprint": promote.fingerprint, "lines": [line]},
    }
    assert (Approval.objects.count(), promote.status) == (0, "pending_approval")
    assert outside.changed() == []
    company.approve(promote)  # having seen the new change
    assert Ticket.objects.get(pk=promote.pk).status == "queued"


def test_an_approval_given_before_the_change_is_void_and_stays_to_be_read(
    company: Company, promote: Ticket, outside: Outside
) -> None:
    Ticket.objects.filter(pk=promote.pk).update(approvals_needed=2)
    company.approve(promote, "ops")
    dc1 = Cluster(company, "dc1")
    before, other = dc1.image(), "127.0.0.1:1/shop/hotfix@sha256:" + "3" * 64
    dc1.set_image(other)
    outside.mark()
    with pytest.raises(Conflict, match=r"approval\.changed"):
        company.approve(promote, "ops2")
    first = Approval.objects.get()
    line = {"path": "targets[0].from", "before": before, "after": other}
    assert first.voided_at is not None
    assert first.void_reason == {"code": "approval.void_changed", "params": {"lines": [line]}}
    for who in ("ops", "ops2"):
        company.approve(promote, who)
    assert Ticket.objects.get(pk=promote.pk).status == "queued"
    assert Approval.objects.count() == 3
    assert outside.changed() == []


def test_a_change_after_the_last_approval_is_found_at_start_and_sends_the_ticket_back(
    company: Company, hand: Hand, promote: Ticket, outside: Outside
) -> None:
    company.approve(promote)
    dc1 = Cluster(company, "dc1")
    before, other = dc1.image(), "127.0.0.1:1/shop/hotfix@sha256:" + "4" * 64
    dc1.set_image(other)
    outside.mark()
    ticket = hand.drive(promote, until=lambda: Ticket.objects.get(pk=promote.pk).status != "queued")
    line = {"path": "targets[0].from", "before": before, "after": other}
    assert (ticket.status, ticket.reason) == (
        "pending_approval",
        {"code": "approval.void_changed", "params": {"lines": [line]}},
    )
    assert Approval.objects.get().voided_at is not None
    assert not ticket.slots.exists()
    assert ticket.expires_at is not None
    assert outside.changed() == []


# -- one's own --------------------------------------------------------------------------------------------------
def token_of(actor: Actor) -> Actor:
    return replace(actor, kind="token", token_id=1, name=f"{actor.name}'s token")


def as_ops(company: Company, name: str) -> None:
    grant(company.people[name], company.projects[SLUG], company.environments["production"], "ops")


def _requester(company: Company, _ticket: Ticket) -> Actor:
    as_ops(company, "developer")
    return company.actor("developer")


def _requesters_token(company: Company, ticket: Ticket) -> Actor:
    return token_of(_requester(company, ticket))


def _requester_of_the_release(company: Company, ticket: Ticket) -> Actor:
    """The promote is another's, the version is one's own."""
    as_ops(company, "developer")
    Ticket.objects.filter(pk=ticket.pk).update(requester=company.people["owner"])
    return company.actor("developer")


def _token_of_the_releases_requester(company: Company, ticket: Ticket) -> Actor:
    return token_of(_requester_of_the_release(company, ticket))


def _admin(company: Company, _ticket: Ticket) -> Actor:
    return company.actor("admin")


def _requester_who_is_admin(company: Company, ticket: Ticket) -> Actor:
    return replace(_requester(company, ticket), is_instance_admin=True)


def _owner(company: Company, _ticket: Ticket) -> Actor:
    return company.actor("owner")


def _ops_of_another_environment(company: Company, _ticket: Ticket) -> Actor:
    grant(company.people["stranger"], company.projects[SLUG], company.environments["test"], "ops")
    return company.actor("stranger")


def _ops_whose_grant_was_revoked(company: Company, _ticket: Ticket) -> Actor:
    production = {"user": company.people["ops"], "environment": company.environments["production"]}
    Grant.objects.filter(**production).update(revoked_at=timezone.now())
    return company.actor("ops")


def _stranger(company: Company, _ticket: Ticket) -> Actor:
    return company.actor("stranger")


NOT_YOURS, NEEDS = "policy.not_requester", "policy.needs_role"
DOORS: list[tuple[Callable[[Company, Ticket], Actor], type[DomainError], str]] = [
    (_requester, Denied, NOT_YOURS),
    (_requesters_token, Denied, NOT_YOURS),
    (_requester_of_the_release, Denied, NOT_YOURS),
    (_token_of_the_releases_requester, Denied, NOT_YOURS),
    (_requester_who_is_admin, Denied, NOT_YOURS),
    (_admin, Denied, NEEDS),
    (_owner, Denied, NEEDS),
    (_ops_of_another_environment, Denied, NEEDS),
    (_ops_whose_grant_was_revoked, Denied, NEEDS),
    (_stranger, Missing, "not_found"),
]


@pytest.mark.parametrize(("door", "error", "code"), DOORS, ids=[d[0].__name__.strip("_") for d in DOORS])
def test_nobody_approves_what_is_their_own_or_not_theirs_to_approve(
    company: Company,
    promote: Ticket,
    outside: Outside,
    door: Callable[[Company, Ticket], Actor],
    error: type[DomainError],
    code: str,
) -> None:
    actor = door(company, promote)
    promote.refresh_from_db()
    outside.mark()
    with pytest.raises(DomainError) as refused:
        decide(promote, decision="approve", comment="", fingerprint=promote.fingerprint, actor=actor)
    assert (type(refused.value), refused.value.code) == (error, code)
    assert (Approval.objects.count(), Ticket.objects.get(pk=promote.pk).status) == (0, "pending_approval")
    told = AuditEvent.objects.filter(outcome="refused").order_by("-id").first()
    assert told is not None
    assert told.params["code"] == (NEEDS if error is Missing else code)
    assert outside.changed() == []


def test_a_rejection_without_a_reason_and_an_approval_of_another_fingerprint_change_nothing(
    company: Company, promote: Ticket, outside: Outside
) -> None:
    outside.mark()
    for what, fingerprint, code in (
        ("reject", promote.fingerprint, "approval.reason_required"),
        ("approve", "0" * 64, "approval.changed"),
        ("approve", "", "approval.changed"),
    ):
        with pytest.raises(DomainError) as refused:
            decide(promote, decision=what, comment=" ", fingerprint=fingerprint, actor=company.actor("ops"))
        assert refused.value.code == code
    assert (Approval.objects.count(), Ticket.objects.get(pk=promote.pk).status) == (0, "pending_approval")
    assert outside.changed() == []
