"""The outside world before the portal: every demo project's baseline image pushed and running in its clusters.

Must not: touch a Deployment that exists; after the first start it may run what the portal brought there.
"""

from __future__ import annotations

from apps.sandbox.images import Registry
from apps.sandbox.seed import baseline
from apps.sandbox.seed.plan import PROJECTS, ProjectPlan, places_of
from apps.sandbox.world import World

START_SECONDS = 1.0


def addresses(world: World) -> dict[str, baseline.ClusterAccess]:
    """Every cluster by name, as its administrator."""
    return {
        spec.name: baseline.ClusterAccess(f"https://127.0.0.1:{spec.address.port}", spec.ca_pem, spec.admin_token)
        for spec in world.clusters
    }


def targets_of(project: ProjectPlan) -> list[tuple[str, str]]:
    """Where a project runs: (environment, cluster)."""
    return [(environment, place.cluster) for environment in project.environments for place in places_of(environment)]


async def fill(world: World) -> int:
    """Push and apply what is missing; how many Deployments were made."""
    registry = Registry(world.registry_url, world.registry_user, world.registry_password)
    clusters = addresses(world)
    made = 0
    for project in PROJECTS:
        wanted: dict[str, list[str]] = {}
        for environment, cluster in targets_of(project):
            wanted.setdefault(cluster, []).append(environment)
        image = ""
        for cluster, namespaces in wanted.items():
            plain = [baseline.deployment(project.slug, n, "", project.replicas) for n in namespaces]
            absent = await baseline.missing(clusters[cluster], plain)
            if absent and not image:
                digest = await baseline.push_baseline(registry, project.repository, start_seconds=START_SECONDS)
                image = f"{world.registry_host}/{project.repository}:{baseline.BASELINE_TAG}@{digest}"
            fresh = [
                baseline.deployment(project.slug, obj["metadata"]["namespace"], image, project.replicas)
                for obj in absent
            ]
            await baseline.apply(clusters[cluster], fresh)
            made += len(fresh)
    return made
