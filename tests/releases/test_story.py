"""From a release ticket to production and back, against the stand-ins; the verdict comes from their journals."""

from __future__ import annotations

import pytest

from apps.releases.models import Release, Rollout
from apps.releases.services.verdicts import give_verdict
from apps.tickets.runner import Runner
from tests.support.story import Company, wait_ended, wait_status

SLUG = "book-api-n1"


def release_to_test(company: Company) -> Release:
    ticket = wait_ended(company.file("release", "developer", SLUG, "test", ref="main"))
    assert (ticket.status, ticket.reason) == ("succeeded", None)
    return Release.objects.get(ticket=ticket)


def pass_verdict(company: Company, release: Release) -> None:
    give_verdict(
        release, company.environments["test"], outcome="passed", comment="works", actor=company.actor("tester")
    )


def patched_images(company: Company, cluster: str, since: int) -> list[str]:
    entries = company.sandbox.clusters[cluster].journal.find("deployments.patch", accepted=True, since=since)
    return [e.detail["image"]["app"] for e in entries if e.detail.get("image") and not e.detail.get("dry_run")]


@pytest.mark.slow
def test_the_same_image_goes_from_a_commit_to_two_data_centres(company: Company, runner: Runner) -> None:
    sandbox = company.sandbox
    before = {name: server.journal.last for name, server in sandbox.servers.items()}
    release = release_to_test(company)
    assert release.digest.startswith("sha256:")
    promote = company.file("promote", "developer", SLUG, "production", release=release.tag)
    assert promote.status == "pending_confirmation"
    pass_verdict(company, release)
    wait_status(promote, "pending_approval")
    company.approve(promote)
    promote = wait_ended(promote)
    assert (promote.status, promote.reason) == ("succeeded", None)
    assert {r.result for r in Rollout.objects.filter(ticket=promote)} == {"succeeded"}
    image = f"{sandbox.world.registry_host}/shop/{SLUG}:{release.tag}@{release.digest}"
    for cluster in ("test-1", "dc1", "dc2"):
        assert patched_images(company, cluster, before[f"cluster {cluster}"]) == [image]
        deployment = sandbox.clusters[cluster].store.get(
            "deployments", "test" if cluster == "test-1" else "production", SLUG
        )
        assert deployment["status"]["updatedReplicas"] == 2
    assert len(sandbox.gitlab.journal.find("tag.create", accepted=True, since=before["gitlab"])) == 1
    builds = sandbox.jenkins.journal.find("build.start", since=before["jenkins"])
    assert len(builds) == 1
