"""What a new cluster is filled with: nodes and the portal's service accounts.

Must not: be needed by a statement; a real cluster of somebody else's has other nodes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

Obj = dict[str, Any]
FAKE = {"kwok.x-k8s.io/node": "fake"}
ROLE = Path(__file__).parents[2] / "docs" / "kubernetes-role.yaml"
# name of a service account → the ClusterRole it has everywhere.
ACCOUNTS = {"portal": "opsportal", "reader": "view", "stranger": ""}


def role() -> Obj:
    """The ClusterRole that administrators are asked to give the portal, as the documents have it."""
    documents = yaml.safe_load_all(ROLE.read_text(encoding="utf-8"))
    return dict(next(one for one in documents if one["kind"] == "ClusterRole"))


def fake_nodes(address: str) -> list[Obj]:
    """Four nodes in two zones."""
    return [_node(number, address) for number in range(1, 5)]


def _node(number: int, address: str) -> Obj:
    name, size = f"node-{number}", {"cpu": "8", "memory": "32Gi", "pods": "110"}
    labels = {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}
    labels |= {"topology.kubernetes.io/zone": f"zone-{(number + 1) // 2}"}
    status = {"addresses": [{"type": "InternalIP", "address": address}], "capacity": size, "allocatable": size}
    metadata = {"name": name, "annotations": FAKE, "labels": labels}
    return {"apiVersion": "v1", "kind": "Node", "metadata": metadata, "status": status}


def account(name: str) -> Obj:
    """A service account in `default`."""
    return {"metadata": {"name": name, "namespace": "default"}}


def binding(name: str, role: str) -> Obj:
    """Its rights, in every namespace."""
    return {
        "metadata": {"name": name},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": "default"}],
    }
