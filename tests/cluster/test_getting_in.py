"""A new service on a real Kubernetes: taken in, configured, made by its first release, stopped, archived. Every verdict
on the cluster is the cluster's own; the portal's account has the role of the documents and no other."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from apps.access.removal import archive_project
from apps.access.requesting import request_project
from apps.projects.models import Project
from apps.releases.models import Release
from apps.releases.services.verdicts import give_verdict
from apps.tickets.models import Ticket
from opsportal.demo.process import Child
from tests.cluster.company import Obj, RealCompany
from tests.support.factories import grant, make_project, use
from tests.support.story import wait_ended
from tests.tickets.web import signed_in

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("processes")]
SLUG, REPOSITORY = "fresh-pay-n1", "shop/pay-gate-n1"
CLUSTERS = ("test-1", "dc1", "dc2")
KUBECTL = shutil.which("kubectl")
REASON = "nobody calls it any more"


def succeeded(real: RealCompany, ticket: Ticket, approver: str = "ops2") -> Ticket:
    """The ticket's end, approved where somebody has to."""
    if ticket.status == "pending_approval":
        real.company.approve(ticket, approver)
    ended = wait_ended(ticket, 120)
    told = [f"{s.name} {s.target} {s.status} {s.reason}" for s in ended.steps.order_by("wave", "order", "target")]
    assert (ended.status, ended.reason) == ("succeeded", None), "\n".join([str(ended.reason), *told])
    return ended


def space(real: RealCompany, cluster: str) -> Obj | None:
    """The service's namespace on a cluster, None when it is not there."""
    answer = real.known.wire().call("GET", f"/api/v1/namespaces/{real.namespace(SLUG, cluster)}")
    return dict(answer.json) if answer.status == 200 else None


@pytest.fixture(scope="module")
def project(real: RealCompany, processes: dict[str, Child]) -> Project:
    """Asked for by a developer, approved by ops of another project, set up."""
    company = real.company
    elsewhere = make_project("elsewhere-n1", **company.servers)
    use(elsewhere, company.environments["test"])
    grant(company.people["ops"], elsewhere, company.environments["test"], "ops")
    body = {
        "slug": SLUG,
        "name": "Payments",
        "language": "go",
        "gitlab": "gitlab",
        "jenkins": "jenkins",
        "registry": "registry",
        "gitlab_path": REPOSITORY,
        "environments": ["test", "production"],
        "testers": ["tester"],
        "operators": ["ops2"],
    }
    ticket, _ = request_project(body, actor=company.actor("developer"))
    company.projects[SLUG] = succeeded(real, ticket, "ops").project
    return company.projects[SLUG]


def configured(real: RealCompany, environment: str, based_on: int, **document: Any) -> Ticket:
    form = {"name": SLUG, "document": document, "based_on": based_on}
    return succeeded(real, real.company.file("configure", "developer", SLUG, environment, **form))


@pytest.fixture(scope="module")
def running(real: RealCompany, project: Project) -> Release:
    """Configured in both environments, released to test, promoted to both data centres."""
    company = real.company
    configured(real, "test", 0, replicas=1)
    configured(real, "production", 0, replicas=3)
    ticket = succeeded(real, company.file("release", "developer", SLUG, "test", ref="main"))
    made = Release.objects.get(ticket=ticket)
    give_verdict(made, company.environments["test"], outcome="passed", comment="works", actor=company.actor("tester"))
    succeeded(real, company.file("promote", "developer", SLUG, "production", release=made.tag))
    return made


def test_its_namespaces_are_made_with_the_role_of_the_documents(real: RealCompany, project: Project) -> None:
    for cluster in CLUSTERS:
        found = space(real, cluster)
        assert found is not None
        assert found["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "opsportal"


def test_the_first_release_makes_what_the_configuration_says_and_the_cluster_runs_it(
    real: RealCompany, running: Release
) -> None:
    host = real.company.sandbox.world.registry_host
    for cluster, replicas in (("test-1", 1), ("dc1", 3), ("dc2", 3)):
        real.wait_settled(SLUG, cluster, replicas)
        assert real.image(SLUG, cluster) == f"{host}/{REPOSITORY}:{running.tag}@{running.digest}"
        managers = {one["manager"] for one in real.deployment(SLUG, cluster)["metadata"]["managedFields"]}
        assert "opsportal-config" in managers
    budget = f"/apis/policy/v1/namespaces/{real.namespace(SLUG, 'dc1')}/poddisruptionbudgets/{SLUG}"
    assert real.call("GET", budget)["spec"]["maxUnavailable"] == 1


@pytest.mark.skipif(KUBECTL is None, reason="kubectl is not installed")
def test_kubectl_finds_no_difference_between_the_export_and_the_cluster(
    real: RealCompany, running: Release, tmp_path: Path
) -> None:
    where = f"/api/v1/projects/{SLUG}/configurations/production/{SLUG}/export.yaml"
    exported = signed_in(real.company.people["developer"]).get(where, {"cluster": "dc1"})
    assert exported.status_code == 200
    file = tmp_path / "export.yaml"
    file.write_bytes(exported.content)
    for how in ([], ["--server-side"]):
        command = [str(KUBECTL), "--kubeconfig", f"{real.known.folder}/admin.kubeconfig", "diff", "-f", str(file), *how]
        shown = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert (shown.returncode, shown.stdout) == (0, ""), shown.stdout + shown.stderr


def test_what_is_configured_again_as_it_is_starts_no_pod(real: RealCompany, running: Release) -> None:
    before, pods = real.deployment(SLUG, "dc1"), {pod["metadata"]["uid"] for pod in real.pods(SLUG, "dc1")}
    configured(real, "production", 1, replicas=3)
    assert real.deployment(SLUG, "dc1")["spec"] == before["spec"]
    assert {pod["metadata"]["uid"] for pod in real.pods(SLUG, "dc1")} == pods
    assert real.revision(SLUG, "dc1") == 1


def test_stopped_and_archived_it_leaves_no_namespace(real: RealCompany, running: Release) -> None:
    configured(real, "test", 1, replicas=0)
    configured(real, "production", 2, replicas=0)
    form = {"confirm": SLUG, "reason": REASON}
    project = Project.objects.get(slug=SLUG)
    ticket, _ = archive_project(project, form, actor=real.company.actor("developer"))
    succeeded(real, ticket, "ops")
    assert [cluster for cluster in CLUSTERS if space(real, cluster) is not None] == []
    project.refresh_from_db()
    assert project.stage == "archived"
