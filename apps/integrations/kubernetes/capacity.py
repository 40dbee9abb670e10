"""What a namespace may use and what the nodes are: quotas and nodes as small typed rows, read within bounds.

Must not: calculate with quantities; they stay as Kubernetes writes them.
"""

from __future__ import annotations

from typing import Any

from apps.integrations.kubernetes.base import Calls
from apps.integrations.kubernetes.types import Json, Node, Quota, Taint

MOST_NODES = 5000
MOST_LABELS = 200
MOST_TAINTS = 50
MOST_RESOURCES = 100
LONGEST = 256
ZONE = "topology.kubernetes.io/zone"


class Capacity(Calls):
    """Calls about room."""

    async def read_quota(self, namespace: str) -> list[Quota]:
        """The ResourceQuotas of a namespace, by name; none for a namespace without. Read: repeatable."""
        return [quota_of(one) for one in (await self.list_objects("resourcequotas", namespace)).items]

    async def list_nodes(self, rack_label: str = ZONE) -> list[Node]:
        """The nodes of the cluster by name, 5000 at most; `rack` is the value of this label. Read: repeatable."""
        return [node_of(one, rack_label) for one in (await self.list_objects("nodes", limit=MOST_NODES)).items]


def quota_of(quota: Json) -> Quota:
    """One ResourceQuota; before its controller has looked, `hard` is what was asked for and `used` is empty."""
    status, spec = quota.get("status") or {}, quota.get("spec") or {}
    hard = status.get("hard") or spec.get("hard")
    return Quota(
        str(quota["metadata"]["name"]), _texts(hard, MOST_RESOURCES), _texts(status.get("used"), MOST_RESOURCES)
    )


def node_of(node: Json, rack_label: str = ZONE) -> Node:
    """One node. Kubernetes has no label of its own for racks, so that the caller names it."""
    spec, status = node.get("spec") or {}, node.get("status") or {}
    labels = _texts(node["metadata"].get("labels"), MOST_LABELS)
    room = _texts(status.get("allocatable"), MOST_RESOURCES)
    taints = [
        Taint(_text(one.get("key")), _text(one.get("value")), _text(one.get("effect")))
        for one in (spec.get("taints") or [])[:MOST_TAINTS]
    ]
    return Node(
        name=str(node["metadata"]["name"]),
        labels=labels,
        ready=_ready(status),
        unschedulable=spec.get("unschedulable") is True,
        taints=taints,
        cpu=room.get("cpu", ""),
        memory=room.get("memory", ""),
        pods=room.get("pods", ""),
        kubelet=_text((status.get("nodeInfo") or {}).get("kubeletVersion")),
        zone=labels.get(ZONE, ""),
        rack=labels.get(rack_label, ""),
    )


def _ready(status: Json) -> bool | None:
    """The Ready condition; None for Unknown (its kubelet went silent) and for a node that never said."""
    found = next((c.get("status") for c in status.get("conditions") or [] if c.get("type") == "Ready"), None)
    return {"True": True, "False": False}.get(str(found))


def _texts(values: Any, most: int) -> dict[str, str]:
    """A map of short texts; anything else in its place is nothing."""
    if not isinstance(values, dict):
        return {}
    return {str(key)[:LONGEST]: _text(values[key]) for key in sorted(values, key=str)[:most]}


def _text(value: Any) -> str:
    return "" if value is None else str(value)[:LONGEST]
