"""A stranger hears 404, a member why, and both attempts are in the audit trail."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import transaction

from apps.audit.models import AuditEvent
from apps.common.errors import Denied, Missing, Unauthenticated
from apps.policy.actor import ANONYMOUS
from apps.policy.services import record_pending, require
from tests.accounts.factories import browser, make_admin, make_token, make_user, token_client
from tests.policy.grants import PlainGrants, plain_grants
from tests.policy.test_rules import USER

pytestmark = [pytest.mark.urls("tests.common.urls"), pytest.mark.django_db]


@pytest.fixture
def grants() -> Iterator[PlainGrants]:
    with plain_grants() as source:
        yield source


def refusals() -> list[tuple[str, int | None, str]]:
    rows = AuditEvent.objects.filter(outcome="refused").order_by("id")
    return [(row.action, row.project_id, row.params["code"]) for row in rows]


def test_a_stranger_gets_missing_and_a_member_the_reason(grants: PlainGrants) -> None:
    with pytest.raises(Missing) as stranger:
        require(USER, "ticket.approve", project_id=7, environment_id=3)
    assert (stranger.value.code, stranger.value.params) == ("not_found", {})
    grants.grants.add((1, 7, 3, "developer"))
    with pytest.raises(Denied) as member:
        require(USER, "ticket.approve", project_id=7, environment_id=3)
    assert member.value.code == "policy.needs_role"
    assert refusals() == [("ticket.approve", 7, "policy.needs_role")] * 2


def test_a_visitor_is_asked_to_sign_in_and_not_recorded() -> None:
    with pytest.raises(Unauthenticated):
        require(ANONYMOUS, "ticket.read", project_id=7)
    assert refusals() == []


@pytest.mark.django_db(transaction=True)
def test_a_refusal_inside_a_transaction_survives_its_rollback(grants: PlainGrants) -> None:
    grants.grants.add((1, 7, 3, "developer"))
    with pytest.raises(Denied) as refused, transaction.atomic():
        require(USER, "ticket.approve", project_id=7, environment_id=3)
    assert refusals() == []
    record_pending(refused.value)
    record_pending(refused.value)
    assert refusals() == [("ticket.approve", 7, "policy.needs_role")]


@pytest.mark.django_db(transaction=True)
def test_the_api_records_a_refusal_and_keeps_nothing_of_the_change(grants: PlainGrants) -> None:
    user = make_user()
    client = browser(user)
    answer = client.post("/api/probe/refused-inside", {}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    grants.owners.add((user.pk, 7))
    answer = client.post("/api/probe/refused-inside", {}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (403, "policy.needs_role")
    assert answer.json()["params"] == {"roles": ["ops"], "project_id": 7, "environment_id": 3}
    assert refusals() == [("ticket.approve", 7, "policy.needs_role")] * 2
    assert AuditEvent.objects.filter(action="thing.changed").count() == 0


def test_a_view_without_an_action_is_closed_to_everybody() -> None:
    answer = browser(make_admin()).get("/api/probe/undeclared")
    assert (answer.status_code, answer.json()["code"]) == (403, "policy_undeclared")


def test_a_token_outside_its_scopes_is_refused_and_recorded() -> None:
    user = make_user()
    _, secret = make_token(user, "ticket.*")
    answer = token_client(secret).get("/api/v1/me")
    assert (answer.status_code, answer.json()["code"]) == (403, "policy.token_scope")
    assert refusals() == [("me.read", None, "policy.token_scope")]
    event = AuditEvent.objects.get(outcome="refused")
    assert (event.actor_id, event.actor_kind, event.ip) == (user.pk, "token", "127.0.0.1")


class TestWhy:
    URL = "/api/v1/why"

    def test_it_says_what_is_missing_in_the_users_language(self, grants: PlainGrants) -> None:
        user = make_user(language="zh")
        grants.grants.add((user.pk, 7, 3, "tester"))
        answer = browser(user).get(self.URL, {"action": "ticket.approve", "project": 7, "environment": 3})
        assert answer.json() == {
            "allowed": False,
            "code": "policy.needs_role",
            "params": {"roles": ["ops"], "project_id": 7, "environment_id": 3},
            "detail": "您需要在该项目和环境中拥有以下角色之一：运维。",
        }
        assert refusals() == []

    def test_it_says_yes(self, grants: PlainGrants) -> None:
        user = make_user()
        grants.grants.add((user.pk, 7, 3, "tester"))
        answer = browser(user).get(self.URL, {"action": "verdict.give", "project": 7, "environment": 3})
        assert answer.json() == {"allowed": True, "code": "", "params": {}, "detail": ""}

    def test_a_strange_project_looks_like_none(self, grants: PlainGrants) -> None:
        answer = browser(make_user()).get(self.URL, {"action": "ticket.read", "project": 7})
        assert (answer.json()["allowed"], answer.json()["code"]) == (False, "not_found")

    @pytest.mark.parametrize(
        "query",
        [{}, {"action": "x"}, {"action": "ticket.read", "project": "1; DROP TABLE x"}]
        + [{"action": "ticket.read", "project": 2**70}, {"action": "ticket.read", "person": 1}, {"action": "\x00"}]
        + [{"action": "ticket.read", "user": "\x00"}, {"action": "ticket.read", "user": "x" * 151}],
    )
    def test_nonsense_is_refused(self, query: dict[str, object]) -> None:
        assert browser(make_user()).get(self.URL, query).status_code == 400

    def test_an_administrator_asks_for_somebody_else_and_hears_the_reason(self, grants: PlainGrants) -> None:
        other = make_user("wang.fang")
        admin = browser(make_admin())
        asked = {"action": "verdict.give", "project": 7, "environment": 3, "user": "Wang.Fang"}
        answer = admin.get(self.URL, asked).json()
        assert (answer["allowed"], answer["code"]) == (False, "policy.needs_role")
        grants.grants.add((other.pk, 7, 3, "tester"))
        assert admin.get(self.URL, asked).json() == {"allowed": True, "code": "", "params": {}, "detail": ""}
        without_place = admin.get(self.URL, {"action": "cluster.manage", "user": "wang.fang"}).json()
        assert (without_place["allowed"], without_place["code"]) == (False, "policy.needs_admin")
        assert refusals() == []

    def test_owners_and_ops_of_a_project_ask_for_others_there_and_nowhere_else(self, grants: PlainGrants) -> None:
        other, owner, ops = make_user("wang.fang"), make_user("owner"), make_user("ops")
        grants.owners.add((owner.pk, 7))
        grants.grants |= {(ops.pk, 7, 3, "ops"), (other.pk, 7, 3, "tester")}
        asked = {"action": "verdict.give", "project": 7, "environment": 3, "user": "wang.fang"}
        for person in (owner, ops):
            client = browser(person)
            assert client.get(self.URL, asked).json()["allowed"] is True
            elsewhere = client.get(self.URL, {**asked, "project": 8})
            assert (elsewhere.status_code, elsewhere.json()["code"]) == (404, "not_found")
            nowhere = client.get(self.URL, {"action": "cluster.manage", "user": "wang.fang"})
            assert (nowhere.status_code, nowhere.json()["code"]) == (403, "policy.needs_admin")
        assert (
            refusals()
            == [
                ("why.read_others", 8, "policy.needs_role_in_project"),
                ("user.manage", None, "policy.needs_admin"),
            ]
            * 2
        )

    def test_a_member_asks_for_himself_only(self, grants: PlainGrants) -> None:
        user = make_user()
        make_user("wang.fang")
        grants.grants.add((user.pk, 7, 3, "tester"))
        client = browser(user)
        asked = {"action": "verdict.give", "project": 7, "environment": 3}
        assert client.get(self.URL, {**asked, "user": user.username}).json()["allowed"] is True
        refused = client.get(self.URL, {**asked, "user": "wang.fang"})
        assert (refused.status_code, refused.json()["code"]) == (403, "policy.needs_role_in_project")
        strange = client.get(self.URL, {**asked, "user": "nobody.at.all"})
        assert (strange.status_code, strange.json()["code"]) == (403, "policy.needs_role_in_project")

    def test_nobody_active_of_that_name_is_said(self) -> None:
        make_user("gone", is_active=False)
        for name in ("gone", "nobody.at.all"):
            answer = browser(make_admin(f"admin.of.{name}")).get(self.URL, {"action": "me.read", "user": name})
            assert (answer.status_code, answer.json()["fields"]["user"][0]["code"]) == (400, "does_not_exist")

    def test_visitors_are_asked_to_sign_in(self) -> None:
        answer = browser().get(self.URL, {"action": "ticket.read"})
        assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")
