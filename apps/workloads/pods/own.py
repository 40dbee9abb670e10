"""Whether a pod is a workload's: by the selector of its Deployment and by the chain of its owners, asked of the cluster.

Both are needed: labels can be written on any pod, and an owner that is the workload's may have let a pod go. Must not:
trust a name for longer than one look; an equal name may be another pod.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from apps.common.errors import Conflict
from apps.integrations.clients import get_kubernetes
from apps.integrations.kubernetes.client import Kubernetes
from apps.integrations.loop import run
from apps.workloads.models import Workload
from apps.workloads.selectors import Json, selects


@dataclass(frozen=True)
class OwnPod:
    """A pod that is the workload's, with the container that was asked for."""

    name: str
    uid: str
    container: str
    image: str


def assert_own_pod(workload: Workload, pod: str, *, uid: str = "", container: str = "") -> OwnPod:
    """The pod, asked of its cluster now (≤ 3 reads); `container` has to run in it, empty: none is looked at.

    Conflict `pod.gone`, `pod.replaced` (another one under that name), `pod.not_ours`, `pod.no_container`,
    `pod.container_not_running`; IntegrationError when the cluster cannot be asked.
    """
    client = get_kubernetes(workload.placement.cluster)  # read here: on the loop there are no queries
    return run(_look(client, workload, pod, uid, container), settings.CONFIG.outside_timeout * 2)


def controller_of(obj: Json, kind: str) -> Json | None:
    """The owner of that kind that controls the object; None without one."""
    owners = obj["metadata"].get("ownerReferences") or []
    return next((one for one in owners if one.get("controller") and one.get("kind") == kind), None)


async def _look(client: Kubernetes, workload: Workload, name: str, uid: str, container: str) -> OwnPod:
    about = _about(workload, name)
    pod = await client.find_object("pods", workload.namespace, name)
    if pod is None:
        raise Conflict("pod.gone", **about)
    found = str(pod["metadata"]["uid"])
    if uid and found != uid:
        raise Conflict("pod.replaced", **about)
    if not await _is_own(client, workload, pod):
        raise Conflict("pod.not_ours", **about)
    main = container or workload.container
    spec: Json = next((one for one in pod["spec"]["containers"] if one["name"] == main), {})
    if container:
        if not spec:
            raise Conflict("pod.no_container", container=container, **about)
        _assert_running(pod, container, about)
    return OwnPod(name, found, container, str(spec.get("image", "")))


async def _is_own(client: Kubernetes, workload: Workload, pod: Json) -> bool:
    owner = controller_of(pod, "ReplicaSet")
    if owner is None:
        return False
    deployment, replica_set = await asyncio.gather(
        client.find_object("deployments", workload.namespace, workload.deployment),
        client.find_object("replicasets", workload.namespace, str(owner["name"])),
    )
    if deployment is None or replica_set is None or replica_set["metadata"]["uid"] != owner["uid"]:
        return False
    above = controller_of(replica_set, "Deployment")
    chained = above is not None and above["uid"] == deployment["metadata"]["uid"]
    return chained and selects(deployment["spec"]["selector"], pod["metadata"].get("labels") or {})


def _assert_running(pod: Json, container: str, about: dict[str, Any]) -> None:
    statuses = pod.get("status", {}).get("containerStatuses") or []
    state: Json = next((one.get("state", {}) for one in statuses if one.get("name") == container), {})
    if "running" not in state:
        why = state.get("waiting") or state.get("terminated") or {}
        raise Conflict("pod.container_not_running", container=container, reason=why.get("reason", ""), **about)


def _about(workload: Workload, name: str) -> dict[str, Any]:
    return {"pod": name, "namespace": workload.namespace, "cluster": workload.placement.cluster.name}
