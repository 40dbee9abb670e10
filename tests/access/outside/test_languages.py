"""A new service of each language on its whole way: asked for, set up through a crash, configured, released to test and
production, stopped and archived; then nothing of it is left outside but its tags and images, and nobody else's moved."""

from __future__ import annotations

from typing import Any

import pytest

from apps.integrations.clients import get_jenkins
from apps.integrations.loop import run
from apps.projects.models import Project
from apps.releases.models import Release
from apps.sandbox.gitlab.demo import DEMO_PROJECTS
from apps.tickets.models import Ticket
from apps.workloads.models import Workload
from tests.access.outside.conftest import CLUSTERS, Desk, hooks_of, steps_of
from tests.access.outside.test_removal import archive
from tests.releases.hand import Outside
from tests.support.story import Company

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
SERVICES = [(language, path) for path, language, _ in DEMO_PROJECTS]
CRASHES = {"java": "create_job", "go": "add_webhook", "php": "create_namespace", "nodejs": "create_job"}
PLURALS = ("namespaces", "deployments", "services", "configmaps", "secrets", "poddisruptionbudgets", "ingresses")
# What a release leaves for ever, and what a build is made of: history, and none of what the access set up.
OF_RELEASES = {"tag.create", "build.start", "blob.put", "manifest.put", "upload.start", "upload.patch"}


class Journey:
    """One service; every ticket has to succeed."""

    def __init__(self, company: Company, desk: Desk, language: str, repository: str) -> None:
        self.company, self.desk, self.language, self.repository = company, desk, language, repository
        self.slug = f"new-{language}-n1"

    def ended(self, ticket: Ticket, approver: str = "ops2") -> Ticket:
        """The ticket's end, approved where somebody has to."""
        if ticket.status == "pending_approval":
            self.company.approve(ticket, approver)
        ended = self.desk.run(ticket)
        assert (ended.status, ended.reason) == ("succeeded", None), steps_of(ended)
        return ended

    def taken_in(self) -> Project:
        asked = self.desk.ask(self.slug, language=self.language, gitlab_path=self.repository)
        project = self.ended(asked, "ops").project
        self.company.projects[self.slug] = Project.objects.get(pk=project.pk)
        return self.company.projects[self.slug]

    def configured(self, environment: str, based_on: int, replicas: int) -> Ticket:
        form = {"name": self.slug, "document": {"replicas": replicas}, "based_on": based_on}
        return self.ended(self.company.file("configure", "developer", self.slug, environment, **form))

    def released(self) -> Release:
        ticket = self.ended(self.company.file("release", "developer", self.slug, "test", ref="main"))
        return Release.objects.get(ticket=ticket)

    def promoted(self, release: Release) -> Ticket:
        self.desk.hand.say(release, "passed")
        form = {"release": release.tag}
        return self.ended(self.company.file("promote", "developer", self.slug, "production", **form))

    def running(self, cluster: str) -> dict[str, Any]:
        """Its Deployment: image, replicas and how many are ready."""
        namespace = f"{self.slug}-{'test' if cluster == 'test-1' else 'production'}"
        found = self.company.sandbox.clusters[cluster].store.get("deployments", namespace, self.slug)
        assert found is not None
        (container,) = found["spec"]["template"]["spec"]["containers"]
        ready = found["status"].get("readyReplicas", 0)
        return {"image": container["image"], "replicas": found["spec"]["replicas"], "ready": ready}


def everything(company: Company) -> dict[str, list[str]]:
    """What stands outside, by name: webhooks, jobs and the objects of the clusters."""
    found = {"hooks": sorted(hooks_of(company))}
    jenkins = get_jenkins(company.servers["jenkins"])
    jobs = run(jenkins.http.request("GET", "/api/json?tree=jobs[name]", what="jobs"), 10)
    found["jobs"] = sorted(job["name"] for job in jobs.json()["jobs"])
    for cluster in CLUSTERS:
        store = company.sandbox.clusters[cluster].store
        found[cluster] = sorted(
            f"{plural} {one['metadata'].get('namespace', '')}/{one['metadata']['name']}"
            for plural in PLURALS
            for one in store.list(plural)
        )
    return found


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("language", "repository"), SERVICES, ids=[language for language, _ in SERVICES])
def test_a_new_service_is_taken_in_runs_in_production_and_leaves_nothing_behind(
    company: Company, desk: Desk, outside: Outside, language: str, repository: str
) -> None:
    journey = Journey(company, desk, language, repository)
    before = everything(company)
    struck = desk.crash_after(CRASHES[language]) if language in CRASHES else []
    project = journey.taken_in()
    assert (project.stage, len(struck)) == ("active", len(CRASHES.keys() & {language}))
    for environment, replicas in (("test", 1), ("production", 3)):
        journey.configured(environment, 0, replicas)
    assert set(Workload.objects.filter(name=journey.slug).values_list("deployment_uid", flat=True)) == {""}
    release = journey.released()
    journey.promoted(release)
    image = f"{company.sandbox.world.registry_host}/{repository}:{release.tag}@{release.digest}"
    assert {cluster: journey.running(cluster) for cluster in CLUSTERS} == {
        "test-1": {"image": image, "replicas": 1, "ready": 1},
        "dc1": {"image": image, "replicas": 3, "ready": 3},
        "dc2": {"image": image, "replicas": 3, "ready": 3},
    }
    for environment in ("test", "production"):
        journey.configured(environment, 1, 0)
    outside.mark()
    journey.ended(archive(company, project), "ops")
    assert everything(company) == before
    assert {kind for _, kind in outside.changed()} & OF_RELEASES == set()
    removed = [
        (server, one.path)
        for server, journal in ((name, server.journal) for name, server in outside.servers.items())
        for one in journal.find(accepted=True, since=outside.marks[server])
        if one.method == "DELETE"
    ]
    assert removed
    assert [one for one in removed if journey.slug not in one[1] and "/hooks/" not in one[1]] == []
    project.refresh_from_db()
    assert project.stage == "archived"
    assert Release.objects.filter(project=project).exists()
