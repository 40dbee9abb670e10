"""The release story with a real Kubernetes: every verdict on the cluster is the cluster's own.

One project per case, each with namespaces of its own; a worker and the watcher run as processes.
"""

from __future__ import annotations

from typing import Any

import pytest

from apps.integrations.clients import get_kubernetes
from apps.integrations.loop import run
from apps.integrations.models import Cluster
from apps.releases.models import Release
from apps.releases.services.verdicts import give_verdict
from apps.tickets.models import Ticket
from apps.tickets.services.running import retry_ticket
from apps.workloads.models import ClusterHeartbeat, ObservedDeployment
from opsportal.demo.process import Child
from tests.cluster.company import Obj, RealCompany, add_real_project
from tests.cluster.life import FATE, SPARES
from tests.support.story import wait_ended, wait_for, wait_status

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("processes")]
REASON = "orders fail since the last version"
BOOKS, PAY, ADMIN, USERS, MAIL = "book-api-n1", "pay-gate-n1", "admin-php-n1", "user-web-n1", "mail-py-n1"


def doomed(fate: str) -> Any:
    """An edit of a Deployment: whatever is released onto it meets this fate, but for the image it has."""

    def change(deployment: Obj) -> None:
        deployment["spec"]["progressDeadlineSeconds"] = 3
        template = deployment["spec"]["template"]
        image = template["spec"]["containers"][0]["image"]
        template["metadata"]["annotations"] = {FATE: fate, SPARES: image}

    return change


def release(real: RealCompany, slug: str) -> tuple[Ticket, Release]:
    """A release ticket to test, ended."""
    ticket = wait_ended(real.company.file("release", "developer", slug, "test", ref="main"))
    return ticket, Release.objects.get(ticket=ticket)


def assert_succeeded(real: RealCompany, ticket: Ticket) -> None:
    """It did; else every step says how it is, and the worker what it wrote of a crash."""
    told = [f"{s.name} {s.target} {s.status} {s.reason}" for s in ticket.steps.order_by("wave", "order", "target")]
    crashes = real.worker_log.read_text(encoding="utf-8", errors="replace").partition("Traceback")[1:]
    told += ["".join(crashes)[:4000]]
    assert (ticket.status, ticket.reason) == ("succeeded", None), "\n".join([str(ticket.reason), *told])


def why(ticket: Ticket) -> Obj:
    """The reason of a ticket that failed; what else it is shows in the assertion."""
    assert ticket.status == "failed", (ticket.status, ticket.reason)
    return dict(ticket.reason or {})


def image_of(real: RealCompany, made: Release) -> str:
    return f"{real.company.sandbox.world.registry_host}/{made.image_repository}:{made.tag}@{made.digest}"


def assert_arrived(real: RealCompany, slug: str, cluster: str, image: str, digest: str, replicas: int = 2) -> None:
    """D20 as the cluster tells it: every replica of the newest generation runs the digest, nobody else is left."""
    assert real.settled(slug, cluster, replicas)
    assert real.image(slug, cluster) == image
    for pod in real.pods(slug, cluster):
        (status,) = pod["status"]["containerStatuses"]
        assert pod["spec"]["containers"][0]["image"] == image
        assert status["imageID"] == f"{image.partition(':20')[0]}@{digest}"
        assert status["ready"] is True


@pytest.fixture(scope="module")
def books(real: RealCompany, processes: dict[str, Child]) -> Release:
    """A release that went from a commit to both data centres."""
    add_real_project(real, BOOKS, "java")
    ticket, made = release(real, BOOKS)
    assert_succeeded(real, ticket)
    assert_arrived(real, BOOKS, "test-1", image_of(real, made), made.digest)
    company = real.company
    promote = company.file("promote", "developer", BOOKS, "production", release=made.tag)
    give_verdict(made, company.environments["test"], outcome="passed", comment="works", actor=company.actor("tester"))
    company.approve(wait_status(promote, "pending_approval"))
    promote = wait_ended(promote)
    assert_succeeded(real, promote)
    return made


def test_the_same_digest_goes_from_a_commit_to_two_data_centres(real: RealCompany, books: Release) -> None:
    image = image_of(real, books)
    for cluster in ("test-1", "dc1", "dc2"):
        assert_arrived(real, BOOKS, cluster, image, books.digest)
        assert real.revision(BOOKS, cluster) == 2
        metadata = real.deployment(BOOKS, cluster)["metadata"]
        assert "opsportal.io/step-key" in metadata["annotations"]
        (ours,) = [m for m in metadata["managedFields"] if m["manager"] == "opsportal-image"]
        assert ours["operation"] == "Update"
    sandbox = real.company.sandbox
    tags = sandbox.gitlab.journal.find("tag.create", accepted=True, subject=f"shop/{BOOKS}@{books.tag}")
    builds = sandbox.jenkins.journal.find("build.start", accepted=True, subject=BOOKS)
    assert (len(tags), len(builds)) == (1, 1)


def test_the_watcher_follows_what_a_person_does_in_the_cluster(real: RealCompany, books: Release) -> None:
    rows = ObservedDeployment.objects.filter(workload__deployment=BOOKS, workload__placement__cluster__name="dc1")
    wait_for(lambda: rows.get().digest == books.digest and rows.get().ready == 2, what="the row")
    real.patch_deployment(BOOKS, "dc1", {"spec": {"replicas": 3}})
    wait_for(lambda: (rows.get().replicas_wanted, rows.get().available) == (3, 3), what="three replicas")
    assert len(rows.get().pods) == 3
    real.patch_deployment(BOOKS, "dc1", {"spec": {"replicas": 2}})
    wait_for(lambda: len(rows.get().pods) == 2, what="two pods")
    assert {b.trouble for b in ClusterHeartbeat.objects.all()} == {None}


