"""Reading and exporting the trail over the API."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import transaction
from django.test import AsyncClient

from apps.accounts.models import User
from apps.audit import export
from apps.audit import services as audit
from apps.audit.models import AuditEvent
from apps.policy.actor import Actor
from tests.accounts.factories import browser, make_admin, make_token, make_user, token_client
from tests.policy.grants import PlainGrants, plain_grants

pytestmark = [pytest.mark.urls("tests.common.urls"), pytest.mark.django_db]
URL = "/api/v1/audit/"


@pytest.fixture
def grants() -> Iterator[PlainGrants]:
    with plain_grants() as source:
        yield source


def make(action: str = "thing.done", **fields: Any) -> AuditEvent:
    actor = Actor(fields.pop("actor_id", 900), fields.pop("name", "li.wei"), "user")
    with transaction.atomic():
        return audit.record(action, actor=actor, **fields)


def actions(client: Any, **query: Any) -> list[str]:
    answer = client.get(URL, query)
    assert answer.status_code == 200, answer.content
    return [row["action"] for row in answer.json()["results"] if row["action"].startswith("thing.")]


def test_an_admin_sees_all_and_a_member_his_projects(grants: PlainGrants) -> None:
    user = make_user()
    grants.grants.add((user.pk, 3, 1, "developer"))
    make("thing.a", project_id=3)
    make("thing.b", project_id=4)
    make("thing.c")
    assert actions(browser(user)) == ["thing.a"]
    assert actions(browser(make_user("stranger"))) == []
    assert actions(browser(make_admin())) == ["thing.c", "thing.b", "thing.a"]
    assert browser().get(URL).status_code == 401


def test_a_token_of_one_project_reads_only_its_rows(grants: PlainGrants) -> None:
    user = make_user()
    grants.grants |= {(user.pk, 3, 1, "developer"), (user.pk, 4, 1, "developer")}
    make("thing.a", project_id=3)
    make("thing.b", project_id=4)
    _, secret = make_token(user, "audit.read", project_id=4)
    assert actions(token_client(secret)) == ["thing.b"]


def test_a_foreign_project_in_the_filter_shows_nothing(grants: PlainGrants) -> None:
    user = make_user()
    make("thing.a", project_id=3)
    assert actions(browser(user), project=3) == []


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"actor": 1}, ["thing.one"]),
        ({"action": "thing.t"}, ["thing.two", "thing.three"]),
        ({"action": "thing._"}, []),
        ({"target_type": "a.b", "target_id": "7"}, ["thing.two"]),
        ({"project": 3}, ["thing.three"]),
        ({"outcome": "refused"}, ["thing.four"]),
        ({"from": "2999-01-01T00:00:00Z"}, []),
        ({"to": "2020-01-01T00:00:00Z"}, []),
        ({"from": "2020-01-01T00:00:00Z", "actor": 1}, ["thing.one"]),
        ({"actor": 1, "limit": 1, "cursor": ""}, ["thing.one"]),
    ],
)
def test_rows_are_filtered(query: dict[str, Any], expected: list[str]) -> None:
    make("thing.one", actor_id=1)
    make("thing.three", project_id=3)
    make("thing.two", target=("a.b", 7, "x"))
    make("thing.four", outcome="refused")
    assert actions(browser(make_admin()), **query) == expected


@pytest.mark.parametrize(
    "query",
    [{"actor": "x"}, {"actor": 2**64}, {"from": "yesterday"}, {"outcome": "maybe"}, {"colour": 1}, {"action": "\x00"}]
    + [{"project": "1 OR 1=1"}, {"target_id": "x" * 200}],
)
@pytest.mark.parametrize("path", ["", "export"])
def test_a_senseless_filter_is_refused(query: dict[str, Any], path: str) -> None:
    answer = browser(make_admin()).get(URL + path, query)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert answer.json()["fields"].keys() == query.keys()


def test_the_trail_cannot_be_written_over_the_api() -> None:
    client = browser(make_admin())
    for method in ("post", "put", "patch", "delete"):
        assert getattr(client, method)(URL, {}, format="json").status_code == 405


def body(answer: Any) -> str:
    return b"".join(answer.streaming_content).decode()


def test_csv_has_every_row_and_no_formulas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "PIECE", 2)
    for name in ("=cmd()", "+1", "-1", "@x", 'plain,\n"quoted"'):
        make("thing.done", name=name, params={"a": "名"})
    answer = browser(make_admin()).get(URL + "export", {"format": "csv", "action": "thing."})
    assert answer["Content-Disposition"] == 'attachment; filename="audit.csv"'
    rows = list(csv.DictReader(io.StringIO(body(answer))))
    assert [r["actor_name"] for r in rows] == ['plain,\n"quoted"', "'@x", "'-1", "'+1", "'=cmd()"]
    assert {r["params"] for r in rows} == {'{"a": "名"}'}


@pytest.mark.parametrize("count", [0, 1, 5])
def test_json_is_one_array(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "PIECE", 2)
    ids = [make().id for _ in range(count)]
    answer = browser(make_admin()).get(URL + "export", {"format": "json", "action": "thing."})
    assert [row["id"] for row in json.loads(body(answer))] == ids[::-1]


def test_an_export_is_in_the_trail_and_an_unknown_format_is_refused() -> None:
    admin = make_admin()
    client = browser(admin)
    assert client.get(URL + "export", {"format": "xml"}).json()["fields"].keys() == {"format"}
    body(client.get(URL + "export", {"format": "csv", "project": 3}))
    event = AuditEvent.objects.get(action="audit.exported")
    assert (event.actor_id, event.params) == (admin.pk, {"query": {"format": "csv", "project": "3"}})


@pytest.mark.django_db(transaction=True)
def test_under_asgi_the_export_is_written_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "PIECE", 1)
    user: User = make_admin()
    _, secret = make_token(user, "audit.read")
    ids = [make().id for _ in range(3)]

    async def pieces() -> list[str]:
        client = AsyncClient()
        url = f"{URL}export?format=json&action=thing."
        answer: Any = await client.get(url, headers={"Authorization": f"Bearer {secret}"})
        assert answer.is_async
        return [piece.decode() async for piece in answer.streaming_content]

    found = async_to_sync(pieces)()
    assert len(found) == 4
    assert [row["id"] for row in json.loads("".join(found))] == ids[::-1]
