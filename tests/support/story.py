"""A whole small company for end-to-end tests: the sandbox's servers as rows, three environments, people, one project.

Must not: shortcut what the portal does; workloads are adopted through the service, everything else is plain rows.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.core.management import call_command

from apps.accounts.models import User
from apps.integrations.models import Cluster, GitLabServer, JenkinsController, Registry
from apps.policy.actor import Actor
from apps.projects.models import Environment, Project
from apps.sandbox import images
from apps.sandbox.compose import Sandbox
from apps.sandbox.seed import baseline
from apps.sandbox.world import ClusterSpec
from apps.tickets.models import Ticket
from apps.tickets.registry import Filing
from apps.tickets.services.approvals import decide
from apps.tickets.services.filing import file_ticket
from apps.workloads.services import adopt_workload
from tests.support.factories import actor_of, grant, make_environment, make_project, make_user, place, use

CLUSTERS = {"test": ["test-1"], "production": ["dc1", "dc2"]}
ENDED = {"succeeded", "failed", "errored", "canceled", "rejected", "superseded", "expired"}


@dataclass
class Company:
    """Rows of one test: environments test → production (two data centres), people by role, projects by slug."""

    sandbox: Sandbox
    people: dict[str, User] = field(default_factory=dict)
    environments: dict[str, Environment] = field(default_factory=dict)
    servers: dict[str, Any] = field(default_factory=dict)
    projects: dict[str, Project] = field(default_factory=dict)

    def actor(self, name: str) -> Actor:
        return actor_of(self.people[name])

    def file(self, kind: str, who: str, project: str, environment: str, **form: Any) -> Ticket:
        filing = Filing(self.projects[project], self.environments[environment], form, self.actor(who))
        return file_ticket(kind, filing)[0]

    def approve(self, ticket: Ticket, who: str = "ops") -> None:
        ticket.refresh_from_db()
        decide(ticket, decision="approve", comment="", fingerprint=ticket.fingerprint, actor=self.actor(who))


def url_of(spec: ClusterSpec) -> str:
    """Where a cluster's API listens."""
    return f"https://127.0.0.1:{spec.address.port}"


def found_company(sandbox: Sandbox) -> Company:
    """Servers, environments, people and languages, no project yet."""
    world = sandbox.world
    company = Company(sandbox)
    call_command("load_languages")
    call_command("load_standards")
    registry = Registry.objects.create(
        name="registry",
        url=world.registry_url,
        host=world.registry_host,
        username=world.registry_user,
        password=world.registry_password,
    )
    company.servers = {
        "registry": registry,
        "gitlab": GitLabServer.objects.create(name="gitlab", url=world.gitlab_url, token=world.gitlab_token),
        "jenkins": JenkinsController.objects.create(
            name="jenkins", url=world.jenkins_url, username=world.jenkins_user, token=world.jenkins_api_token
        ),
    }
    clusters = {}
    for spec in world.clusters:
        clusters[spec.name] = Cluster.objects.create(
            name=spec.name,
            api_url=url_of(spec),
            ca_pem=spec.ca_pem,
            token=spec.portal_token,
            data_centre=spec.data_centre,
            registry=registry,
            pull_host=world.registry_host,
            uid=f"uid-of-{spec.name}",
        )
    test = make_environment("test", "test", position=1)
    production = make_environment("production", "production", position=2, approvals_required=1, promotes_from=[test])
    company.environments = {"test": test, "production": production}
    place(test, clusters["test-1"])
    place(production, clusters["dc1"], wave=1)
    place(production, clusters["dc2"], wave=2)
    for name in ("developer", "tester", "ops", "ops2", "owner", "stranger"):
        company.people[name] = make_user(name)
    company.people["admin"] = make_user("admin", is_instance_admin=True)
    return company


def add_project(
    company: Company,
    slug: str = "book-api-n1",
    language: str = "java",
    replicas: int = 2,
    environments: tuple[str, ...] = ("test", "production"),
) -> Project:
    """A demo repository as a project with grants, its baseline running everywhere, adopted."""
    project = make_project(
        slug,
        language=language,
        gitlab_path=f"shop/{slug}",
        gitlab=company.servers["gitlab"],
        jenkins=company.servers["jenkins"],
        registry=company.servers["registry"],
    )
    company.projects[slug] = project
    project.owners.add(company.people["owner"])
    for row in (company.environments[name] for name in environments):
        use(project, row)
        for who, role in (("developer", "developer"), ("tester", "tester"), ("ops", "ops"), ("ops2", "ops")):
            grant(company.people[who], project, row, role)
    asyncio.run(_run_baseline(company, slug, replicas, environments))
    for environment in environments:
        for cluster in CLUSTERS[environment]:
            adopt_workload(
                project,
                company.environments[environment],
                cluster=cluster,
                deployment=slug,
                container="app",
                actor=company.actor("ops"),
            )
    return project


async def _run_baseline(company: Company, slug: str, replicas: int, environments: tuple[str, ...]) -> None:
    world = company.sandbox.world
    registry = images.Registry(world.registry_url, world.registry_user, world.registry_password)
    digest = await baseline.push_baseline(registry, f"shop/{slug}", start_seconds=0.05)
    image = f"{world.registry_host}/shop/{slug}:{baseline.BASELINE_TAG}@{digest}"
    for spec in world.clusters:
        access = baseline.ClusterAccess(url_of(spec), spec.ca_pem, spec.admin_token)
        for namespace in environments:
            if spec.name in CLUSTERS[namespace]:
                await baseline.apply(access, [baseline.deployment(slug, namespace, image, replicas)])


def wait_for(condition: Callable[[], bool], seconds: float = 30, what: str = "it") -> None:
    """Poll until true; fails with what was waited for."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError(f"waited {seconds} s for {what}")


def wait_ended(ticket: Ticket, seconds: float = 60) -> Ticket:
    """The ticket once it ended."""
    try:
        wait_for(lambda: Ticket.objects.get(pk=ticket.pk).status in ENDED, seconds, f"the end of #{ticket.pk}")
    except AssertionError as error:
        rows = [
            f"{s} {s.status} attempt {s.attempt} visits {s.visits} lease {s.lease_until} due {s.due_at} {s.reason or s.output}"
            for s in Ticket.objects.get(pk=ticket.pk).steps.all()
        ]
        raise AssertionError("\n".join([str(error), *rows])) from None
    return Ticket.objects.get(pk=ticket.pk)


def wait_status(ticket: Ticket, status: str, seconds: float = 30) -> Ticket:
    """The ticket once it has that status."""
    wait_for(lambda: Ticket.objects.get(pk=ticket.pk).status == status, seconds, f"{status} of #{ticket.pk}")
    return Ticket.objects.get(pk=ticket.pk)