def test_the_connection_test_passes_from_the_address_to_a_command_in_a_pod(real: RealCompany, books: Release) -> None:
    client = get_kubernetes(Cluster.objects.get(name="test-1"))
    checks = {c.name: (c.outcome, c.code) for c in run(client.self_check(), 60)}
    assert {name for name, (outcome, _) in checks.items() if outcome != "passed"} == set(), checks
    assert {"tls", "token", "cluster_uid", "right:get pods/exec", "dry_run", "exec"} <= checks.keys()


def test_production_goes_back_to_what_it_ran_before(real: RealCompany, books: Release) -> None:
    was_built_here = {"is_built_here": False, "project": real.company.projects[BOOKS]}
    baseline = Release.objects.get(**was_built_here)
    ticket = real.company.file("roll_back", "ops", BOOKS, "production", release=baseline.tag, reason=REASON)
    if ticket.status == "pending_approval":
        real.company.approve(ticket, "ops2")
    ticket = wait_ended(ticket)
    assert_succeeded(real, ticket)
    for cluster in ("dc1", "dc2"):
        assert_arrived(real, BOOKS, cluster, image_of(real, baseline), baseline.digest)
        assert real.revision(BOOKS, cluster) == 3
    assert_arrived(real, BOOKS, "test-1", image_of(real, books), books.digest)


@pytest.mark.parametrize(
    ("slug", "language", "fate", "code"),
    [(PAY, "go", "stuck", "rollout.pod_not_ready"), (MAIL, "python", "broken", "rollout.image_pull")],
)
def test_a_rollout_that_cannot_end_fails_and_a_roll_back_of_one_replica_succeeds(
    real: RealCompany, slug: str, language: str, fate: str, code: str
) -> None:
    add_real_project(real, slug, language, replicas=1, environments=("test",), change=doomed(fate))
    before = real.image(slug, "test-1")
    ticket, _ = release(real, slug)
    assert why(ticket)["code"] == code, ticket.reason
    status = real.deployment(slug, "test-1")["status"]
    assert (status["updatedReplicas"], status["readyReplicas"]) == (1, 1)
    baseline = Release.objects.get(is_built_here=False, project=real.company.projects[slug])
    back = wait_ended(real.company.file("roll_back", "ops", slug, "test", release=baseline.tag, reason=REASON))
    assert_succeeded(real, back)
    assert_arrived(real, slug, "test-1", before, baseline.digest, replicas=1)


def test_a_quota_that_leaves_no_room_fails_the_release_and_the_old_version_runs_on(real: RealCompany) -> None:
    add_real_project(real, ADMIN, "php", environments=("test",))
    path = f"/api/v1/namespaces/{real.namespace(ADMIN, 'test-1')}/resourcequotas"
    real.call("POST", path, {"metadata": {"name": "full"}, "spec": {"hard": {"pods": "2"}}})
    real.wait(lambda: real.call("GET", f"{path}/full")["status"].get("used") == {"pods": "2"})
    ticket, made = release(real, ADMIN)
    assert why(ticket)["code"] == "rollout.quota_exceeded"
    assert "exceeded quota: full, requested: pods=1" in why(ticket)["params"]["said"]
    status = real.deployment(ADMIN, "test-1")["status"]
    assert status["readyReplicas"] == 2
    assert all(made.digest not in pod["spec"]["containers"][0]["image"] for pod in real.pods(ADMIN, "test-1"))
    real.call("DELETE", f"{path}/full")


def test_a_token_that_may_not_patch_changes_nothing_and_the_retry_with_a_right_one_succeeds(real: RealCompany) -> None:
    add_real_project(real, USERS, "nodejs", environments=("test",))
    before = real.deployment(USERS, "test-1")
    real.token("test-1", "reader")
    try:
        ticket, made = release(real, USERS)
        assert why(ticket)["code"] == "kubernetes.forbidden"
        assert (why(ticket)["params"]["verb"], why(ticket)["params"]["field"]) == ("patch", "token")
        assert real.deployment(USERS, "test-1")["metadata"]["generation"] == before["metadata"]["generation"]
    finally:
        real.token("test-1", "portal")
    retry_ticket(ticket, actor=real.company.actor("developer"))
    ticket = wait_ended(ticket)
    assert_succeeded(real, ticket)
    assert_arrived(real, USERS, "test-1", image_of(real, made), made.digest)


def test_pods_that_a_node_evicted_stay_listed_and_hold_up_no_release(real: RealCompany) -> None:
    """The controllers have replaced them and count them no more; only a person deletes them."""
    evicted = real.pods(USERS, "test-1")[0]["metadata"]["name"]
    path = f"/api/v1/namespaces/{real.namespace(USERS, 'test-1')}/pods/{evicted}/status"
    status = {"phase": "Failed", "reason": "Evicted", "message": "The node was low on resource: memory."}
    real.call("PATCH", path, {"status": status}, Content_Type="application/merge-patch+json")
    real.wait(lambda: len(real.pods(USERS, "test-1")) == 3)
    ticket, made = release(real, USERS)
    assert_succeeded(real, ticket)
    assert evicted in [pod["metadata"]["name"] for pod in real.pods(USERS, "test-1")]
    assert real.image(USERS, "test-1") == image_of(real, made)
