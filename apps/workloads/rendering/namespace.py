"""Namespace and ResourceQuota of a placement, which no single workload owns.

Must not: know a project's members or what already lies in the namespace.
"""

from __future__ import annotations

from dataclasses import dataclass

from apps.workloads.rendering.measures import cpu_text, memory_text
from apps.workloads.rendering.subject import MANAGED_BY, Json

QUOTA_NAME = "opsportal"


@dataclass(frozen=True)
class Quota:
    """What a namespace may use: cores and memory as Kubernetes quantities ("": no bound), number of pods."""

    cpu: str = ""
    memory: str = ""
    pods: int | None = None


def namespace_objects(namespace: str, quota: Quota | None) -> list[Json]:
    """The Namespace and, where something is bounded, its ResourceQuota."""
    ours = {MANAGED_BY: "opsportal"}
    found: list[Json] = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "labels": ours}}]
    hard = _hard(quota) if quota else {}
    if hard:
        about = {"name": QUOTA_NAME, "namespace": namespace, "labels": dict(ours)}
        found.append({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": about, "spec": {"hard": hard}})
    return found


def _hard(quota: Quota) -> dict[str, str]:
    """CPU is bounded by requests, for limits are overcommitted on purpose (W9); memory by limits, which requests obey."""
    hard = {}
    if quota.cpu:
        hard["requests.cpu"] = cpu_text(quota.cpu)
    if quota.memory:
        hard["limits.memory"] = memory_text(quota.memory)
    if quota.pods is not None:
        hard["pods"] = str(quota.pods)
    return hard
