"""A company with a hundred services outside that the portal does not know: repositories, jobs and Deployments."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.conf import settings

from apps.access.intake import working
from apps.access.models import Intake, IntakeRow
from apps.integrations.clients import forget_clients
from apps.sandbox.compose import Sandbox
from tests.releases.hand import Cluster, Outside
from tests.support.jenkins import JenkinsClient, job_xml
from tests.support.sandbox import running_sandbox
from tests.support.story import Company, found_company
from tests.tickets.web import signed_in

INTAKES = "/api/v1/access/intakes/"
SERVICES = 125
LANGUAGES = ("java", "go", "php", "nodejs", "python")
BUILDS = {
    "java": "mvn -B package",
    "go": "go build ./...",
    "php": "composer install",
    "nodejs": "npm ci",
    "python": "pip install .",
}


def slug_of(number: int) -> str:
    return f"svc-{number:03}-n1"


def scm(url: str) -> str:
    return (
        '<scm class="hudson.plugins.git.GitSCM"><userRemoteConfigs><hudson.plugins.git.UserRemoteConfig>'
        f"<url>{url}</url></hudson.plugins.git.UserRemoteConfig></userRemoteConfigs></scm>"
    )


def deployment(name: str, namespace: str, image: str) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "replicas": 0,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": "app", "image": image}]},
            },
        },
    }


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with running_sandbox(tmp_path_factory, build_seconds=0.2, executors=1, pod_start_seconds=0.05) as running:
        yield running


@pytest.fixture(scope="module")
def services(sandbox: Sandbox) -> list[str]:
    """Repositories team/svc-…, jobs of the same name that build them, and a Deployment each in test."""
    world, company = sandbox.world, Company(sandbox)
    jenkins = JenkinsClient(world.jenkins_url, world.jenkins_user, world.jenkins_api_token)
    cluster, names = Cluster(company, "test-1"), [slug_of(number) for number in range(SERVICES)]
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "test"}}
    cluster.call("POST", "/api/v1/namespaces", space)
    for number, name in enumerate(names):
        body = json.dumps({"path": f"team/{name}", "visibility": "internal"}).encode()
        made = urllib.request.Request(
            f"http://127.0.0.1:{sandbox.gitlab.admin_port}/projects",
            data=body,
            headers={"Content-Type": "application/json"},
        )
        urllib.request.urlopen(made, timeout=30).close()
        url = f"{world.gitlab_url}/team/{name}.git"
        jenkins.create(name, job_xml(BUILDS[LANGUAGES[number % 5]], extra=scm(url)))
        image = f"{world.registry_host}/team/{name}:1"
        cluster.call("POST", "/apis/apps/v1/namespaces/test/deployments", deployment(name, "test", image))
    return names


@pytest.fixture
def company(transactional_db: None, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Company]:
    for server in sandbox.servers.values():
        server.faults.clear()
    monkeypatch.setattr(settings.CONFIG, "outside_timeout", 20.0)
    monkeypatch.setattr(working, "PAUSE_SECONDS", 0.0)
    yield found_company(sandbox)
    for server in sandbox.servers.values():
        server.faults.clear()
    forget_clients()


@dataclass
class Desk:
    """An administrator and the chore, turned by hand."""

    company: Company
    outside: Outside

    def post(self, path: str = "", body: Any = None, who: str = "admin") -> Any:
        return signed_in(self.company.people[who]).post(f"{INTAKES}{path}", body or {}, format="json")

    def get(self, path: str = "", who: str = "admin", **query: Any) -> Any:
        return signed_in(self.company.people[who]).get(f"{INTAKES}{path}", query)

    def patch(self, row: IntakeRow, who: str = "admin", **changes: Any) -> Any:
        path = f"{INTAKES}{row.intake_id}/rows/{row.pk}/"
        return signed_in(self.company.people[who]).patch(path, changes, format="json")

    def work(self) -> int:
        """Everything that is due; how many pieces it were."""
        pieces = 0
        while working.work_once():
            pieces += 1
        return pieces

    def find(self) -> Intake:
        """A batch of all that is outside, with its rows."""
        answer = self.post("", {"source": "found"})
        assert answer.status_code == 201, answer.content
        self.work()
        return Intake.objects.get(pk=answer.json()["id"])

    def csv(self, *lines: str) -> Any:
        return self.post("", {"source": "csv", "csv": "\n".join(lines)})

    def take(self, intake: Intake, who: str = "admin") -> Intake:
        answer = self.post(f"{intake.pk}/take/", who=who)
        assert answer.status_code == 202, answer.content
        self.work()
        intake.refresh_from_db()
        return intake


@pytest.fixture
def desk(company: Company) -> Iterator[Desk]:
    yield Desk(company, Outside(company))
    working._checkpoint = lambda name: None
