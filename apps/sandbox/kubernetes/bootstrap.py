"""What is in a cluster before anybody uses it: namespaces and nodes; and what every new namespace gets.

Must not: overwrite what a restart has brought back.
"""

from __future__ import annotations

import uuid
from typing import Any

from apps.sandbox.kubernetes import defaults
from apps.sandbox.kubernetes.api.writing import now
from apps.sandbox.kubernetes.store import Store

Obj = dict[str, Any]
NAMESPACES = ("default", "kube-system", "kube-public", "kube-node-lease")
CONDITIONS = (
    ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
)


def populate(store: Store, *, cluster: str, data_centre: str, nodes: int, ca_pem: str) -> None:
    """Create what is missing."""

    def namespace_added(kind: str, resource: str, new: Obj, old: Obj | None) -> None:
        if kind == "ADDED" and resource == "namespaces":
            _furnish(store, new["metadata"]["name"], ca_pem)

    store.subscribe(namespace_added)
    for name in NAMESPACES:
        if store.get("namespaces", None, name) is None:
            namespace: Obj = {"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": name}}
            defaults.apply_defaults("Namespace", namespace)
            defaults.first_status("Namespace", namespace)
            store.create("namespaces", namespace)
    for number in range(1, nodes + 1):
        name = f"{cluster}-node-{number}"
        if store.get("nodes", None, name) is None:
            store.create("nodes", _node(name, data_centre, number))


def _furnish(store: Store, namespace: str, ca_pem: str) -> None:
    """The objects that controllers put into every namespace."""
    metadata = {"namespace": namespace}
    if store.get("serviceaccounts", namespace, "default") is None:
        account = {"kind": "ServiceAccount", "apiVersion": "v1", "metadata": {**metadata, "name": "default"}}
        store.create("serviceaccounts", account)
    if store.get("configmaps", namespace, "kube-root-ca.crt") is None:
        root: Obj = {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {**metadata, "name": "kube-root-ca.crt"}}
        store.create("configmaps", {**root, "data": {"ca.crt": ca_pem}})


def _node(name: str, data_centre: str, number: int) -> Obj:
    capacity = {"cpu": "8", "memory": "32Gi", "pods": "110", "ephemeral-storage": "200Gi"}
    labels = {
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "topology.kubernetes.io/zone": data_centre,
    }
    info = {
        "machineID": uuid.uuid4().hex,
        "systemUUID": str(uuid.uuid4()),
        "bootID": str(uuid.uuid4()),
        "kernelVersion": "6.1.0-sandbox",
        "osImage": "Debian GNU/Linux 12 (bookworm)",
        "containerRuntimeVersion": "containerd://1.6.20",
        "kubeletVersion": "v1.33.13",
        "kubeProxyVersion": "v1.33.13",
        "operatingSystem": "linux",
        "architecture": "amd64",
    }
    stamp = now()
    conditions = [
        {
            "type": kind,
            "status": status,
            "lastHeartbeatTime": stamp,
            "lastTransitionTime": stamp,
            "reason": reason,
            "message": message,
        }
        for kind, status, reason, message in CONDITIONS
    ]
    addresses = [{"type": "InternalIP", "address": f"10.10.0.{number}"}, {"type": "Hostname", "address": name}]
    return {
        "kind": "Node",
        "apiVersion": "v1",
        "metadata": {"name": name, "labels": labels},
        "spec": {"podCIDR": f"10.244.{number}.0/24", "podCIDRs": [f"10.244.{number}.0/24"]},
        "status": {
            "capacity": capacity,
            "allocatable": capacity,
            "conditions": conditions,
            "addresses": addresses,
            "nodeInfo": info,
        },
    }
