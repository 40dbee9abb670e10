"""A claim opens one socket, once, within thirty seconds, from the login that asked; rights and pod are looked at anew."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import UserSession
from apps.audit.models import AuditEvent
from apps.common.errors import Conflict, Denied, DomainError, Missing
from apps.projects.models import Grant
from apps.terminals.models import TerminalClaim, TerminalSession
from apps.terminals.services import live
from apps.terminals.services.claims import issue_claim
from tests.releases.hand import Cluster
from tests.support.story import Company
from tests.terminals.sessions.paper import HOST, Room
from tests.terminals.sessions.web import SESSIONS, browser, key_of, opened

OTHER = "web-2:11:bb"


def redeem(session: TerminalSession, claim: str, login: UserSession | None = None, host: str = HOST) -> live.Target:
    login = login or session.login
    assert login is not None
    return live.redeem(session.pk, claim, login.session_key, host=host)


def code_of(work: Callable[[], Any]) -> str:
    with pytest.raises(DomainError) as caught:
        work()
    return caught.value.code


def claim_of(session: TerminalSession) -> str:
    assert session.login is not None
    return issue_claim(session, session.login)


def test_a_claim_leads_to_the_running_shell_once(room: Room) -> None:
    session = room.session()
    claim = claim_of(session)
    target = redeem(session, claim)
    assert (target.is_new, target.pod_uid, target.marker) == (False, session.pod_uid, str(session.marker))
    assert code_of(lambda: redeem(session, claim)) == "terminal.claim_refused"
    assert AuditEvent.objects.filter(action="terminal.connected").count() == 1
    refused = AuditEvent.objects.get(action="terminal.connect", outcome="refused")
    assert (refused.actor_id, refused.params) == (session.user_id, {"code": "terminal.claim_refused"})


def _old(room: Room, session: TerminalSession, claim: str) -> live.Target:
    TerminalClaim.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    return redeem(session, claim)


REFUSED: dict[str, Callable[[Room, TerminalSession, str], Any]] = {
    "too late": _old,
    "another login of the same person": lambda room, session, claim: redeem(session, claim, room.login("dev")),
    "another person": lambda room, session, claim: redeem(session, claim, room.login("ops")),
    "an administrator": lambda room, session, claim: redeem(session, claim, room.login("root")),
    "no login": lambda room, session, claim: live.redeem(session.pk, claim, "", host=HOST),
    "a login that ended": lambda room, session, claim: live.redeem(session.pk, claim, "nosuchkey", host=HOST),
    "another session": lambda room, session, claim: redeem(room.session(login=session.login), claim),
    "a guess": lambda room, session, claim: redeem(session, "x" * 43),
    "its digest": lambda room, session, claim: redeem(session, TerminalClaim.objects.get().digest),
    "nothing": lambda room, session, claim: redeem(session, ""),
}


@pytest.mark.parametrize("name", REFUSED)
def test_one_refusal_for_whatever_is_wrong_with_a_claim_and_nothing_is_taken(room: Room, name: str) -> None:
    session = room.session(state="opening", host="", opened_at=None)
    claim = claim_of(session)
    assert code_of(lambda: REFUSED[name](room, session, claim)) == "terminal.claim_refused"
    session.refresh_from_db()
    assert (session.host, session.state) == ("", "opening")
    assert TerminalClaim.objects.filter(used_at=None).count() == 1
    assert not AuditEvent.objects.filter(action="terminal.connected").exists()


def test_another_live_process_is_told_and_the_claim_stays_good_for_it(room: Room) -> None:
    session = room.session()
    claim = claim_of(session)
    assert code_of(lambda: redeem(session, claim, host=OTHER)) == "terminal.elsewhere"
    assert redeem(session, claim).session_id == session.pk


def test_the_shell_of_a_dead_process_is_told_to_be_lost(room: Room) -> None:
    session = room.session(seen_at=timezone.now() - timedelta(seconds=16))
    claim = claim_of(session)
    with pytest.raises(Conflict) as caught:
        redeem(session, claim, host=OTHER)
    assert (caught.value.code, caught.value.params) == ("terminal.ended_already", {"end": "terminal.end.host_lost"})
    session.refresh_from_db()
    assert (session.state, session.end_code, session.cleanup_state) == ("ended", "terminal.end.host_lost", "pending")


def test_a_right_that_went_between_click_and_connect_refuses_as_everywhere_and_ends_the_session(room: Room) -> None:
    session, other = room.session(), room.session()
    first, second = claim_of(session), claim_of(other)
    grant = Grant.objects.filter(user=session.user, environment=room.environments["test"])
    grant.update(revoked_at=timezone.now())
    with pytest.raises(Denied) as caught:
        redeem(session, first)
    assert caught.value.code == "policy.needs_role"
    Grant.objects.filter(user=session.user).update(revoked_at=timezone.now())
    with pytest.raises(Missing):
        redeem(other, second)
    refused = AuditEvent.objects.filter(outcome="refused").order_by("id").values_list("action", "params__code")
    assert list(refused) == [("terminal.open", "policy.needs_role"), ("terminal.open", "policy.needs_role")]
    ends = TerminalSession.objects.order_by("pk").values_list("state", "end_code")
    assert list(ends) == [("ended", "terminal.end.revoked")] * 2


def test_a_cause_that_is_no_right_is_told_by_its_own_code(room: Room) -> None:
    session = room.session()
    claim = claim_of(session)
    type(room.cluster).objects.update(is_enabled=False)
    assert code_of(lambda: redeem(session, claim)) == "terminal.end.cluster_withdrawn"
    session.refresh_from_db()
    assert (session.state, session.end_code) == ("ended", "terminal.end.cluster_withdrawn")


@pytest.mark.django_db(transaction=True)
def test_a_new_session_is_taken_by_the_process_that_redeems_it(company: Company) -> None:
    client, answer = opened(company)
    target = live.redeem(answer["id"], answer["claim"], key_of(client), host=HOST)
    session = TerminalSession.objects.get()
    assert (target.is_new, target.namespace, target.container) == (True, "test", "app")
    assert (session.host, session.state) == (HOST, "opening")
    live.note_opened(session.pk, HOST, "/bin/sh")
    session.refresh_from_db()
    assert (session.state, session.shell, session.opened_at is not None) == ("live", "/bin/sh", True)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("again", "code"), [(False, "pod_gone"), (True, "revoked")])
def test_a_pod_that_went_or_left_the_workload_before_the_connect_ends_the_session(
    company: Company, again: bool, code: str
) -> None:
    client, answer = opened(company)
    cluster, path = Cluster(company, "test-1"), f"/api/v1/namespaces/test/pods/{answer['pod']}"
    if again:
        released = {"metadata": {"labels": {"app": "mine"}}}
        cluster.call("PATCH", path, released, "application/merge-patch+json")
    else:
        cluster.call("DELETE", path + "?gracePeriodSeconds=0")
    try:
        found = code_of(lambda: live.redeem(answer["id"], answer["claim"], key_of(client), host=HOST))
        assert found == f"terminal.end.{code}"
        session = TerminalSession.objects.get()
        assert (session.state, session.host, session.cleanup_state) == ("ended", "", "not_needed")
    finally:
        if again:
            cluster.call("DELETE", path + "?gracePeriodSeconds=0")


@pytest.mark.django_db(transaction=True)
def test_only_the_login_that_opened_it_gets_another_claim(company: Company) -> None:
    client, answer = opened(company)
    path = f"{SESSIONS}{answer['id']}/claims/"
    again = client.post(path)
    assert again.status_code == 201
    assert set(again.json()) == {"claim", "socket"}
    assert again.json()["claim"] != answer["claim"]
    elsewhere = browser(company.people["developer"])
    assert elsewhere.post(path).json()["code"] == "terminal.not_yours"
    assert browser(company.people["ops"]).post(path).json()["code"] == "terminal.not_yours"
    assert browser(company.people["stranger"]).post(path).status_code == 404
    assert TerminalClaim.objects.count() == 2
    client.post(f"{SESSIONS}{answer['id']}/end/", {})
    assert client.post(path).json()["code"] == "terminal.ended_already"
    assert TerminalClaim.objects.count() == 0
