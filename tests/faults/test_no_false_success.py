"""Success is what the cluster shows, never what was hoped (QR10, D20): and no failure before its time either.

While a ticket runs, a second pair of eyes reads the cluster as its administrator: at no moment may the ticket say
`succeeded` while a pod of another image is left, a replica is missing or the status is older than the change.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from apps.releases.models import Release, Rollout
from apps.tickets.models import Ticket
from tests.faults.nursery import Marks
from tests.faults.outside_support import SLUG, SPEEDS, Workers, running_company, stands_still
from tests.releases.hand import Cluster
from tests.support.database import process_environment
from tests.support.sandbox import fault
from tests.support.story import ENDED, Company, wait_ended, wait_for

REPLICAS = 3
LEASE = float(SPEEDS["OPSPORTAL_LEASE_SECONDS"])
pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def company(
    tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: Any
) -> Iterator[Company]:
    with running_company(tmp_path_factory, django_db_blocker, build_seconds=0.2, replicas=REPLICAS) as made:
        yield made


@pytest.fixture(scope="module")
def nursery(company: Company, redis_url: str) -> Iterator[Workers]:
    made = Workers({**process_environment(redis_url), **SPEEDS})
    yield made
    made.close()


@pytest.fixture
def workers(nursery: Workers, company: Company) -> Iterator[Workers]:
    yield nursery
    nursery.end_all()
    for server in company.sandbox.servers.values():
        server.faults.clear()


def pods(cluster: Cluster) -> list[dict[str, Any]]:
    listed = cluster.call("GET", f"/api/v1/namespaces/{cluster.namespace}/pods?labelSelector=app%3D{SLUG}")
    return list(listed["items"])


def lies(cluster: Cluster, digest: str) -> list[str]:
    """What is not as D20 says when a rollout of this digest is called done; empty when all is true."""
    deployment = cluster.deployment()
    status, wanted = deployment.get("status", {}), deployment["spec"]["replicas"]
    found = []
    if status.get("observedGeneration", 0) < deployment["metadata"]["generation"]:
        found.append("the status is older than the change")
    if not deployment["spec"]["template"]["spec"]["containers"][0]["image"].endswith(digest):
        found.append("another image is wanted")
    for counter in ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas"):
        if status.get(counter, 0) != wanted:
            found.append(f"{counter} {status.get(counter, 0)} of {wanted}")
    there = pods(cluster)
    if len(there) != wanted:
        found.append(f"{len(there)} pods")
    for pod in there:
        (container,) = pod["status"].get("containerStatuses") or [{}]
        if not container.get("imageID", "").endswith(digest) or not container.get("ready"):
            found.append(f"{pod['metadata']['name']} {container}")
    return found


def ends_truly(company: Company, ticket: Ticket, seconds: float = 60) -> Ticket:
    """The ticket at its end; in the moment it says `succeeded` the cluster must show it."""
    cluster = Cluster(company, "test-1")
    end = time.monotonic() + seconds
    while (found := Ticket.objects.get(pk=ticket.pk)).status not in ENDED:
        assert time.monotonic() < end, [f"{s} {s.status} {s.reason or s.output}" for s in ticket.steps.all()]
        time.sleep(0.02)
    if found.status == "succeeded":
        assert lies(cluster, Release.objects.get(ticket=ticket).digest) == []
    return found


def outcome(ticket: Ticket) -> tuple[str, Any]:
    return ticket.status, ticket.reason


def standing(workers: Workers, ticket: Ticket, **moment: Any) -> int:
    """A worker of steps that stands still there, while a second one polls Jenkins."""
    pid = workers.start("first", ticket=ticket.pk, **moment)
    wait_for(lambda: stands_still(pid), 40, f"{moment}")
    return pid


def file(company: Company) -> Ticket:
    return company.file("release", "developer", SLUG, "test", ref="main")


def test_a_status_that_is_older_than_the_change_proves_nothing(company: Company, workers: Workers) -> None:
    ticket = file(company)
    worker = standing(workers, ticket, step="patch_image", at="before_intent")
    stale = fault(company.sandbox.clusters["test-1"], "deployment.status", "stale", seconds=4)
    workers.kill(worker)
    with workers.working():
        wait_for(lambda: ticket.steps.filter(name="await_rollout", status="waiting").exists(), 30, "the waiting")
        since = time.monotonic()
        while time.monotonic() - since < 1.5:
            assert Ticket.objects.get(pk=ticket.pk).status == "running"
            time.sleep(0.05)
        output = ticket.steps.get(name="await_rollout").output
        assert output is not None
        assert output["code"] == "rollout.not_observed"
        assert outcome(ends_truly(company, ticket)) == ("succeeded", None)
    assert stale.struck > 0


def test_two_of_three_is_no_success_and_no_failure_until_the_third_may_come(company: Company, workers: Workers) -> None:
    """A quota lets two new pods in; the third comes when there is room."""
    cluster = Cluster(company, "test-1")
    cluster.patch(
        {"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 3}}}}
    )
    free = cluster.quota(pods=2)
    try:
        ticket = file(company)
        with workers.working(config={"refused_pods_seconds": 60.0}):
            wait_for(lambda: counted(cluster) == 2 and rollout(ticket) is not None, 40, "two of three")
            since = time.monotonic()
            while time.monotonic() - since < 2:
                now = Ticket.objects.get(pk=ticket.pk)
                assert now.status == "running", (now.reason, lies(cluster, ""))
                time.sleep(0.05)
            free()
            assert outcome(ends_truly(company, ticket)) == ("succeeded", None)
    finally:
        cluster.patch(
            {"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}}}
        )


def counted(cluster: Cluster) -> int:
    digest = cluster.image().rpartition("@")[2]
    return sum(
        1
        for pod in pods(cluster)
        for container in pod["status"].get("containerStatuses") or []
        if container.get("imageID", "").endswith(digest) and container["ready"]
    )


def rollout(ticket: Ticket) -> Rollout | None:
    return Rollout.objects.filter(ticket=ticket, result="running").first()


def test_old_pods_that_are_ready_are_not_the_new_version(company: Company, workers: Workers) -> None:
    """New pods take their time; the Deployment is `available` all along, by its old ones."""
    cluster = Cluster(company, "test-1")
    slow = {"sandbox.start-seconds": "1.5", "sandbox.stop-seconds": "1"}
    cluster.patch({"spec": {"template": {"metadata": {"annotations": slow}}}})
    wait_for(lambda: not lies(cluster, cluster.image().rpartition("@")[2]), 40, "the slow baseline")
    try:
        ticket = file(company)
        with workers.working():
            wait_for(lambda: rollout(ticket) is not None, 40, "the patch")
            available = [c for c in cluster.deployment()["status"]["conditions"] if c["type"] == "Available"]
            assert available[0]["status"] == "True"
            assert outcome(ends_truly(company, ticket, 90)) == ("succeeded", None)
    finally:
        cluster.hasten()


def push_another(company: Company, release: Release) -> str:
    """Somebody pushes another image under our tag; its digest."""
    import asyncio

    from apps.sandbox import images
    from apps.sandbox.seed import baseline

    world = company.sandbox.world
    registry = images.Registry(world.registry_url, world.registry_user, world.registry_password)
    layer = images.build_layer({"app/README": b"another\n"}, "COPY . /app", baseline.CREATED)
    image = images.build_image([layer], labels={"who": "somebody"}, created=baseline.CREATED, command=["/app/run"])
    return asyncio.run(images.push_image(registry, release.image_repository, release.tag, image))


def test_a_tag_that_moved_before_its_digest_was_read_is_refused(company: Company, workers: Workers) -> None:
    marks = Marks(company)
    ticket = file(company)
    worker = standing(workers, ticket, step="resolve_digest", at="before_intent")
    other = push_another(company, Release.objects.get(ticket=ticket))
    workers.kill(worker)
    with workers.working():
        ended = wait_ended(ticket, 60)
    assert ended.status == "failed"
    assert ended.reason is not None
    assert ended.reason["code"] == "image.label_differs"
    assert marks.image_changes("test-1") == []
    assert other not in Cluster(company, "test-1").image()


def test_a_tag_that_moved_after_its_digest_was_read_changes_nothing(company: Company, workers: Workers) -> None:
    ticket = file(company)
    worker = standing(workers, ticket, step="patch_image", at="before_intent")
    release = Release.objects.get(ticket=ticket)
    other = push_another(company, release)
    workers.kill(worker)
    with workers.working():
        assert outcome(ends_truly(company, ticket)) == ("succeeded", None)
    assert other != release.digest
    assert Cluster(company, "test-1").image().endswith(release.digest)


def test_a_status_that_is_emptied_is_neither_success_nor_failure(company: Company, workers: Workers) -> None:
    cluster = Cluster(company, "test-1")
    ticket = file(company)
    worker = standing(workers, ticket, step="await_rollout", at="before_intent")
    stale = fault(company.sandbox.clusters["test-1"], "deployment.status", "stale", seconds=4)
    reset = {"status": {"conditions": None, "replicas": None, "readyReplicas": None, "availableReplicas": None,
                        "updatedReplicas": None, "observedGeneration": None}}  # fmt: skip
    cluster.call("PATCH", cluster.path() + "/status", reset, "application/merge-patch+json")
    assert "readyReplicas" not in cluster.deployment()["status"]
    workers.kill(worker)
    with workers.working():
        time.sleep(LEASE + 1)
        assert Ticket.objects.get(pk=ticket.pk).status == "running"
        assert outcome(ends_truly(company, ticket)) == ("succeeded", None)
    assert stale.struck > 0
