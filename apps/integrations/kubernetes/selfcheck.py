"""The connection test of a cluster (E3): from its name to a command run in a pod, each line with what to fix.

Must not: change anything in the cluster; `true` in a running container and a dry run are the most it does.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import aiohttp

from apps.common.errors import Rejected
from apps.integrations.checklist import Check, Checklist, Tell, resolve
from apps.integrations.kubernetes.paths import CLUSTER_WIDE, path_of
from apps.integrations.kubernetes.types import FIELD_MANAGER, Json

if TYPE_CHECKING:
    from apps.integrations.kubernetes.client import Kubernetes

# verb, resource, API group: what live state, releases, configuration, access and the emergency terminal need; the whole
# role is docs/kubernetes-role.yaml.
RIGHTS = (
    ("get", "deployments", "apps"),
    ("list", "deployments", "apps"),
    ("watch", "deployments", "apps"),
    ("patch", "deployments", "apps"),
    ("list", "pods", ""),
    ("watch", "pods", ""),
    ("patch", "pods", ""),
    ("delete", "pods", ""),
    ("get", "pods/log", ""),
    ("get", "pods/exec", ""),
    ("list", "replicasets", "apps"),
    ("list", "nodes", ""),
    *(("patch", resource, "") for resource in ("services", "configmaps", "secrets", "resourcequotas")),
    ("patch", "horizontalpodautoscalers", "autoscaling"),
    ("patch", "poddisruptionbudgets", "policy"),
    ("patch", "ingresses", "networking.k8s.io"),
    ("patch", "cronjobs", "batch"),
    ("create", "jobs", "batch"),
    ("create", "namespaces", ""),
    ("delete", "namespaces", ""),
)
STATUS_CHANNEL = 3
PODS_LOOKED_AT = 50


async def run_checks(cluster: Kubernetes, namespace: str, *, with_exec: bool, tell: Tell) -> list[Check]:
    """All checks, in the order in which one builds on the other."""
    found = Checklist(tell)
    await found.attempt("address", resolve(cluster.http.base, cluster.http.about("address")), foundation=True)
    version = await found.attempt("tls", _version(cluster), foundation=True)
    if version is not None:
        found.note(version=version)
    user = await found.attempt("token", cluster.who_am_i(), foundation=True)
    if user is not None:
        found.note(user=user)
    uid = await found.attempt("cluster_uid", cluster.get_namespace_uid())
    if uid is not None:
        found.note(uid=uid)
    for verb, resource, group in RIGHTS:
        await found.attempt(f"right:{verb} {resource}", _require(cluster, verb, resource, group, namespace))
    await _check_dry_run(cluster, found, namespace)
    if with_exec:
        await _check_exec(cluster, found, namespace)
    return found.checks


async def probe_exec(cluster: Kubernetes, namespace: str, pod: str, container: str) -> str:
    """Run `true`; a container without that program proves the way there just as well."""
    what = f"exec in {namespace}/{pod}"
    query = [("command", "true"), ("container", container), ("stdout", "true"), ("stderr", "true")]
    path = path_of("pods", namespace, pod, "exec")
    async with cluster.http.websocket(path, what=what, query=query, protocols=("v5.channel.k8s.io",)) as socket:
        status = await _status_frame(socket, cluster.http.timeout)
    said = cluster.http.quote(str(status.get("message", "")))
    if status.get("status") == "Success" or status.get("reason") == "NonZeroExitCode" or "executable file" in said:
        return said
    raise Rejected("kubernetes.exec_failed", said=said, **cluster.http.about(what))


async def _status_frame(socket: aiohttp.ClientWebSocketResponse, seconds: float) -> dict[str, Any]:
    """The Status of channel 3; {} when the stream ended without one."""
    while True:
        message = await socket.receive(seconds)
        if message.type not in (aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT):
            return {}
        frame = message.data if isinstance(message.data, bytes) else str(message.data).encode()
        if frame[:1] == bytes([STATUS_CHANNEL]) and len(frame) > 1:
            try:
                status = json.loads(frame[1:])
            except ValueError:
                return {}
            return status if isinstance(status, dict) else {}


async def _version(cluster: Kubernetes) -> str:
    answer = await cluster.http.request("GET", "/version", what="version")
    return answer.read(lambda raw: str(raw["gitVersion"]))


async def _require(cluster: Kubernetes, verb: str, resource: str, group: str, namespace: str) -> None:
    where = "" if resource in CLUSTER_WIDE else namespace
    if not await cluster.can_i(verb, resource, group=group, namespace=where):
        about = cluster.http.about(f"right to {verb} {resource}")
        raise Rejected(
            "kubernetes.forbidden",
            verb=verb,
            resource=resource,
            namespace=where,
            field="token",
            object="",
            said="",
            **about,
        )


async def _check_dry_run(cluster: Kubernetes, found: Checklist, namespace: str) -> None:
    """A patch that changes nothing, as a dry run, on whatever Deployment there is."""
    listed = await found.attempt("list", cluster.list_objects("deployments", namespace or None, limit=1))
    if listed is None:
        found.skip("dry_run", "check.skipped_after", after="list")
    elif not listed.items:
        found.skip("dry_run", "kubernetes.no_deployment_to_try")
    else:
        await found.attempt("dry_run", _dry_run(cluster, listed.items[0]))


async def _dry_run(cluster: Kubernetes, deployment: Json) -> None:
    meta = deployment["metadata"]
    await cluster.http.request(
        "PATCH",
        path_of("deployments", meta["namespace"], meta["name"]),
        query={"fieldManager": FIELD_MANAGER, "dryRun": "All"},
        json_body={"metadata": {"labels": meta.get("labels") or {}}},
        headers={"Content-Type": "application/strategic-merge-patch+json"},
        what=f"dry run on {meta['namespace']}/{meta['name']}",
    )


async def _check_exec(cluster: Kubernetes, found: Checklist, namespace: str) -> None:
    if any(check.name == "token" and check.outcome != "passed" for check in found.checks):
        found.skip("exec", "check.skipped_after", after="token")
        return
    pods = await found.attempt("pods", cluster.list_objects("pods", namespace or None, limit=PODS_LOOKED_AT))
    if pods is None:
        found.skip("exec", "check.skipped_after", after="pods")
        return
    for pod in pods.items:
        running = [c for c in pod.get("status", {}).get("containerStatuses") or [] if "running" in c.get("state", {})]
        if running and not pod["metadata"].get("deletionTimestamp"):
            where = pod["metadata"]["namespace"], pod["metadata"]["name"], str(running[0]["name"])
            await found.attempt("exec", cluster.probe_exec(*where))
            found.note(pod=f"{where[0]}/{where[1]}")
            return
    found.skip("exec", "kubernetes.no_running_pod")
