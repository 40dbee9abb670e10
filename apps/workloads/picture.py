"""What the watches of one cluster have said: raw objects of the namespaces that hold workloads, and what changed.

Must not: call a cluster or touch a row.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from apps.workloads.selectors import selects

Json = dict[str, Any]
Key = tuple[str, str]
DEPLOYMENTS, PODS = "deployments", "pods"
KINDS = (DEPLOYMENTS, PODS)


@dataclass
class Picture:
    """`dirty` holds the Deployments (namespace, name) to be looked at again; `listed` the kinds that are complete."""

    objects: dict[str, dict[Key, Json]] = field(default_factory=lambda: {kind: {} for kind in KINDS})
    dirty: set[Key] = field(default_factory=set)
    listed: set[str] = field(default_factory=set)
    namespaces: set[str] = field(default_factory=set)

    @property
    def is_complete(self) -> bool:
        """Whether every kind has been listed, so that what is not in the picture is not there."""
        return self.listed == set(KINDS)

    def replace(self, kind: str, items: Iterable[Json]) -> None:
        """A fresh list of one kind; what has gone since the last one is dirty too."""
        before = set(self.objects[DEPLOYMENTS])
        self.objects[kind] = {_name(i): _slim(i) for i in items if i["metadata"].get("namespace") in self.namespaces}
        self.listed.add(kind)
        self.dirty |= before | set(self.objects[DEPLOYMENTS])

    def apply(self, kind: str, event: str, obj: Json) -> None:
        """One event of a watch."""
        key = _name(obj)
        if key[0] not in self.namespaces:
            return
        before = self.objects[kind].get(key)
        if event == "DELETED":
            self.objects[kind].pop(key, None)
        else:
            self.objects[kind][key] = _slim(obj)
        if kind == DEPLOYMENTS:
            self.dirty.add(key)
            return
        for pod in (before, obj):  # a pod whose labels changed leaves one Deployment and enters another
            if pod is not None:
                self._touch_owners(pod)

    def _touch_owners(self, pod: Json) -> None:
        labels = pod["metadata"].get("labels") or {}
        for key, deployment in self.objects[DEPLOYMENTS].items():
            if key[0] == pod["metadata"]["namespace"] and _selects(deployment, labels):
                self.dirty.add(key)

    def take_dirty(self) -> set[Key]:
        """What is to be looked at, once; nothing while the picture is incomplete."""
        if not self.is_complete:
            return set()
        dirty, self.dirty = self.dirty, set()
        return dirty

    def deployment(self, key: Key) -> Json | None:
        """The raw Deployment; None when the cluster has none of that name."""
        return self.objects[DEPLOYMENTS].get(key)

    def pods_of(self, deployment: Json) -> list[Json]:
        """The pods its selector matches."""
        namespace = deployment["metadata"]["namespace"]
        return [
            pod
            for key, pod in self.objects[PODS].items()
            if key[0] == namespace and _selects(deployment, pod["metadata"].get("labels") or {})
        ]


def _name(obj: Json) -> Key:
    return obj["metadata"].get("namespace", ""), obj["metadata"]["name"]


def _slim(obj: Json) -> Json:
    """Without managedFields, which are most of an object's bytes and nothing the portal reads."""
    obj["metadata"].pop("managedFields", None)
    return obj


def _selects(deployment: Json, labels: dict[str, str]) -> bool:
    return selects(deployment["spec"]["selector"], labels)
