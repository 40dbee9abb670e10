"""Held secrets over the API: who sets and removes them, what is told of them, and that no value ever is (W17)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection, transaction

from apps.accounts.models import User
from apps.audit.models import AuditEvent
from apps.common.db import db_now
from apps.policy.actor import Actor
from apps.projects.models import ProjectEnvironment
from apps.workloads.configuring.planning import completed
from apps.workloads.models import Configuration, ConfigurationRevision, HeldSecret
from apps.workloads.secrets import forget_secrets
from tests.support.factories import grant, make_environment, make_project, make_user, use
from tests.tickets.web import refusals, signed_in, told, with_token

pytestmark = pytest.mark.django_db
PROJECT = "/api/v1/projects/book-api/secrets/"
ONE = f"{PROJECT}test/book/"
VALUE = "correct-horse-battery-staple"
LOGIN = {"registry": "registry.example:5000", "username": "robot$shop", "password": VALUE}


@dataclass
class Shop:
    pair: ProjectEnvironment
    people: dict[str, User]

    def put(self, who: str, key: str = "db", value: str = VALUE) -> Any:
        return signed_in(self.people[who]).put(f"{ONE}{key}", {"value": value})

    def delete(self, who: str, key: str = "db") -> Any:
        return signed_in(self.people[who]).delete(f"{ONE}{key}")

    def listed(self, who: str) -> list[dict[str, Any]]:
        answer = signed_in(self.people[who]).get(PROJECT, {"environment": "test", "workload": "book"})
        assert answer.status_code == 200, answer.json()
        found: list[dict[str, Any]] = answer.json()["results"]
        return found

    def in_force(self, versions: dict[str, int] | None = None, **given: Any) -> None:
        head, _ = Configuration.objects.get_or_create(project_environment=self.pair, name="book")
        ConfigurationRevision.objects.create(
            configuration=head,
            number=1,
            document=completed(self.pair, "book", given),
            secret_versions=versions or {},
            applied_at=db_now(),
        )


@pytest.fixture
def shop(db: None) -> Shop:
    project, test, other = make_project("book-api", language="go"), make_environment("test"), make_environment("uat")
    people = {
        name: make_user(name, display_name=name.title()) for name in ("developer", "ops", "ops_of_uat", "stranger")
    }
    people["admin"] = make_user("admin", is_instance_admin=True)
    grant(people["developer"], project, test, "developer")
    grant(people["ops"], project, test, "ops")
    grant(people["ops_of_uat"], project, other, "ops")
    use(project, other)
    return Shop(use(project, test), people)


def test_ops_set_a_value_and_every_member_sees_that_it_is_there(shop: Shop) -> None:
    answer = shop.put("ops")
    assert answer.status_code == 200
    row = {key: value for key, value in answer.json().items() if key != "set_at"}
    by = {"id": shop.people["ops"].pk, "username": "ops", "display_name": "Ops"}
    assert row == {"key": "db", "version": 1, "set_by": by, "is_pull_secret": False, "in_use": False}
    assert shop.listed("developer") == [answer.json()]
    assert shop.put("ops", value="another").json()["version"] == 2


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ("developer", (403, "policy.needs_role")),
        ("ops_of_uat", (403, "policy.needs_role")),
        ("admin", (403, "policy.needs_role")),
        ("stranger", (404, "not_found")),
    ],
)
def test_nobody_but_ops_of_that_environment_sets_or_removes_one(
    shop: Shop, who: str, expected: tuple[int, str]
) -> None:
    shop.put("ops")
    assert told(shop.put(who, value="mine")) == expected
    assert told(shop.delete(who)) == expected
    assert told(signed_in(shop.people[who]).put(f"{ONE}.pull", LOGIN)) == expected
    assert [(row.key, row.value, row.version) for row in HeldSecret.objects.all()] == [("db", VALUE, 1)]
    assert refusals() == ["secret.manage"] * 3


def test_a_stranger_does_not_even_learn_which_keys_there_are(shop: Shop) -> None:
    shop.put("ops")
    client = signed_in(shop.people["stranger"])
    assert told(client.get(PROJECT, {"environment": "test", "workload": "book"})) == (404, "not_found")


def test_the_value_is_a_cipher_in_the_database_and_in_no_answer_and_no_audit_row(shop: Shop) -> None:
    answers = [shop.put("ops"), signed_in(shop.people["ops"]).put(f"{ONE}.pull", LOGIN)]
    answers.append(signed_in(shop.people["ops"]).get(PROJECT, {"environment": "test", "workload": "book"}))
    assert [one.status_code for one in answers] == [200, 200, 200]
    assert all(VALUE not in one.content.decode() for one in answers)
    with connection.cursor() as cursor:
        cursor.execute("SELECT value FROM workloads_heldsecret")
        stored = [row[0] for row in cursor.fetchall()]
    assert len(stored) == 2
    assert all(text.startswith("gAAAA") and VALUE not in text for text in stored)
    events = AuditEvent.objects.filter(action="secret.set").order_by("id")
    assert [one.params for one in events] == [
        {"workload": "book", "key": "db", "version": 1},
        {"workload": "book", "key": ".pull", "version": 1},
    ]


def test_the_pull_secret_is_kept_in_the_form_the_cluster_reads(shop: Shop) -> None:
    answer = signed_in(shop.people["ops"]).put(f"{ONE}.pull", LOGIN).json()
    assert (answer["key"], answer["is_pull_secret"], answer["version"]) == (".pull", True, 1)
    kept = json.loads(HeldSecret.objects.get().value)
    auth = "cm9ib3Qkc2hvcDpjb3JyZWN0LWhvcnNlLWJhdHRlcnktc3RhcGxl"
    assert kept == {"auths": {"registry.example:5000": {"username": "robot$shop", "password": VALUE, "auth": auth}}}
    assert told(shop.delete("ops", "db")) == (404, "not_found")
    assert shop.delete("ops", ".pull").status_code == 204
    assert shop.listed("ops") == []


def test_what_the_configuration_in_force_names_is_not_removed(shop: Shop) -> None:
    shop.put("ops")
    shop.put("ops", "spare")
    shop.in_force({"db": 1}, secrets=[{"name": "DB", "secret": "", "key": "db"}])
    assert {row["key"]: row["in_use"] for row in shop.listed("ops")} == {"db": True, "spare": False}
    assert told(shop.delete("ops")) == (409, "secret.in_use")
    assert HeldSecret.objects.get(key="db").value == VALUE
    assert shop.delete("ops", "spare").status_code == 204
    assert [row["key"] for row in shop.listed("ops")] == ["db"]


def test_a_key_of_another_secret_is_not_ours_to_keep(shop: Shop) -> None:
    shop.put("ops")
    shop.in_force(secrets=[{"name": "DB", "secret": "shop-tokens", "key": "db"}])
    assert shop.delete("ops").status_code == 204


def test_a_removed_value_is_gone_and_its_key_goes_on_counting(shop: Shop) -> None:
    shop.put("ops")
    assert shop.delete("ops").status_code == 204
    assert HeldSecret.objects.get().value == ""
    assert told(shop.delete("ops")) == (404, "not_found")
    assert shop.put("ops", value="again").json()["version"] == 2
    deleted = AuditEvent.objects.get(action="secret.deleted")
    assert deleted.params == {"workload": "book", "key": "db", "version": 1}


@pytest.mark.parametrize("key", ["a b", "..", "..x", "a$", "é"])
def test_a_key_that_no_secret_can_have_is_refused(shop: Shop, key: str) -> None:
    answer = shop.put("ops", key)
    assert answer.status_code in (400, 404)
    assert not HeldSecret.objects.exists()
    if answer.status_code == 400:
        assert [one["code"] for one in answer.json()["fields"]["key"]] == ["configuration.bad_data_key"]


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"value": ""}, "value", "blank"),
        ({"value": "x" * 32769}, "value", "max_length"),
        ({}, "value", "required"),
        ({"value": "x", "version": 7}, "version", "unknown_field"),
    ],
)
def test_what_is_no_value_is_refused_by_its_field(shop: Shop, body: dict[str, Any], field: str, code: str) -> None:
    answer = signed_in(shop.people["ops"]).put(f"{ONE}db", body)
    assert answer.status_code == 400
    assert [(name, ones[0]["code"]) for name, ones in answer.json()["fields"].items()] == [(field, code)]
    assert not HeldSecret.objects.exists()


def test_a_value_is_kept_to_the_letter(shop: Shop) -> None:
    given = ' \n"quoted" \\ $(HOME) 密码 \t'
    shop.put("ops", value=given)
    assert HeldSecret.objects.get().value == given


def test_a_workload_holds_no_more_than_a_secret_takes(shop: Shop) -> None:
    rows = [
        HeldSecret(project_environment=shop.pair, workload="book", key=f"k{n}", value="x", size=32768, version=1)
        for n in range(31)
    ]
    HeldSecret.objects.bulk_create(rows)
    assert shop.put("ops", "last", "x" * 32768).status_code == 200
    answer = shop.put("ops", "more", "x")
    assert [one["code"] for one in answer.json()["fields"]["value"]] == ["secret.too_large"]
    assert not HeldSecret.objects.filter(key="more").exists()


def test_the_list_comes_in_pages(shop: Shop) -> None:
    for key in ("c", "a", "b"):
        shop.put("ops", key)
    client, where = signed_in(shop.people["ops"]), {"environment": "test", "workload": "book"}
    first = client.get(PROJECT, {**where, "limit": "2"}).json()
    rest = client.get(PROJECT, {**where, "cursor": first["next"]}).json()
    assert [row["key"] for row in first["results"] + rest["results"]] == ["a", "b", "c"]


def test_a_closed_project_keeps_no_value(shop: Shop) -> None:
    shop.put("ops")
    shop.put("ops", "spare")
    other = HeldSecret.objects.create(
        project_environment=use(make_project("film-api"), shop.pair.environment),
        workload="x",
        key="k",
        value="v",
        size=1,
    )
    with transaction.atomic():
        assert forget_secrets(shop.pair.project, actor=Actor.system("engine")) == 2
    assert shop.listed("ops") == []
    assert set(HeldSecret.objects.exclude(pk=other.pk).values_list("value", flat=True)) == {""}
    assert HeldSecret.objects.get(pk=other.pk).value == "v"
    assert AuditEvent.objects.get(action="secret.all_deleted").params == {"count": 2}


def test_a_token_needs_the_scope(shop: Shop) -> None:
    reader = with_token(shop.people["ops"], "configuration.*")
    assert told(reader.put(f"{ONE}db", {"value": VALUE})) == (403, "policy.token_scope")
    assert not HeldSecret.objects.exists()
    assert with_token(shop.people["ops"], "secret.manage").put(f"{ONE}db", {"value": VALUE}).status_code == 200
