"""Where each kind of object lives in the API. Must not: know more kinds than the portal uses."""

from __future__ import annotations

from apps.integrations.answers import segment

GROUPS = {
    "pods": "/api/v1",
    "services": "/api/v1",
    "events": "/api/v1",
    "configmaps": "/api/v1",
    "namespaces": "/api/v1",
    "nodes": "/api/v1",
    "resourcequotas": "/api/v1",
    "deployments": "/apis/apps/v1",
    "replicasets": "/apis/apps/v1",
    "horizontalpodautoscalers": "/apis/autoscaling/v2",
    "poddisruptionbudgets": "/apis/policy/v1",
    "ingresses": "/apis/networking.k8s.io/v1",
}


def path_of(kind: str, namespace: str | None = None, name: str = "", subresource: str = "") -> str:
    """The path of a collection, an object or its subresource; `kind` is the plural."""
    path = GROUPS[kind]
    if namespace:
        path += f"/namespaces/{segment(namespace)}"
    path += f"/{kind}"
    if name:
        path += f"/{segment(name)}"
    return f"{path}/{subresource}" if subresource else path
