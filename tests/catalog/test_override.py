"""A project's own Dockerfile: the rare exception, set by an administrator with a reason, in the audit trail (B4)."""

from __future__ import annotations

import pytest

from apps.audit.models import AuditEvent
from apps.catalog.models import DockerfileOverride
from tests.accounts.factories import browser, make_admin, make_user
from tests.support.factories import grant, make_environment, make_project, use

URL = "/api/v1/projects/book/dockerfile"
BODY = "FROM alpine:3.20.3\nUSER 1\n# {{ not a template }} $(not a shell)\n"
REASON = "needs a native library"
pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> object:
    project, environment = make_project("book"), make_environment()
    use(project, environment)
    person = make_user("owner")
    project.owners.add(person)
    grant(person, project, environment, "ops")
    return person


def test_an_administrator_sets_it_and_ends_it_and_both_are_in_the_trail(owner: object) -> None:
    admin = browser(make_admin("root"))
    assert admin.get(URL).status_code == 404
    answer = admin.put(URL, {"body": BODY, "reason": REASON}, content_type="application/json")
    assert (answer.status_code, answer.json()["body"], answer.json()["set_by"]) == (200, BODY, "root")
    assert admin.delete(URL).status_code == 204
    assert admin.get(URL).status_code == 404
    actions = AuditEvent.objects.filter(action__startswith="project.dockerfile").order_by("id")
    assert list(actions.values_list("action", flat=True)) == [
        "project.dockerfile_overridden",
        "project.dockerfile_restored",
    ]


def test_a_second_one_ends_the_first(owner: object) -> None:
    admin = browser(make_admin("root"))
    for body in (BODY, BODY + "# again\n"):
        assert admin.put(URL, {"body": body, "reason": REASON}, content_type="application/json").status_code == 200
    assert list(DockerfileOverride.objects.filter(ended_at__isnull=True).values_list("body", flat=True)) == [
        BODY + "# again\n"
    ]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"body": "FROM alpine:latest\n"}, "body"),
        ({"body": "USER 1\n"}, "body"),
        ({"body": ""}, "body"),
        ({"reason": "short"}, "reason"),
    ],
)
def test_what_could_not_be_trusted_is_refused_and_nothing_is_kept(
    owner: object, change: dict[str, str], field: str
) -> None:
    sent = {"body": BODY, "reason": REASON, **change}
    answer = browser(make_admin("root")).put(URL, sent, content_type="application/json")
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
    assert DockerfileOverride.objects.count() == 0


def test_an_owner_may_read_it_but_not_set_it_and_a_stranger_sees_nothing(owner: object) -> None:
    sent = {"body": BODY, "reason": REASON}
    mine, stranger = browser(owner), browser(make_user("stranger"))
    assert mine.put(URL, sent, content_type="application/json").status_code == 403
    assert stranger.put(URL, sent, content_type="application/json").status_code == 404
    assert stranger.get(URL).status_code == 404
    assert DockerfileOverride.objects.count() == 0
