"""A running sandbox, a company whose first project is already there, and requests for access to be carried out."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db.models.functions import Now

from apps.access.models import Provision
from apps.access.requesting import request_project
from apps.integrations.clients import forget_clients, get_gitlab, get_jenkins
from apps.integrations.gitlab.hooks import list_hooks
from apps.integrations.loop import run
from apps.integrations.models import GitLabServer, JenkinsController, Registry
from apps.projects.models import Placement, Project
from apps.sandbox.compose import Sandbox
from apps.tickets import bell
from apps.tickets import visit as visits
from apps.tickets.models import Step, Ticket
from apps.tickets.services.approvals import decide
from tests.releases.hand import Cluster, Hand, Outside
from tests.support.factories import grant, make_project, use
from tests.support.sandbox import running_sandbox
from tests.support.story import Company, found_company

REPOSITORY = "shop/pay-gate-n1"
REPOSITORY_ID = 102
CLUSTERS = ("test-1", "dc1", "dc2")
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with running_sandbox(tmp_path_factory, build_seconds=0.2, executors=8, pod_start_seconds=0.05) as running:
        yield running


@pytest.fixture
def company(transactional_db: None, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Company]:
    for server in sandbox.servers.values():
        server.faults.clear()
    monkeypatch.setattr(settings.CONFIG, "outside_timeout", 20.0)
    monkeypatch.setattr(settings.CONFIG, "rollout_recheck_seconds", 0.05)
    monkeypatch.setattr(settings.CONFIG, "build_recheck_seconds", 0.2)
    monkeypatch.setattr(bell, "ring", lambda ids: None)
    made = found_company(sandbox)
    # Ops of anywhere are ops of some project: this one, which has nothing outside.
    elsewhere = make_project("elsewhere-n1", **made.servers)
    for model in (GitLabServer, JenkinsController, Registry):
        model.objects.filter(name="nowhere").delete()
    use(elsewhere, made.environments["test"])
    for who in ("ops", "ops2"):
        grant(made.people[who], elsewhere, made.environments["test"], "ops")
    Placement.objects.update(namespace_pattern="{project}-{environment}")
    yield made
    visits.set_checkpoint(visits._no_checkpoint)
    forget_clients()


@dataclass
class Desk:
    """Requests, decisions and the engine, turned by hand."""

    company: Company
    hand: Hand

    def ask(self, slug: str = "", **more: Any) -> Ticket:
        """A request of `developer` that waits for its approval; every slug is used once."""
        body = {
            "slug": slug or f"pay-{next(_numbers)}-n1",
            "name": "Payments",
            "language": "go",
            "gitlab_path": REPOSITORY,
            "environments": ["test", "production"],
            "testers": ["tester"],
            "operators": ["ops2"],
            **more,
        }
        ticket, _ = request_project(body, actor=self.company.actor("developer"))
        assert ticket.status == "pending_approval"
        return ticket

    def approve(self, ticket: Ticket, who: str = "ops") -> Ticket:
        ticket = Ticket.objects.get(pk=ticket.pk)
        decide(ticket, decision="approve", comment="", fingerprint=ticket.fingerprint, actor=self.company.actor(who))
        return Ticket.objects.get(pk=ticket.pk)

    def run(self, ticket: Ticket, **how: Any) -> Ticket:
        return self.hand.drive(ticket, **{"seconds": 300, **how})

    def admitted(self, **more: Any) -> Project:
        """A project with everything set up."""
        ticket = self.run(self.approve(self.ask(**more)))
        assert (ticket.status, ticket.reason) == ("succeeded", None), steps_of(ticket)
        return Project.objects.get(pk=ticket.project_id)

    def crash_after(self, name: str, target: str = "") -> list[str]:
        """The next visit of that step does its work and its worker dies before it can say so; what was struck."""
        struck: list[str] = []

        def die(point: str, step: Step) -> None:
            if point == "accepted" and step.name == name and step.target.startswith(target) and not struck:
                struck.append(str(step))
                Step.objects.filter(pk=step.pk).update(lease_until=Now() - timedelta(seconds=1))
                raise visits.LeaseLostError("died")

        visits.set_checkpoint(die)
        return struck


@pytest.fixture
def desk(company: Company) -> Desk:
    return Desk(company, Hand(company))


@pytest.fixture
def outside(company: Company) -> Outside:
    """What changes outside from here on."""
    return Outside(company)


def steps_of(ticket: Ticket) -> list[str]:
    """For the message of a failed assertion."""
    return [f"{s} {s.status} {s.reason or s.output}" for s in ticket.steps.all()]


def hooks_of(company: Company) -> list[str]:
    """The addresses of the repository's webhooks."""
    return [hook.url for hook in run(list_hooks(get_gitlab(company.servers["gitlab"]), REPOSITORY_ID), 5)]


def has_job(company: Company, name: str) -> bool:
    return run(get_jenkins(company.servers["jenkins"]).find_job(name), 5) is not None


def has_namespace(company: Company, cluster: str, name: str) -> bool:
    return company.sandbox.clusters[cluster].store.get("namespaces", None, name) is not None


def states(project: Project) -> list[tuple[str, str, str]]:
    """(what, target, state) of the confirmed rows, in the order they were made within each kind."""
    rows = Provision.objects.filter(project=project).exclude(confirmed_at=None)
    return sorted((row.what, f"{row.system.partition(':')[0]} {row.target}".strip(), row.state) for row in rows)


def by_hand(company: Company, cluster: str, path: str, body: Any) -> Any:
    """What an administrator makes past the portal."""
    return Cluster(company, cluster).call("POST", path, body)
