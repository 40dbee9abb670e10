"""Where each kind of object lives in the API. Must not: know more kinds than the portal uses."""

from __future__ import annotations

from apps.integrations.answers import segment
from apps.integrations.kubernetes.types import Json

# plural → (apiVersion, kind)
KINDS = {
    "pods": ("v1", "Pod"),
    "services": ("v1", "Service"),
    "events": ("v1", "Event"),
    "configmaps": ("v1", "ConfigMap"),
    "secrets": ("v1", "Secret"),
    "namespaces": ("v1", "Namespace"),
    "nodes": ("v1", "Node"),
    "resourcequotas": ("v1", "ResourceQuota"),
    "persistentvolumeclaims": ("v1", "PersistentVolumeClaim"),
    "deployments": ("apps/v1", "Deployment"),
    "replicasets": ("apps/v1", "ReplicaSet"),
    "statefulsets": ("apps/v1", "StatefulSet"),
    "daemonsets": ("apps/v1", "DaemonSet"),
    "jobs": ("batch/v1", "Job"),
    "cronjobs": ("batch/v1", "CronJob"),
    "horizontalpodautoscalers": ("autoscaling/v2", "HorizontalPodAutoscaler"),
    "poddisruptionbudgets": ("policy/v1", "PodDisruptionBudget"),
    "ingresses": ("networking.k8s.io/v1", "Ingress"),
}
CLUSTER_WIDE = frozenset({"namespaces", "nodes"})
_PLURALS = {kind: plural for plural, kind in KINDS.items()}


def path_of(kind: str, namespace: str | None = None, name: str = "", subresource: str = "") -> str:
    """The path of a collection, an object or its subresource; `kind` is the plural."""
    version = KINDS[kind][0]
    path = f"/apis/{version}" if "/" in version else f"/api/{version}"
    if namespace:
        path += f"/namespaces/{segment(namespace)}"
    path += f"/{kind}"
    if name:
        path += f"/{segment(name)}"
    return f"{path}/{subresource}" if subresource else path


def plural_of(obj: Json) -> str:
    """The plural of an object's apiVersion and kind. ValueError for a kind that the portal does not write."""
    found = _PLURALS.get((str(obj.get("apiVersion")), str(obj.get("kind"))))
    if found is None:
        raise ValueError(f"no such kind here: {obj.get('apiVersion')} {obj.get('kind')}")
    return found
