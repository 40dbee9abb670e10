"""What runs before the portal comes: a real image in the registry, namespaces and Deployments in the clusters (D21).

Speaks the registry's and Kubernetes' wire protocols only. Must not: import anything of the portal.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import aiohttp

from apps.sandbox.images import Registry, build_image, build_layer, push_image

BASELINE_TAG = "20260101-080000-u0"
CREATED = datetime(2026, 1, 1, tzinfo=UTC)
SECONDS = 20


@dataclass(frozen=True)
class ClusterAccess:
    """How to reach a cluster as its administrator."""

    url: str
    ca_pem: str
    token: str = field(repr=False)


async def push_baseline(registry: Registry, repository: str, *, start_seconds: float | None = None) -> str:
    """Push a small image as `repository:BASELINE_TAG`; its digest."""
    layer = build_layer({"app/README": f"{repository} before the portal\n".encode()}, "COPY . /app", CREATED)
    labels = {"org.opencontainers.image.version": BASELINE_TAG}
    if start_seconds is not None:
        labels["sandbox.start-seconds"] = str(start_seconds)
    image = build_image([layer], labels=labels, created=CREATED, command=["/app/run"])
    return await push_image(registry, repository, BASELINE_TAG, image)


def deployment(name: str, namespace: str, image: str, replicas: int) -> dict[str, Any]:
    """A plain Deployment with one container named `app`."""
    labels = {"app": name}
    container = {
        "name": "app",
        "image": image,
        "ports": [{"containerPort": 8080}],
        "env": [{"name": "TZ", "value": "Asia/Shanghai"}],
        "readinessProbe": {"httpGet": {"path": "/healthz", "port": 8080}, "timeoutSeconds": 3, "failureThreshold": 3},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {
            "replicas": replicas,
            "progressDeadlineSeconds": 60,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }


async def apply(cluster: ClusterAccess, objects: list[dict[str, Any]]) -> None:
    """Create or update by server-side apply (manager `baseline`), namespaces first."""
    async with _session(cluster, {"Content-Type": "application/apply-patch+yaml"}) as session:
        for namespace in sorted({o["metadata"]["namespace"] for o in objects}):
            body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
            await _apply_one(session, f"{cluster.url}/api/v1/namespaces/{namespace}", body)
        for obj in objects:
            await _apply_one(session, cluster.url + _path(obj), obj)


def _session(cluster: ClusterAccess, headers: dict[str, str]) -> aiohttp.ClientSession:
    tls = ssl.create_default_context(cadata=cluster.ca_pem)
    return aiohttp.ClientSession(
        headers={"Authorization": f"Bearer {cluster.token}", **headers},
        timeout=aiohttp.ClientTimeout(total=SECONDS),
        connector=aiohttp.TCPConnector(ssl=tls),
    )


def _path(obj: dict[str, Any]) -> str:
    meta = obj["metadata"]
    return f"/apis/apps/v1/namespaces/{meta['namespace']}/deployments/{meta['name']}"


async def _apply_one(session: aiohttp.ClientSession, url: str, body: dict[str, Any]) -> None:
    async with session.patch(url, params={"fieldManager": "baseline", "force": "true"}, json=body) as answer:
        if answer.status >= 300:
            raise RuntimeError(f"{url} answered {answer.status}: {(await answer.text())[:300]}")


async def missing(cluster: ClusterAccess, objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those Deployments that are not in the cluster yet; one that is there may run a newer image and stays."""
    async with _session(cluster, {}) as session:
        return [obj for obj in objects if not await _exists(session, cluster.url + _path(obj))]


async def _exists(session: aiohttp.ClientSession, url: str) -> bool:
    async with session.get(url) as answer:
        if answer.status not in (200, 404):
            raise RuntimeError(f"{url} answered {answer.status}: {(await answer.text())[:300]}")
        return answer.status == 200
