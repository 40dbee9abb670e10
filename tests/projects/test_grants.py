"""Grants over the API: given, ended, and what they let a person do at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from apps.audit.models import AuditEvent
from apps.common.db import db_now
from apps.common.errors import Conflict
from apps.projects.models import Grant
from apps.projects.services import grants, on_grant_change
from tests.accounts.factories import make_user
from tests.projects.conftest import Office, fields
from tests.support.factories import actor_of, grant, make_environment, make_project
from tests.support.factories import make_user as make_person

URL = "/api/v1/grants/"
BODY = {"user": "stranger", "project": "book-api-n1", "environment": "test", "role": "tester"}


@pytest.fixture
def told() -> Iterator[list[tuple[int, int]]]:
    heard: list[tuple[int, int]] = []
    on_grant_change(lambda user, project: heard.append((user, project)))
    yield heard
    grants._listeners.pop()


def test_an_owner_lets_a_colleague_in_and_out_again(
    office: Office, told: list[tuple[int, int]], django_capture_on_commit_callbacks: Any
) -> None:
    owner, stranger = office.client("owner"), office.client("stranger")
    with django_capture_on_commit_callbacks(execute=True):
        made = owner.post(URL, BODY, format="json")
    assert made.status_code == 201, made.content
    assert (made.json()["user"]["username"], made.json()["is_live"], made.json()["granted_by"]) == (
        "stranger",
        True,
        "owner",
    )
    assert stranger.get("/api/v1/projects/book-api-n1/").status_code == 200
    with django_capture_on_commit_callbacks(execute=True):
        assert owner.delete(f"{URL}{made.json()['id']}/").status_code == 204
    assert stranger.get("/api/v1/projects/book-api-n1/").status_code == 404
    assert told == [(office.stranger.pk, office.project.pk)] * 2
    given, revoked = AuditEvent.objects.filter(action__startswith="grant.").order_by("id")
    assert (given.action, revoked.action, given.environment_id) == ("grant.given", "grant.revoked", office.test.pk)
    assert given.params["after"] == revoked.params["before"] == {**BODY, "expires_at": None}


def test_nothing_is_told_when_the_change_is_rolled_back(office: Office, told: list[tuple[int, int]]) -> None:
    office.client("owner").post(URL, {**BODY, "user": "nobody"}, format="json")
    assert (told, Grant.objects.count()) == ([], 1)


def test_an_equal_live_grant_is_a_conflict_and_changes_nothing(office: Office) -> None:
    client = office.client("owner")
    assert client.post(URL, BODY, format="json").status_code == 201
    answer = client.post(URL, BODY, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "grant.exists")
    assert Grant.objects.filter(user=office.stranger).count() == 1
    assert AuditEvent.objects.filter(action="grant.given").count() == 1


def test_an_ended_grant_does_not_stand_in_the_way_of_a_new_one(office: Office) -> None:
    old = grant(office.stranger, office.project, office.test, "tester", expires_at=db_now() - timedelta(seconds=1))
    assert office.client("owner").post(URL, BODY, format="json").status_code == 201
    old.refresh_from_db()
    assert old.revoked_at == old.expires_at


def test_a_grant_counts_on_its_pair_only(office: Office) -> None:
    office.client("owner").post(URL, BODY, format="json")
    rows = office.client("stranger").get("/api/v1/projects/book-api-n1/").json()["my_roles"]
    assert [(r["environment"], r["role"]) for r in rows] == [("test", "tester")]


def test_who_may_not_is_told_why_or_nothing(office: Office) -> None:
    answer = office.client("developer").post(URL, BODY, format="json")
    assert (answer.status_code, answer.json()["code"]) == (403, "policy.needs_owner")
    assert office.client("stranger").post(URL, BODY, format="json").status_code == 404
    assert office.client("stranger").post(URL, {**BODY, "environment": "moon"}, format="json").status_code == 404
    own = Grant.objects.get(user=office.developer)
    assert office.client("developer").delete(f"{URL}{own.pk}/").status_code == 403
    assert office.client("stranger").delete(f"{URL}{own.pk}/").status_code == 404
    assert office.client("stranger").delete(f"{URL}{2**70}/").status_code == 404
    own.refresh_from_db()
    assert (own.revoked_at, Grant.objects.count()) == (None, 1)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"user": "nobody"}, {"user": "does_not_exist"}),
        ({"environment": "moon"}, {"environment": "does_not_exist"}),
        ({"role": "owner"}, {"role": "invalid_choice"}),
        ({"expires_at": "2020-01-01T00:00:00Z"}, {"expires_at": "grant.ends_in_past"}),
        ({"granted_by": "owner"}, {"granted_by": "unknown_field"}),
    ],
)
def test_each_field_is_checked(office: Office, change: dict[str, Any], problem: dict[str, str]) -> None:
    answer = office.client("owner").post(URL, {**BODY, **change}, format="json")
    assert (answer.status_code, fields(answer)) == (400, problem)
    assert Grant.objects.count() == 1


def test_ending_twice_leaves_one_row_in_the_trail(office: Office) -> None:
    client, row = office.client("admin"), Grant.objects.get(user=office.developer)
    assert [client.delete(f"{URL}{row.pk}/").status_code for _ in range(2)] == [204, 204]
    assert AuditEvent.objects.filter(action="grant.revoked").count() == 1


def test_the_list_shows_live_grants_of_visible_projects(office: Office) -> None:
    other = make_project("user-web-n1")
    ops = make_user("ops")
    grant(ops, other, office.test, "ops")
    grant(ops, office.project, office.test, "ops", expires_at=db_now() - timedelta(days=1))

    def shown(who: str, **query: str) -> list[tuple[str, str, bool]]:
        rows = office.client(who).get(URL, query).json()["results"]
        return [(r["user"]["username"], r["project"], r["is_live"]) for r in rows]

    mine = ("developer", "book-api-n1", True)
    ended, foreign = ("ops", "book-api-n1", False), ("ops", "user-web-n1", True)
    assert shown("developer") == shown("owner") == [mine]
    assert shown("developer", ended="1") == [ended, mine]
    assert shown("stranger") == []
    assert shown("admin") == [foreign, mine]
    assert shown("admin", project="book-api-n1") == [mine]
    assert shown("admin", user="ops") == [foreign]
    assert shown("developer", project="user-web-n1") == []


@pytest.mark.parametrize("number", [10, 50])
def test_a_page_costs_the_same_few_queries_whatever_its_size(
    office: Office, number: int, django_assert_max_num_queries: Any
) -> None:
    for n in range(number):
        grant(make_person(f"p{n}"), office.project, office.test, "developer")
    client = office.client("owner")
    with django_assert_max_num_queries(12):
        assert len(client.get(URL, {"limit": number}).json()["results"]) == number


@pytest.mark.django_db(transaction=True)
def test_of_two_equal_grants_at_once_one_is_made() -> None:
    user, boss = make_person(), make_person()
    project, environment = make_project("book"), make_environment("test")
    start, results = threading.Barrier(2), []

    def give() -> None:
        start.wait()
        try:
            grants.give_grant(user, project, environment, "ops", expires_at=None, actor=actor_of(boss))
        except Conflict as error:
            results.append(error.code)
        else:
            results.append("made")
        finally:
            connection.close()

    threads = [threading.Thread(target=give) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["grant.exists", "made"]
    assert Grant.objects.filter(user=user).count() == 1
