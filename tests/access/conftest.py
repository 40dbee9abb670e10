"""A GitLab and a Jenkins that answer, ops of another project, and somebody who asks for a new one."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.conf import settings
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.catalog.models import Language, TemplateVersion
from apps.integrations import models as rows
from apps.integrations.clients import forget_clients
from apps.projects.models import Environment, Project
from apps.sandbox.gitlab.server import GitLabServer
from apps.sandbox.jenkins.server import JenkinsServer
from apps.tickets import bell
from tests.support.factories import grant, make_environment, make_project, make_user, use
from tests.support.jenkins import TOKEN, USER, JenkinsClient, jenkins_and_registry, job_xml
from tests.support.servers import serving
from tests.tickets.web import signed_in

REQUESTS = "/api/v1/access/requests/"
CHECK = "/api/v1/access/check/"
TEMPLATE = "tpl-java"
BODY: dict[str, Any] = {
    "slug": "pay-gate-n1",
    "name": "Payments",
    "language": "java",
    "gitlab_path": "Shop/Pay-Gate",
    "environments": ["test", "production"],
    "owners": ["chen"],
    "testers": ["tester"],
    "operators": ["ops"],
    "log_path": "stdout",
    "deploy_path": "/opt/pay",
    "start_command": ["/opt/pay/run", "--name", " a b ", ""],
    "callback": {"url": "https://hooks.example.com/pay"},
    "note": "The payment team moves in.",
}


@pytest.fixture(scope="session")
def gitlab_server() -> Iterator[GitLabServer]:
    with serving(GitLabServer(None, token="glpat-test", demo=False)) as running:
        for path in ("Shop/Pay-Gate", "shop/cart"):
            body = json.dumps({"path": path, "language": "java", "visibility": "private"}).encode()
            made = urllib.request.Request(
                f"http://127.0.0.1:{running.admin_port}/projects",
                data=body,
                headers={"Content-Type": "application/json"},
            )
            urllib.request.urlopen(made, timeout=30).close()
        yield running


@pytest.fixture(scope="session")
def jenkins_server() -> Iterator[JenkinsServer]:
    with jenkins_and_registry(executors=2) as (running, _):
        JenkinsClient(running.url).create("taken-n1", job_xml())
        yield running


def project_on(systems: dict[str, Any], slug: str, **more: Any) -> Project:
    """A project of these systems, without the ones that the factory makes for projects that have none."""
    made = make_project(slug, **systems, **more)
    for model in (rows.GitLabServer, rows.JenkinsController, rows.Registry):
        model._default_manager.filter(name="nowhere").delete()
    return made


@dataclass
class Counter:
    """Where projects are asked for: `dev` asks, `ops` and `chen` are of another project, `root` administers."""

    people: dict[str, User]
    test: Environment
    production: Environment
    elsewhere: Project
    systems: dict[str, Any]

    def client(self, who: str) -> APIClient:
        return signed_in(self.people[who])

    def ask(self, who: str = "dev", key: str = "", **more: Any) -> Any:
        """The answer to a request; a value of None leaves the field out."""
        body = {name: value for name, value in {**BODY, **more}.items() if value is not None}
        headers = {"Idempotency-Key": key} if key else {}
        return self.client(who).post(REQUESTS, body, headers=headers)

    def asked(self, **more: Any) -> int:
        """The id of a request that was filed."""
        answer = self.ask(**more)
        assert answer.status_code == 201, answer.content
        return int(answer.json()["id"])


@pytest.fixture
def counter(
    db: None, gitlab_server: GitLabServer, jenkins_server: JenkinsServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Counter]:
    monkeypatch.setattr(bell, "ring", lambda ids: None)
    monkeypatch.setattr(settings.CONFIG, "outside_timeout", 5.0)
    systems = {
        "gitlab": rows.GitLabServer.objects.create(name="gitlab", url=gitlab_server.url, token="glpat-test"),
        "jenkins": rows.JenkinsController.objects.create(
            name="jenkins", url=jenkins_server.url, username=USER, token=TOKEN
        ),
        "registry": rows.Registry.objects.create(name="registry", url="http://127.0.0.1:1", host="127.0.0.1:1"),
    }
    java = Language.objects.create(slug="java", name="Java")
    TemplateVersion.objects.create(
        language=java, kind=TemplateVersion.Kind.JENKINS_JOB, version=1, jenkins_template=TEMPLATE
    )
    test = make_environment("test", position=1)
    production = make_environment("production", "production", position=2, approvals_required=1, promotes_from=[test])
    people = {name: make_user(name) for name in ("dev", "chen", "tester", "ops", "stranger")}
    people["root"] = make_user("root", is_instance_admin=True)
    elsewhere = project_on(systems, "elsewhere-n1")
    use(elsewhere, test)
    grant(people["ops"], elsewhere, test, "ops")
    grant(people["chen"], elsewhere, test, "developer")
    yield Counter(people, test, production, elsewhere, systems)
    gitlab_server.faults.clear()
    jenkins_server.faults.clear()
    forget_clients()
