"""What of a project still runs, and where it lives: what stands in the way of archiving it.

Reads only. Must not: take a cluster that does not answer for an empty one.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from apps.access.models import Provision
from apps.access.provisioning.places import placements_of, places_from
from apps.access.provisioning.rows import REMOVAL, deadline
from apps.common.errors import Conflict
from apps.integrations.clients import get_kubernetes
from apps.integrations.kubernetes.client import Kubernetes
from apps.integrations.kubernetes.ownership import is_ours
from apps.integrations.loop import run
from apps.integrations.models import Cluster
from apps.projects.models import Project
from apps.tickets.models import Ticket
from apps.tickets.transitions import OPEN
from apps.workloads.models import Workload
from apps.workloads.rendering.subject import PART_OF

MOST_TOLD = 20
Json = dict[str, Any]


def places_of(project: Project) -> dict[int, list[str]]:
    """Namespaces by cluster's id: of its placements, of its workloads, and those set up for it."""
    found: dict[int, set[str]] = defaultdict(set)
    for place in places_from(project.slug, placements_of(project)):
        found[place.cluster.pk].add(place.namespace)
    for workload in Workload.objects.filter(project_environment__project=project).select_related("placement"):
        found[workload.placement.cluster_id].add(workload.namespace)
    rows = Provision.objects.filter(project=project, what=Provision.What.NAMESPACE, removed_at=None)
    for row in rows.exclude(confirmed_at=None):
        found[int(row.system.partition(":")[2])].add(row.target)
    return {cluster_id: sorted(names) for cluster_id, names in sorted(found.items())}


def assert_removable(project: Project) -> None:
    """Conflict `access.tickets_open` or `access.still_running`; calls every cluster the project has a place on."""
    assert_nothing_open(project)
    if project.stage != Project.Stage.ACTIVE:
        return
    places = places_of(project)
    for cluster in Cluster.objects.filter(pk__in=places).order_by("name"):
        running = read_running(project, cluster, places[cluster.pk])
        if running:
            raise Conflict("access.still_running", **still_running(project, cluster, running))


def assert_nothing_open(project: Project) -> None:
    """Conflict `access.tickets_open` while anything else is under way for the project."""
    others = Ticket.objects.filter(project=project, status__in=OPEN).exclude(kind=REMOVAL).order_by("pk")
    ids = list(others.values_list("pk", flat=True)[:MOST_TOLD])
    if ids:
        raise Conflict("access.tickets_open", project=project.slug, tickets=ids)


def read_running(project: Project, cluster: Cluster, namespaces: list[str]) -> list[str]:
    """What of the project runs there: `Deployment namespace/name` that asks for pods, `CronJob …` (see `_is_running`)."""
    known = Workload.objects.filter(project_environment__project=project, placement__cluster=cluster)
    adopted = set(known.values_list("namespace", "deployment"))
    return run(_running(get_kubernetes(cluster), namespaces, project.slug, adopted), deadline() * 3)


async def _running(client: Kubernetes, namespaces: list[str], project: str, adopted: set[tuple[str, str]]) -> list[str]:
    found = []
    for namespace in namespaces:
        for item in (await client.list_objects("deployments", namespace)).items:
            name = item["metadata"]["name"]
            if ((namespace, name) in adopted or _is_of(item, project)) and int(item["spec"].get("replicas", 1)) > 0:
                found.append(f"Deployment {namespace}/{name}")
        for item in (await client.list_objects("cronjobs", namespace)).items:
            if _is_of(item, project) and _is_running(item):
                found.append(f"CronJob {namespace}/{item['metadata']['name']}")
    return found


def _is_of(item: Json, project: str) -> bool:
    return (item["metadata"].get("labels") or {}).get(PART_OF) == project


def _is_running(cron: Json) -> bool:
    """A run of it is under way. Between two runs ours goes with the other objects, for the portal knows no other way to
    stop it; one that is not ours would stay and go on."""
    if (cron.get("status") or {}).get("active"):
        return True
    return not is_ours(cron) and cron["spec"].get("suspend") is not True


def still_running(project: Project, cluster: Cluster, running: list[str]) -> Json:
    """The params of `access.still_running`."""
    return {"project": project.slug, "cluster": cluster.name, "running": running[:MOST_TOLD]}
