"""Lost and found nodes: the pods of a node that stopped reporting are not Ready any more.

Must not: evict pods.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.sandbox.kubernetes.life.objects import Obj, find_condition
from apps.sandbox.kubernetes.life.work import Life

if TYPE_CHECKING:
    from apps.sandbox.kubernetes.kubelet.pods import Kubelet

KIND = "node"


class NodeController:
    """Carries a node's readiness over to its pods."""

    def __init__(self, life: Life, kubelet: Kubelet) -> None:
        self._life, self._kubelet = life, kubelet
        life.on_change("nodes", self._changed)
        life.on_work(KIND, self.sync)

    def _changed(self, kind: str, resource: str, node: Obj, old: Obj | None) -> None:
        if kind == "MODIFIED" and _readiness(node) != _readiness(old):
            self._life.want(KIND, ("", node["metadata"]["name"]))

    def sync(self, _: str, name: str) -> None:
        """Write the statuses of a node's pods again."""
        node = self._life.store.get("nodes", None, name)
        if node is None:
            return
        if _readiness(node) != "True":
            message = f"Node {name} status is now: NodeNotReady"
            self._life.events.record(node, "NodeNotReady", message, component="node-controller")
        for run in list(self._kubelet.runs.values()):
            if run.place.node == name:
                self._kubelet.rewrite(run.uid)


def _readiness(node: Obj | None) -> str:
    ready = find_condition((node or {}).get("status") or {}, "Ready")
    return "True" if ready is None else str(ready["status"])
