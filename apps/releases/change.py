"""The exact change a ticket would make, per target: what fingerprints and previews are made of (D17, R9).

Must not: change anything; every patch here is a server-side dry run.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings

from apps.common.errors import Conflict, IntegrationError, NotFound
from apps.integrations.clients import get_kubernetes
from apps.integrations.loop import run_many
from apps.releases.models import Release, Rollout
from apps.releases.targets import (
    DEPLOYMENT_MISSING,
    image_reference,
    planned_workloads,
    pre_rollout_for,
    targets_changed,
)
from apps.tickets.models import Ticket
from apps.tickets.outcomes import Failed
from apps.workloads.configuring.live import is_made_for
from apps.workloads.configuring.making import (
    deployment_of,
    gives_deployment,
    in_force_for,
)
from apps.workloads.models import ConfigurationRevision, Workload
from apps.workloads.observe import container_image

Json = dict[str, Any]
DRY_KEY = "preview"


def change_content(kind: str, release: Release, workloads: list[Workload]) -> Json:
    """D17's content: kind, digest and per target cluster uid, namespace, Deployment uid, container, wave, from → to.

    A Deployment that would be made, and a pre-rollout Job, are there by the revision of the configuration they come
    from. Raises the first cluster's IntegrationError: an approval is never bound to a change nobody could read. A roll
    back to where nothing runs is a Conflict, and so is a Deployment that is somebody else's.
    """
    in_force = in_force_for(workloads)
    targets = []
    for workload, found in zip(workloads, read_deployments(workloads, in_force), strict=True):
        if isinstance(found, IntegrationError):
            raise found
        if found is None and kind == "roll_back":
            raise Conflict("rollback.nothing_runs", **where(workload))
        if found is not None and is_name_taken(workload, found):
            raise Conflict("workload.name_taken", **where(workload))
        given = _by_configuration(kind, found, in_force.get(workload.pk))
        targets.append(_target(workload, release, found) | given)
    return {"kind": kind, "digest": release.digest, "targets": targets}


def read_deployments(
    workloads: list[Workload], in_force: dict[int, ConfigurationRevision]
) -> list[Json | IntegrationError | None]:
    """Each Deployment, None for one that a release would make from its configuration in force, or why it is unknown."""
    found: list[Json | IntegrationError | None] = []
    read = run_many([_read(w) for w in workloads], settings.CONFIG.outside_timeout)
    for workload, answer in zip(workloads, read, strict=True):
        found.append(None if will_be_made(answer, in_force.get(workload.pk)) else answer)
    return found


def will_be_made(answer: Any, revision: ConfigurationRevision | None) -> bool:
    """Whether that answer of a cluster means a Deployment that the configuration in force gives."""
    is_missing = isinstance(answer, NotFound) and answer.code == DEPLOYMENT_MISSING
    return is_missing and revision is not None and gives_deployment(revision)


def is_name_taken(workload: Workload, deployment: Json) -> bool:
    """Whether the first release would find a Deployment that somebody else made under the workload's name."""
    return not workload.deployment_uid and not is_made_for(workload.project_environment, deployment)


def where(workload: Workload) -> Json:
    """Where a Deployment is missing or taken, for a sentence."""
    return {
        "deployment": workload.deployment,
        "namespace": workload.namespace,
        "cluster": workload.placement.cluster.name,
    }


async def _read(workload: Workload) -> Json:
    return await get_kubernetes(workload.placement.cluster).get_deployment(workload.namespace, workload.deployment)


def _target(workload: Workload, release: Release, deployment: Json | None) -> Json:
    cluster = workload.placement.cluster
    return {
        "cluster": cluster.name,
        "cluster_uid": cluster.uid,
        "namespace": workload.namespace,
        "deployment": workload.deployment,
        "deployment_uid": deployment["metadata"]["uid"] if deployment else "",
        "container": workload.container,
        "wave": workload.placement.wave,
        "from": container_image(deployment or {}, workload.container),
        "to": image_reference(release, workload),
    }


