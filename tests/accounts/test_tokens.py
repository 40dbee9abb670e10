"""API tokens: shown once, limited, and dead at once when they end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from apps.accounts import tokens
from apps.accounts.models import ApiToken
from apps.audit.models import AuditEvent
from apps.common.db import db_now
from tests.accounts.factories import browser, make_admin, make_token, make_user, token_client
from tests.policy.grants import PlainGrants, plain_grants

pytestmark = [pytest.mark.urls("tests.common.urls"), pytest.mark.django_db]
URL = "/api/v1/tokens/"


@pytest.fixture
def grants() -> Iterator[PlainGrants]:
    with plain_grants() as source:
        yield source


def body(**changes: Any) -> dict[str, Any]:
    expires_at = (db_now() + timedelta(days=30)).isoformat()
    return {"name": "ci", "scopes": ["ticket.*", "me.read"], "expires_at": expires_at, **changes}


def test_the_secret_is_shown_once_and_not_stored() -> None:
    user = make_user()
    client = browser(user)
    made = client.post(URL, body(), format="json")
    assert made.status_code == 201
    secret = made.json()["secret"]
    token = ApiToken.objects.get()
    assert secret.startswith(f"opt_{token.prefix}_")
    kept_by_the_caller = secret.removeprefix(f"opt_{token.prefix}_")
    assert len(kept_by_the_caller) == 43
    assert (token.scopes, token.project_id) == (["me.read", "ticket.*"], None)
    listed = client.get(URL).json()["results"]
    assert listed == [{k: v for k, v in made.json().items() if k != "secret"}]
    assert token_client(secret).get("/api/v1/me").json()["id"] == user.pk
    with connection.cursor() as cursor:
        cursor.execute("SELECT t::text FROM accounts_apitoken t UNION ALL SELECT a::text FROM audit_auditevent a")
        assert [row for (row,) in cursor.fetchall() if kept_by_the_caller in row] == []
    event = AuditEvent.objects.get(action="token.created")
    assert (event.actor_id, event.target_id) == (user.pk, str(token.pk))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"scopes": []}, {"scopes": "empty"}),
        ({"scopes": ["ticket.destroy"]}, {"scopes": "unknown_scope"}),
        ({"scopes": ["tick*"]}, {"scopes": "unknown_scope"}),
        ({"scopes": "ticket.read"}, {"scopes": "not_a_list"}),
        ({"scopes": [5, {}]}, {"scopes.1": "invalid"}),
        ({"expires_at": None}, {"expires_at": "null"}),
        ({"expires_at": "2020-01-01T00:00:00Z"}, {"expires_at": "expiry_out_of_range"}),
        ({"expires_at": "2999-01-01T00:00:00Z"}, {"expires_at": "expiry_out_of_range"}),
        ({"expires_at": "soon"}, {"expires_at": "invalid"}),
        ({"project": 7}, {"project": "does_not_exist"}),
        ({"project": "7; DROP TABLE x"}, {"project": "invalid"}),
        ({"project": 2**63}, {"project": "max_value"}),
        ({"user": 1}, {"user": "unknown_field"}),
        ({"name": "x" * 101}, {"name": "max_length"}),
        ({"name": ""}, {"name": "blank"}),
    ],
)
def test_what_a_token_may_not_be(change: dict[str, Any], problem: dict[str, str], grants: PlainGrants) -> None:
    answer = browser(make_user()).post(URL, body(**change), format="json")
    assert answer.status_code == 400
    assert {name: items[0]["code"] for name, items in answer.json()["fields"].items()} == problem
    assert ApiToken.objects.count() == 0


def test_a_token_of_a_project_of_ones_own(grants: PlainGrants) -> None:
    user = make_user()
    grants.owners.add((user.pk, 7))
    answer = browser(user).post(URL, body(project=7), format="json")
    assert (answer.status_code, answer.json()["project"]) == (201, 7)


def test_an_expiry_is_required() -> None:
    given = body()
    del given["expires_at"]
    answer = browser(make_user()).post(URL, given, format="json")
    assert answer.json()["fields"]["expires_at"][0]["code"] == "required"


def test_the_number_of_live_tokens_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "MAX_LIVE", 1)
    client = browser(make_user())
    assert client.post(URL, body(), format="json").status_code == 201
    assert client.post(URL, body(), format="json").json()["code"] == "token_limit"
    client.delete(f"{URL}{ApiToken.objects.get().pk}/")
    assert client.post(URL, body(), format="json").status_code == 201


def refused(secret: str) -> tuple[int, str]:
    answer = token_client(secret).get("/api/v1/me")
    return answer.status_code, answer.json()["code"]


def test_a_revoked_token_is_dead_at_once() -> None:
    user = make_user()
    token, secret = make_token(user)
    client = browser(user)
    assert client.delete(f"{URL}{token.pk}/").status_code == 204
    assert refused(secret) == (401, "token_revoked")
    assert client.delete(f"{URL}{token.pk}/").status_code == 404
    assert AuditEvent.objects.filter(action="token.revoked").count() == 1


def test_an_expired_token_is_dead() -> None:
    _, secret = make_token(make_user())
    ApiToken.objects.update(expires_at=db_now() - timedelta(seconds=1))
    assert refused(secret) == (401, "token_expired")


def test_a_disabled_persons_token_is_dead_even_before_it_is_revoked() -> None:
    user = make_user()
    _, secret = make_token(user)
    user.is_active = False
    user.save()
    assert refused(secret) == (401, "token_invalid")


@pytest.mark.parametrize("change", ["x", "other secret", "", "Basic"])
def test_a_wrong_secret_tells_nothing(change: str) -> None:
    token, secret = make_token(make_user())
    ApiToken.objects.update(revoked_at=db_now())
    wrong = {
        "x": f"{secret}x",
        "other secret": f"opt_{token.prefix}_{'A' * 43}",
        "": "",
        "Basic": "opt_' OR 1=1 --_",
    }[change]
    assert refused(wrong) == (401, "token_invalid")


def test_somebody_elses_token_looks_like_none() -> None:
    token, secret = make_token(make_user())
    client = browser(make_admin())
    assert client.get(URL).json()["results"] == []
    answer = client.delete(f"{URL}{token.pk}/")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert client.delete(f"{URL}{10**30}/").status_code == 404
    assert token_client(secret).get("/api/v1/me").status_code == 200


def test_a_token_makes_no_tokens() -> None:
    _, secret = make_token(make_admin())
    answer = token_client(secret).post(URL, body(scopes=["*"]), format="json")
    assert (answer.status_code, answer.json()["code"]) == (403, "policy.no_tokens")
    assert ApiToken.objects.count() == 1


def test_a_bad_bearer_is_refused_even_beside_a_good_session() -> None:
    client = browser(make_user())
    answer = client.get("/api/v1/me", HTTP_AUTHORIZATION="Bearer opt_nope")
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")


def test_use_is_noted_at_most_once_a_minute() -> None:
    _, secret = make_token(make_user())
    client: APIClient = token_client(secret)
    client.get("/api/v1/me")
    first = ApiToken.objects.get().last_used_at
    client.get("/api/v1/me")
    assert first is not None
    assert ApiToken.objects.get().last_used_at == first
    ApiToken.objects.update(last_used_at=first - timedelta(minutes=2))
    client.get("/api/v1/me")
    last = ApiToken.objects.get().last_used_at
    assert last is not None
    assert last > first - timedelta(minutes=1)
