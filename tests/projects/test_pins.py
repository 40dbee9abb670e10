"""Pinned projects: one's own, in the order of pinning, only of projects one may read, at most thirty."""

from __future__ import annotations

from typing import Any

import pytest

from apps.accounts.models import User
from apps.audit.models import AuditEvent
from apps.projects.models import Grant, Pin, Project
from tests.support.factories import grant, make_environment, make_project, make_user
from tests.tickets.web import refusals, signed_in, told, with_token

pytestmark = pytest.mark.django_db
URL = "/api/v1/pins/"


@pytest.fixture
def reader() -> User:
    """A developer of book, mail and user."""
    person, test = make_user("reader"), make_environment()
    for slug in ("book", "mail", "user"):
        grant(person, make_project(slug, name=slug.title()), test, "developer")
    return person


def pinned(client: Any) -> list[str]:
    answer = client.get(URL)
    assert answer.status_code == 200, answer.content
    return [row["slug"] for row in answer.json()["results"]]


def audited() -> list[tuple[str, str]]:
    rows = AuditEvent.objects.filter(outcome="done", action__startswith="project.").order_by("id")
    return list(rows.values_list("action", "target_name"))


def test_pins_stand_in_the_order_of_pinning_and_pinning_again_moves_nothing(reader: User) -> None:
    client = signed_in(reader)
    for slug in ("user", "book", "user"):
        assert client.put(f"{URL}{slug}/").status_code == 204
    assert client.get(URL).json() == {
        "results": [{"slug": "user", "name": "User"}, {"slug": "book", "name": "Book"}],
        "next": None,
    }
    assert pinned(signed_in(make_user("other"))) == []
    assert audited() == [("project.pinned", "user"), ("project.pinned", "book")]


def test_a_pin_is_taken_away_and_taking_none_away_changes_nothing(reader: User) -> None:
    client = signed_in(reader)
    for slug in ("user", "book"):
        client.put(f"{URL}{slug}/")
    for _ in range(2):
        assert client.delete(f"{URL}user/").status_code == 204
    assert pinned(client) == ["book"]
    assert audited()[2:] == [("project.unpinned", "user")]


def test_pages_follow_the_order(reader: User) -> None:
    client = signed_in(reader)
    for slug in ("user", "book", "mail"):
        client.put(f"{URL}{slug}/")
    first = client.get(URL, {"limit": 2}).json()
    second = client.get(URL, {"limit": 2, "cursor": first["next"]}).json()
    assert [row["slug"] for row in first["results"] + second["results"]] == ["user", "book", "mail"]
    assert second["next"] is None


@pytest.mark.parametrize("method", ["put", "delete"])
def test_a_project_one_may_not_read_is_as_missing_as_one_that_is_not_there(reader: User, method: str) -> None:
    make_project("foreign")
    client = signed_in(reader)
    for slug in ("foreign", "no-such"):
        assert told(getattr(client, method)(f"{URL}{slug}/")) == (404, "not_found")
    assert Pin.objects.count() == 0
    assert refusals() == ["project.pin"]


def test_the_pin_of_a_project_one_has_lost_is_not_shown(reader: User) -> None:
    client = signed_in(reader)
    client.put(f"{URL}book/")
    Grant.objects.filter(project__slug="book").delete()
    assert pinned(client) == []
    assert Pin.objects.count() == 1
    assert told(client.delete(f"{URL}book/")) == (404, "not_found")


def test_an_administrator_pins_what_he_may_read(reader: User) -> None:
    client = signed_in(make_user("admin", is_instance_admin=True))
    assert client.put(f"{URL}book/").status_code == 204
    assert pinned(client) == ["book"]


def test_the_thirty_first_is_refused_and_nothing_is_pinned(reader: User) -> None:
    client = signed_in(reader)
    for number in range(30):
        project = make_project(f"svc-{number}")
        Pin.objects.create(user=reader, project=project)
    answer = client.put(f"{URL}book/")
    assert told(answer) == (409, "pin.too_many")
    assert answer.json()["params"] == {"most": 30}
    assert Pin.objects.count() == 30
    assert audited() == []
    project = Project.objects.get(slug="svc-7")
    project.owners.add(reader)
    assert client.put(f"{URL}svc-7/").status_code == 204
    assert client.delete(f"{URL}svc-7/").status_code == 204
    assert client.put(f"{URL}book/").status_code == 204


def test_a_token_reads_pins_and_sets_none(reader: User) -> None:
    client = with_token(reader, "*")
    assert told(client.put(f"{URL}book/")) == (403, "policy.no_tokens")
    signed_in(reader).put(f"{URL}book/")
    assert pinned(client) == ["book"]
    assert Pin.objects.count() == 1
