"""The steps from an empty portal to the first release."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.audit.models import AuditEvent
from apps.catalog.models import Language, TemplateVersion
from apps.common.db import db_now
from apps.integrations.models import Cluster, GitLabServer, JenkinsController, Registry
from apps.projects.models import Project
from apps.releases import first_hour
from apps.tickets.models import Ticket
from apps.workloads.models import Workload
from tests.accounts.factories import browser, make_admin, make_token, make_user, token_client
from tests.support.factories import grant, make_cluster, make_environment, make_project, place, use

pytestmark = pytest.mark.django_db
URL = "/api/v1/first-hour"
NAMES = (
    "gitlab",
    "jenkins",
    "registry",
    "cluster",
    "environment",
    "language",
    "project",
    "people",
    "workload",
    "first_release",
)


def done() -> list[str]:
    return [step.name for step in first_hour.first_hour() if step.done]


def count(name: str) -> int:
    return {step.name: step.count for step in first_hour.first_hour()}[name]


def test_an_empty_portal_has_everything_before_it() -> None:
    Language.objects.all().delete()
    answer = browser(make_admin()).get(URL)
    assert answer.status_code == 200
    assert answer.json() == {"done": False, "steps": [{"name": n, "done": False, "count": 0} for n in NAMES]}


def test_only_administrators_see_it() -> None:
    user = make_user()
    refused = browser(user).get(URL)
    assert (refused.status_code, refused.json()["code"]) == (403, "policy.needs_admin")
    event = AuditEvent.objects.get(outcome="refused")
    assert (event.action, event.actor_id) == ("first_hour.read", user.pk)
    assert browser().get(URL).status_code == 401
    _, secret = make_token(user, "first_hour.read")
    assert token_client(secret).get(URL).status_code == 403


@pytest.mark.parametrize(
    ("name", "model", "fields"),
    [
        ("gitlab", GitLabServer, {"url": "http://127.0.0.1:1"}),
        ("jenkins", JenkinsController, {"url": "http://127.0.0.1:1"}),
        ("registry", Registry, {"url": "http://127.0.0.1:1", "host": "127.0.0.1:1"}),
        ("cluster", Cluster, {"api_url": "https://127.0.0.1:1"}),
    ],
)
def test_a_connection_counts_when_it_is_enabled_and_its_last_test_went_well(
    name: str, model: Any, fields: dict[str, str]
) -> None:
    row = model.objects.create(name="one", **fields)
    assert (name in done(), count(name)) == (False, 0)
    for last_check, is_enabled, expected in (
        ({"ok": False}, True, 0),
        ({"ok": True}, False, 0),
        ({"ok": "true"}, True, 0),
        ({"ok": True}, True, 1),
    ):
        model.objects.filter(pk=row.pk).update(last_check=last_check, is_enabled=is_enabled)
        assert (name in done(), count(name)) == (bool(expected), expected)


def test_environments_need_places_and_a_gate_between_them() -> None:
    test, production, cluster = make_environment(), make_environment("prod", "production"), make_cluster()
    assert (count("environment"), "environment" in done()) == (0, False)
    place(test, cluster)
    assert (count("environment"), "environment" in done()) == (1, False)
    place(production, cluster)
    assert (count("environment"), "environment" in done()) == (2, True)


def test_a_language_counts_with_both_of_its_templates() -> None:
    Language.objects.all().delete()
    java = Language.objects.create(slug="java", name="Java")
    TemplateVersion.objects.create(language=java, kind="dockerfile", version=1, body="FROM x")
    assert count("language") == 0
    TemplateVersion.objects.create(language=java, kind="jenkins_job", version=1, jenkins_template="java")
    TemplateVersion.objects.create(language=java, kind="jenkins_job", version=2, jenkins_template="java")
    assert (count("language"), "language" in done()) == (1, True)


def test_people_are_those_besides_administrators_who_hold_a_live_grant() -> None:
    project, environment = make_project(), make_environment()
    other = make_environment("other")
    grant(make_admin(), project, environment, "ops")
    grant(make_user("gone", is_active=False), project, environment, "ops")
    grant(make_user("late"), project, environment, "ops", expires_at=db_now() - timedelta(minutes=1))
    assert ("people" in done(), count("people")) == (False, 0)
    tester = make_user("tester")
    grant(tester, project, environment, "tester")
    grant(tester, project, other, "tester")
    assert ("people" in done(), count("people")) == (True, 1)


def test_the_last_steps_are_a_project_an_adopted_workload_and_a_release_that_succeeded() -> None:
    project, environment, user = make_project(), make_environment(), make_user()
    assert {"project", "workload", "first_release"} & set(done()) == {"project"}
    Workload.objects.create(
        project_environment=use(project, environment), placement=place(environment, make_cluster()), name="api"
    )
    assert {"project", "workload", "first_release"} & set(done()) == {"project", "workload"}
    ticket = Ticket.objects.create(
        kind="release", status="failed", project=project, environment=environment, requester=user, title="x"
    )
    Ticket.objects.create(
        kind="promote", status="succeeded", project=project, environment=environment, requester=user, title="x"
    )
    assert "first_release" not in done()
    Ticket.objects.filter(pk=ticket.pk).update(status="succeeded")
    assert "first_release" in done()
    Project.objects.update(archived_at=db_now())
    assert "project" not in done()


def test_a_large_portal_costs_no_more_statements_and_is_not_counted_through() -> None:
    project = make_project()
    Project.objects.bulk_create(
        Project(
            slug=f"p{i}",
            name="p",
            language="java",
            gitlab=project.gitlab,
            jenkins=project.jenkins,
            registry=project.registry,
            admitted_at=project.admitted_at,
        )
        for i in range(first_hour.MOST_COUNTED + 5)
    )
    User.objects.bulk_create(User(username=f"u{i}") for i in range(30))
    place(make_environment(), make_cluster())
    with CaptureQueriesContext(connection) as statements:
        assert count("project") == first_hour.MOST_COUNTED
    assert len(statements) == 11
    assert [s["sql"] for s in statements if "LIMIT" not in s["sql"] and "DISTINCT" not in s["sql"]] == []
