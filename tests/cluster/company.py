"""The story's company on the real cluster: three Cluster rows with three namespaces of each project's own.

GitLab, Jenkins and the registry are the sandbox's; its stand-in clusters are left out. Must not: write to the
cluster but as its administrator, before and beside the portal.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apps.integrations.models import Cluster
from apps.projects.models import Placement
from apps.sandbox import images
from apps.sandbox.compose import Sandbox
from apps.sandbox.seed import baseline
from apps.workloads.services import adopt_workload
from tests.cluster.cluster import Known
from tests.contracts.kubernetes_wire import STRATEGIC
from tests.support.factories import grant, make_project, use
from tests.support.story import CLUSTERS, Company, found_company

Obj = dict[str, Any]
ENVIRONMENTS = ("test", "production")


@dataclass
class RealCompany:
    """A company whose clusters are one real one; `namespace` says where a project lives on which of them."""

    company: Company
    known: Known
    run: str
    worker_log: Path = Path("/dev/null")

    def token(self, cluster: str, who: str) -> None:
        """The portal's token on that cluster is this service account's from now on."""
        row = Cluster.objects.get(name=cluster)
        row.token = self.known.tokens[who]
        row.save()

    def namespace(self, slug: str, cluster: str) -> str:
        """Where a project lives on a cluster."""
        return f"{slug}-{cluster}-{self.run}"

    # -- the cluster as its administrator sees it -----------------------------------------------------------------
    def call(self, method: str, path: str, body: Any = None, **options: Any) -> Obj:
        """One call that must succeed."""
        answer = self.known.wire().call(method, path, body, **options)
        assert answer.status < 300, answer.body
        return dict(answer.json)

    def deployment(self, slug: str, cluster: str) -> Obj:
        """The Deployment as it is now."""
        return self.call("GET", f"/apis/apps/v1/namespaces/{self.namespace(slug, cluster)}/deployments/{slug}")

    def patch_deployment(self, slug: str, cluster: str, patch: Obj) -> Obj:
        """What a person does past the portal."""
        path = f"/apis/apps/v1/namespaces/{self.namespace(slug, cluster)}/deployments/{slug}"
        return self.call("PATCH", path, patch, Content_Type=STRATEGIC)

    def pods(self, slug: str, cluster: str) -> list[Obj]:
        """The pods there now, whatever their phase."""
        return list(self.call("GET", f"/api/v1/namespaces/{self.namespace(slug, cluster)}/pods")["items"])

    def image(self, slug: str, cluster: str) -> str:
        """The image that the Deployment asks for."""
        return str(self.deployment(slug, cluster)["spec"]["template"]["spec"]["containers"][0]["image"])

    def revision(self, slug: str, cluster: str) -> int:
        """How many pod templates the Deployment has had: 1 for the baseline, one more for each change."""
        return int(self.deployment(slug, cluster)["metadata"]["annotations"]["deployment.kubernetes.io/revision"])

    def leave(self) -> None:
        """Have the namespaces of this run deleted, without waiting for it."""
        for namespace in self.call("GET", "/api/v1/namespaces")["items"]:
            name = namespace["metadata"]["name"]
            if name.endswith(f"-{self.run}"):
                self.call("DELETE", f"/api/v1/namespaces/{name}")

    def wait(self, check: Callable[[], Any], seconds: float = 30) -> Any:
        """Poll until true."""
        deadline = time.monotonic() + seconds
        while not (found := check()):
            assert time.monotonic() < deadline, f"not within {seconds} s"
            time.sleep(0.05)
        return found

    def settled(self, slug: str, cluster: str, replicas: int) -> bool:
        """Whether the newest generation is complete and no pod is about to go."""
        found = self.deployment(slug, cluster)
        status = found["status"]
        counts = [status.get(k, 0) for k in ("replicas", "updatedReplicas", "availableReplicas")]
        is_seen = status.get("observedGeneration") == found["metadata"]["generation"]
        return is_seen and counts == [replicas] * 3 and len(self.pods(slug, cluster)) == replicas

    def wait_settled(self, slug: str, cluster: str, replicas: int) -> None:
        """Until `settled`."""
        self.wait(lambda: self.settled(slug, cluster, replicas))


def found_real_company(sandbox: Sandbox, known: Known) -> RealCompany:
    """The usual people and environments, on the real cluster."""
    company = found_company(sandbox)
    made = RealCompany(company, known, uuid.uuid4().hex[:4])
    for row in Cluster.objects.all():
        row.api_url, row.ca_pem, row.token = known.url, known.ca_pem, known.tokens["portal"]
        row.save()
        Placement.objects.filter(cluster=row).update(namespace_pattern=f"{{project}}-{row.name}-{made.run}")
    return made


def add_real_project(
    real: RealCompany,
    slug: str,
    language: str,
    *,
    replicas: int = 2,
    environments: tuple[str, ...] = ENVIRONMENTS,
    change: Callable[[Obj], None] = lambda deployment: None,
) -> None:
    """A demo repository as a project, its baseline running everywhere and adopted; `change` edits its Deployments."""
    company = real.company
    servers = {kind: company.servers[kind] for kind in ("gitlab", "jenkins", "registry")}
    project = make_project(slug, language=language, gitlab_path=f"shop/{slug}", **servers)
    company.projects[slug] = project
    for row in (company.environments[name] for name in environments):
        use(project, row)
        for who, role in (("developer", "developer"), ("tester", "tester"), ("ops", "ops"), ("ops2", "ops")):
            grant(company.people[who], project, row, role)
    clusters = [cluster for name in environments for cluster in CLUSTERS[name]]
    asyncio.run(_run_baseline(real, slug, clusters, replicas, change))
    for cluster in clusters:
        real.wait_settled(slug, cluster, replicas)
    for name in environments:
        for cluster in CLUSTERS[name]:
            where = {"cluster": cluster, "deployment": slug, "container": "app"}
            adopt_workload(project, company.environments[name], **where, actor=company.actor("ops"))


async def _run_baseline(
    real: RealCompany, slug: str, clusters: list[str], replicas: int, change: Callable[[Obj], None]
) -> None:
    world = real.company.sandbox.world
    registry = images.Registry(world.registry_url, world.registry_user, world.registry_password)
    digest = await baseline.push_baseline(registry, f"shop/{slug}")
    image = f"{world.registry_host}/shop/{slug}:{baseline.BASELINE_TAG}@{digest}"
    wanted = [baseline.deployment(slug, real.namespace(slug, cluster), image, replicas) for cluster in clusters]
    for deployment in wanted:
        change(deployment)
    known = real.known
    await baseline.apply(baseline.ClusterAccess(known.url, known.ca_pem, known.tokens["admin"]), wanted)
