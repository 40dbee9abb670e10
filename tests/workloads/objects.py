"""Raw Deployments and Pods as a cluster answers them, and rows for what was seen. Must not: talk to anything."""

from __future__ import annotations

from typing import Any

from apps.accounts.models import User
from apps.integrations.models import Cluster
from apps.projects.models import Environment, Project, ProjectEnvironment
from apps.workloads.models import ObservedDeployment, Workload
from apps.workloads.observe import Seen, see
from tests.support.factories import place

Json = dict[str, Any]
OLD, NEW = "sha256:" + "a" * 64, "sha256:" + "b" * 64
REPOSITORY = "registry.local/shop/book"
KEY = "opsportal.io/step-key"


def image(digest: str, tag: str = "t2") -> str:
    return f"{REPOSITORY}:{tag}@{digest}"


def pod(name: str, digest: str = NEW, **given: Any) -> Json:
    """A ready pod that runs the image; `image_id`, `ready`, `waiting`, `unscheduled`, `ending` say otherwise."""
    state: Json = {"running": {}}
    if given.get("waiting"):
        state = {"waiting": {"reason": given["waiting"], "message": given.get("message", "")}}
    status: Json = {
        "startTime": "2026-01-02T03:04:05Z",
        "conditions": [{"type": "Ready", "status": str(given.get("ready", True))}],
        "containerStatuses": [
            {
                "name": "app",
                "state": state,
                "restartCount": given.get("restarts", 0),
                "imageID": given.get("image_id", f"{REPOSITORY}@{digest}"),
            }
        ],
    }
    if given.get("unscheduled"):
        status["conditions"] += [
            {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": given["unscheduled"]}
        ]
        status["containerStatuses"] = []
    meta: Json = {"name": name, "namespace": "test", "labels": {"app": "book"}}
    if given.get("ending"):
        meta["deletionTimestamp"] = "2026-01-02T03:05:05Z"
    tag = "t1" if digest == OLD else "t2"
    return {
        "metadata": meta,
        "spec": {"containers": [{"name": "app", "image": image(digest, tag)}]},
        "status": status,
    }


def deployment(digest: str = NEW, *, replicas: int = 3, **given: Any) -> Json:
    """A Deployment that has arrived at generation 7, unless told otherwise."""
    counters = {
        "replicas": given.get("total", replicas),
        "updatedReplicas": given.get("updated", replicas),
        "readyReplicas": given.get("ready", replicas),
        "availableReplicas": given.get("available", replicas),
    }
    return {
        "metadata": {
            "name": "book",
            "namespace": "test",
            "uid": "u1",
            "resourceVersion": given.get("version", "11"),
            "generation": given.get("generation", 7),
            "annotations": {KEY: "k.1"},
        },
        "spec": {
            "replicas": replicas,
            "paused": given.get("paused", False),
            "selector": {"matchLabels": {"app": "book"}},
            "template": {"spec": {"containers": [{"name": "app", "image": given.get("image", image(digest))}]}},
        },
        # Kubernetes leaves zeros out.
        "status": {
            "observedGeneration": given.get("observed", 7),
            "conditions": given.get("conditions", []),
            **{name: number for name, number in counters.items() if number},
        },
    }


def seen(raw: Json, pods: list[Json]) -> Seen:
    return see(raw, pods, "app", KEY)


def make_workload(
    project: Project, environment: Environment, cluster: Cluster, name: str = "book", adopted_by: User | None = None
) -> Workload:
    """A workload row on a placement that is made if need be."""
    pair, _ = ProjectEnvironment.objects.get_or_create(project=project, environment=environment)
    placement = environment.placements.filter(cluster=cluster).first() or place(environment, cluster)
    return Workload.objects.create(
        project_environment=pair,
        placement=placement,
        name=name,
        namespace=environment.slug,
        deployment=name,
        container="app",
        deployment_uid="u1",
        adopted_by=adopted_by,
    )


def observe(workload: Workload, raw: Json, pods: list[Json]) -> ObservedDeployment:
    """The watcher's row for these objects."""
    return ObservedDeployment.objects.create(workload=workload, **ObservedDeployment.fields_of(seen(raw, pods)))
