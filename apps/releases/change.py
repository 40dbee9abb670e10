"""The exact change a ticket would make, per target: what fingerprints and previews are made of (D17, R9).

Must not: change anything; every patch here is a server-side dry run.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings

from apps.common.errors import IntegrationError
from apps.integrations.clients import get_kubernetes
from apps.integrations.loop import run_many
from apps.releases.models import Release, Rollout
from apps.releases.targets import image_reference, planned_workloads, targets_changed
from apps.tickets.models import Ticket
from apps.tickets.outcomes import Failed
from apps.workloads.models import Workload
from apps.workloads.observe import container_image

Json = dict[str, Any]


def change_content(kind: str, release: Release, workloads: list[Workload]) -> Json:
    """D17's content: kind, digest and per target cluster uid, namespace, Deployment uid, container, wave, from → to.

    Raises the first cluster's IntegrationError: an approval is never bound to a change nobody could read.
    """
    read = run_many([_read(w) for w in workloads], settings.CONFIG.outside_timeout)
    targets = []
    for workload, deployment in zip(workloads, read, strict=True):
        if isinstance(deployment, IntegrationError):
            raise deployment
        targets.append(_target(workload, release, deployment))
    return {"kind": kind, "digest": release.digest, "targets": targets}


async def _read(workload: Workload) -> Json:
    return await get_kubernetes(workload.placement.cluster).get_deployment(workload.namespace, workload.deployment)


def _target(workload: Workload, release: Release, deployment: Json) -> Json:
    cluster = workload.placement.cluster
    return {
        "cluster": cluster.name,
        "cluster_uid": cluster.uid,
        "namespace": workload.namespace,
        "deployment": workload.deployment,
        "deployment_uid": deployment["metadata"]["uid"],
        "container": workload.container,
        "wave": workload.placement.wave,
        "from": container_image(deployment, workload.container),
        "to": image_reference(release, workload),
    }


def moved_target(ticket: Ticket) -> Failed | None:
    """The first unfinished target that shows neither the approved `from` nor the approved `to` now (D17)."""
    content = ticket.fingerprint_content or {}
    approved = {(t["cluster"], t["namespace"], t["deployment"], t["container"]): t for t in content.get("targets", [])}
    finished = set(
        Rollout.objects.filter(ticket=ticket, result=Rollout.Result.SUCCEEDED).values_list("workload", flat=True)
    )
    unfinished = [w for w in planned_workloads(ticket) if w.pk not in finished]
    read = run_many([_read(w) for w in unfinished], settings.CONFIG.outside_timeout)
    for workload, deployment in zip(unfinished, read, strict=True):
        if isinstance(deployment, IntegrationError):
            raise deployment
        cluster = workload.placement.cluster.name
        target = approved.get((cluster, workload.namespace, workload.deployment, workload.container))
        if target is None:
            raise targets_changed(ticket)
        image = container_image(deployment, workload.container)
        if image not in (target["from"], target["to"]):
            return Failed("rollout.target_moved", {"cluster": cluster, "image": image})
    return None


async def _dry_run(workload: Workload, image: str) -> Json:
    client = get_kubernetes(workload.placement.cluster)
    before = await client.get_deployment(workload.namespace, workload.deployment)
    after = await client.patch_image(
        workload.namespace,
        workload.deployment,
        workload.container,
        image,
        resource_version=before["metadata"]["resourceVersion"],
        key="preview",
        dry_run=True,
        seen=before,
    )
    return {"before": before, "after": after}


def dry_run_changes(release: Release, workloads: list[Workload]) -> list[Json]:
    """Per target: the image line before and after as the cluster itself would store it (R9).

    A target that says no has `refused`, one that could not be asked `not_checked` (law 4).
    """
    works = [_dry_run(w, image_reference(release, w)) for w in workloads]
    found = run_many(works, settings.CONFIG.outside_timeout * 2)
    changes = []
    for workload, result in zip(workloads, found, strict=True):
        row: Json = {
            "cluster": workload.placement.cluster.name,
            "namespace": workload.namespace,
            "deployment": workload.deployment,
            "container": workload.container,
            "wave": workload.placement.wave,
        }
        if isinstance(result, IntegrationError):
            row["not_checked" if result.retryable else "refused"] = result.as_reason()
        else:
            before, after = result["before"], result["after"]
            row |= {
                "from": container_image(before, workload.container),
                "to": container_image(after, workload.container),
                "replicas": before["spec"].get("replicas", 1),
                "changed_fields": changed_paths(before["spec"], after["spec"], "spec"),
            }
        changes.append(row)
    return changes


def changed_paths(before: Any, after: Any, path: str) -> list[str]:
    """Paths under `path` that differ; containers are named, not numbered."""
    if before == after:
        return []
    if isinstance(before, dict) and isinstance(after, dict):
        found = []
        for key in sorted({*before, *after}):
            found += changed_paths(before.get(key), after.get(key), f"{path}.{key}")
        return found
    if _named(before) and _named(after):
        olds, news = {c["name"]: c for c in before}, {c["name"]: c for c in after}
        found = []
        for name in sorted({*olds, *news}):
            found += changed_paths(olds.get(name), news.get(name), f"{path}[{name}]")
        return found
    return [path]


def _named(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(v, dict) and "name" in v for v in value)
