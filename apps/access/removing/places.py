"""Taking a project out of its clusters: the objects the portal made for it, then the namespaces made for it.

Every object goes by its uid. A namespace in which anybody else has anything stays. Must not: stop what runs.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from django.conf import settings

from apps.access.models import Provision
from apps.access.provisioning.contents import read_contents
from apps.access.provisioning.rows import deadline, send
from apps.access.removing.rows import Reason, gone, kept, row_of
from apps.access.removing.running import read_running, still_running
from apps.integrations.clients import get_kubernetes
from apps.integrations.kubernetes.client import Kubernetes
from apps.integrations.kubernetes.ownership import is_same_step, step_key
from apps.integrations.kubernetes.paths import plural_of
from apps.integrations.loop import run
from apps.integrations.models import Cluster
from apps.projects.models import Placement, Project, ProjectEnvironment
from apps.tickets import registry
from apps.tickets.outcomes import Done, Failed, Outcome, Waiting
from apps.tickets.visit import Visit
from apps.workloads.configuring.live import OUR_KINDS, object_name
from apps.workloads.rendering.namespace import QUOTA_NAME
from apps.workloads.rendering.subject import PART_OF

RECHECK = 1.0
OF_A_PROJECT = [*OUR_KINDS, "jobs"]  # a pre-rollout Job is kept for a while after its run
Json = dict[str, Any]


@registry.step("remove_workloads", writes=True)
def remove_workloads(visit: Visit) -> Outcome:
    """No object is left that the portal made for this project; `access.still_running` while one of them runs."""
    cluster = Cluster.objects.get(pk=visit.params["cluster_id"])
    project, client, namespaces = visit.ticket.project, get_kubernetes(cluster), visit.params["namespaces"]
    running = read_running(project, cluster, namespaces)
    if running:
        return Failed("access.still_running", still_running(project, cluster, running))
    found = run(_read_ours(client, namespaces, project.slug), deadline() * 5)
    known = list((visit.step.intent or {}).get("objects", []))
    objects = list(dict.fromkeys([*known, *(_called(one) for one in found)]))
    for one in found:
        send(visit, partial(_delete, client, one), deadline(), objects=objects)
    did = "removed" if objects else "gone"
    return Done({"what": "workloads", "link": "", "did": did, "cluster": cluster.name, "objects": objects})


async def _read_ours(client: Kubernetes, namespaces: list[str], project: str) -> list[Json]:
    found: list[Json] = []
    for namespace in namespaces:
        found += await client.list_ours(namespace, f"{PART_OF}={project}", OF_A_PROJECT)
    return found


async def _delete(client: Kubernetes, one: Json) -> bool:
    metadata = one["metadata"]
    return await client.delete_object(plural_of(one), metadata["namespace"], metadata["name"], uid=metadata["uid"])


def _called(one: Json) -> str:
    return f"{one['metadata']['namespace']}: {object_name(one)}"


@registry.step("remove_quota", writes=True)
def remove_quota(visit: Visit) -> Outcome:
    """The ResourceQuota we made is gone, or kept because others live under it."""
    row, begun = row_of(visit), visit.was_begun
    cluster = Cluster.objects.get(pk=visit.params["cluster_id"])
    name, client = str(row.address["namespace"]), get_kubernetes(cluster)
    found = run(client.find_object("resourcequotas", name, QUOTA_NAME), deadline())
    if found is None or not _is_the_one(found, row):
        return gone(visit, row, by_us=begun)
    reason = _tenants(cluster, name, visit.ticket.project)
    if reason is not None:
        return kept(visit, row, reason)
    uid = str(found["metadata"]["uid"])
    delete = partial(client.delete_object, "resourcequotas", name, QUOTA_NAME, uid=uid)
    was_there = send(visit, delete, deadline(), namespace=name, uid=uid)
    return gone(visit, row, by_us=was_there or begun)


@registry.step("remove_namespace", writes=True)
def remove_namespace(visit: Visit) -> Outcome:
    """The namespace we made is gone from the cluster, or kept because somebody else is in it."""
    row = row_of(visit)
    cluster = Cluster.objects.get(pk=visit.params["cluster_id"])
    name, client = str(row.address["namespace"]), get_kubernetes(cluster)
    found = run(client.find_object("namespaces", None, name), deadline())
    if found is None or not _is_the_one(found, row):
        return gone(visit, row, by_us=visit.was_begun)
    if found["metadata"].get("deletionTimestamp"):
        return _await_end(visit, cluster, name)
    project = visit.ticket.project
    reason = _tenants(cluster, name, project) or _inhabitants(client, cluster, name, project)
    if reason is not None:
        return kept(visit, row, reason)
    uid = str(found["metadata"]["uid"])
    send(visit, lambda: client.delete_object("namespaces", None, name, uid=uid), deadline(), namespace=name, uid=uid)
    return Waiting(RECHECK)


def _is_the_one(found: Json, row: Provision) -> bool:
    """By the uid we were told; of a call without an answer by its key."""
    uid = row.address.get("uid")
    return found["metadata"]["uid"] == uid if uid else is_same_step(step_key(found), row.key)


def _await_end(visit: Visit, cluster: Cluster, name: str) -> Outcome:
    seconds = settings.CONFIG.rollout_deadline_seconds
    if visit.age <= seconds:
        return Waiting(RECHECK)
    return Failed("access.namespace_stays", {"namespace": name, "cluster": cluster.name, "seconds": int(seconds)})


def _tenants(cluster: Cluster, namespace: str, project: Project) -> Reason | None:
    """Other projects that live there by their environments, whether anything of theirs runs or not."""
    found = set()
    for placement in Placement.objects.filter(cluster=cluster).select_related("environment"):
        pairs = ProjectEnvironment.objects.filter(
            environment=placement.environment_id, project__withdrawn_at=None, project__archived_at=None
        )
        others = pairs.exclude(project=project).select_related("project")
        found |= {pair.project.slug for pair in others if placement.namespace_for(pair.project) == namespace}
    if not found:
        return None
    params = {"namespace": namespace, "cluster": cluster.name, "projects": sorted(found)[:20]}
    return {"code": "access.kept_tenants", "params": params}


def _inhabitants(client: Kubernetes, cluster: Cluster, namespace: str, project: Project) -> Reason | None:
    contents = run(read_contents(client, namespace, project.slug), deadline() * 5)
    where = {"namespace": namespace, "cluster": cluster.name}
    if contents.foreign:
        return {"code": "access.kept_foreign", "params": {**where, "objects": contents.foreign}}
    if contents.unread:
        return {"code": "access.kept_unread", "params": {**where, "kinds": contents.unread}}
    return None
