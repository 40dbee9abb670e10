"""Namespace and ResourceQuota of a placement, which no single workload owns.

Must not: know a project's members or what already lies in the namespace.
"""

from __future__ import annotations

from collections.abc import Mapping

from apps.workloads.rendering.subject import MANAGED_BY, Json

QUOTA_NAME = "opsportal"


def namespace_object(namespace: str) -> Json:
    """The Namespace."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "labels": _ours()}}


def quota_object(namespace: str, hard: Mapping[str, str]) -> Json:
    """Its ResourceQuota; `hard` as Kubernetes has it, with at least one name."""
    about = {"name": QUOTA_NAME, "namespace": namespace, "labels": _ours()}
    return {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": about, "spec": {"hard": dict(hard)}}


def _ours() -> dict[str, str]:
    return {MANAGED_BY: "opsportal"}
