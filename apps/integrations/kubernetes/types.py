"""Kubernetes' frame in our own words; objects themselves stay raw JSON. Must not: hold behaviour."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

FIELD_MANAGER = "opsportal-image"
CONFIG_MANAGER = "opsportal-config"
STEP_KEY = "opsportal.io/step-key"
# Not the same annotation: a Deployment's image and its configuration have two managers, and each owns its own key.
CONFIG_KEY = "opsportal.io/config-key"
# on a pod that somebody typed into: the session and when
TOUCHED = "opsportal.io/touched-by-hand"
MANAGED_BY = "app.kubernetes.io/managed-by"
PORTAL = "opsportal"

Json = dict[str, Any]
Propagation = Literal["Foreground", "Background"]


@dataclass(frozen=True)
class ObjectList:
    """A list and the resourceVersion a watch goes on from. Items carry no `kind`."""

    items: list[Json]
    resource_version: str


@dataclass(frozen=True)
class WatchEvent:
    """One line of a watch: ADDED, MODIFIED, DELETED or BOOKMARK (of which only the resourceVersion counts)."""

    type: str
    object: Json

    @property
    def resource_version(self) -> str:
        """Where a new watch goes on after this event."""
        return str(self.object.get("metadata", {}).get("resourceVersion", ""))


@dataclass(frozen=True)
class Applied:
    """What an apply answered. `changed` is about what the object says, not about its step key, status or versions."""

    object: Json
    created: bool
    changed: bool


@dataclass(frozen=True)
class Quota:
    """One ResourceQuota; quantities as Kubernetes writes them. `used` is empty until its controller has counted."""

    name: str
    hard: dict[str, str]
    used: dict[str, str]


@dataclass(frozen=True)
class Taint:
    """Why a node takes no pods that do not tolerate it; `effect` is NoSchedule, PreferNoSchedule or NoExecute."""

    key: str
    value: str
    effect: str


@dataclass(frozen=True)
class Node:
    """One node. `ready` is None when nobody has heard of its kubelet; quantities as Kubernetes writes them."""

    name: str
    labels: dict[str, str]
    ready: bool | None
    unschedulable: bool
    taints: list[Taint]
    cpu: str
    memory: str
    pods: str
    kubelet: str
    zone: str
    rack: str


@dataclass(frozen=True)
class EnsuredNamespace:
    """A namespace that is there. Only where `created` is true did this step make it: only then may its undo delete it."""

    name: str
    uid: str
    created: bool


@dataclass(frozen=True)
class JobState:
    """A Job: `state` is active, succeeded or failed; `reason` and `message` are Kubernetes' own, "" while active."""

    name: str
    uid: str
    key: str
    state: Literal["active", "succeeded", "failed"]
    reason: str = ""
    message: str = ""
    pods: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class PodLog:
    """A part of a container's log; `is_cut`: all bytes asked for are used up, so there may be more."""

    text: str
    is_cut: bool