def _by_configuration(kind: str, deployment: Json | None, revision: ConfigurationRevision | None) -> Json:
    """What a target gets beside its image; nothing where there is a Deployment and no Job."""
    found: Json = {}
    if deployment is None and revision is not None:
        found["made_from_revision"] = revision.number
    pre_rollout = pre_rollout_for(kind, revision)
    if pre_rollout is not None:
        found["pre_rollout"] = pre_rollout
    return found


def moved_target(ticket: Ticket) -> Failed | None:
    """The first unfinished target that shows neither the approved `from` nor the approved `to` now (D17).

    What it gets from its configuration is as it was: once another ticket has begun there, this one is not retried.
    """
    content = ticket.fingerprint_content or {}
    approved = {(t["cluster"], t["namespace"], t["deployment"], t["container"]): t for t in content.get("targets", [])}
    finished = set(
        Rollout.objects.filter(ticket=ticket, result=Rollout.Result.SUCCEEDED).values_list("workload", flat=True)
    )
    unfinished = [w for w in planned_workloads(ticket) if w.pk not in finished]
    read = read_deployments(unfinished, in_force_for(unfinished))
    for workload, deployment in zip(unfinished, read, strict=True):
        if isinstance(deployment, IntegrationError):
            raise deployment
        cluster = workload.placement.cluster.name
        target = approved.get((cluster, workload.namespace, workload.deployment, workload.container))
        if target is None:
            raise targets_changed(ticket)
        if deployment is None and target["from"]:
            return Failed("workload.gone", {"deployment": workload.deployment, "cluster": cluster})
        image = container_image(deployment or {}, workload.container)
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
        key=DRY_KEY,
        dry_run=True,
        seen=before,
    )
    return {"before": before, "after": after}


async def _dry_make(workload: Workload, wanted: Json) -> Json:
    client = get_kubernetes(workload.placement.cluster)
    return {"before": None, "after": (await client.apply(wanted, key=DRY_KEY, dry_run=True)).object}


def dry_run_changes(kind: str, release: Release, workloads: list[Workload]) -> list[Json]:
    """Per target: the image line before and after as the cluster itself would store it (R9).

    A target that says no has `refused`, one that could not be asked `not_checked` (law 4); `will_be_made`: there is no
    Deployment yet. `pre_rollout` is the command that runs before, if any.
    """
    in_force = in_force_for(workloads)
    images = {w.pk: image_reference(release, w) for w in workloads}
    timeout = settings.CONFIG.outside_timeout * 2
    found = dict(
        zip([w.pk for w in workloads], run_many([_dry_run(w, images[w.pk]) for w in workloads], timeout), strict=True)
    )
    missing = [w for w in workloads if will_be_made(found[w.pk], in_force.get(w.pk))]
    tries = [_dry_make(w, deployment_of(w, in_force[w.pk], images[w.pk])) for w in missing]
    found |= dict(zip([w.pk for w in missing], run_many(tries, timeout), strict=True))
    return [_change(w, found[w.pk], row_of(kind, w, in_force.get(w.pk))) for w in workloads]


def _change(workload: Workload, result: Any, row: Json) -> Json:
    if isinstance(result, IntegrationError):
        row["not_checked" if result.retryable else "refused"] = result.as_reason()
        return row
    before, after = result["before"], result["after"]
    if before is not None and is_name_taken(workload, before):
        row["refused"] = {"code": "workload.name_taken", "params": where(workload)}
        return row
    return row | {
        "from": container_image(before or {}, workload.container),
        "to": container_image(after, workload.container),
        "replicas": (before or after)["spec"].get("replicas", 1),
        "changed_fields": changed_paths(before["spec"], after["spec"], "spec") if before else [],
        "will_be_made": before is None,
    }


def row_of(kind: str, workload: Workload, revision: ConfigurationRevision | None) -> Json:
    """What a preview says of a target before any cluster is asked."""
    return {
        "cluster": workload.placement.cluster.name,
        "namespace": workload.namespace,
        "deployment": workload.deployment,
        "container": workload.container,
        "wave": workload.placement.wave,
        "will_be_made": False,
        "pre_rollout": pre_rollout_for(kind, revision),
    }


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
