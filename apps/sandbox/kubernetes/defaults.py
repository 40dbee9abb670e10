"""What the API server fills in: defaults of specs and first statuses. Objects given are changed in place.

Must not: validate (see api.validation), or read the store beyond what a caller hands over.
"""

from __future__ import annotations

import base64
import random
from typing import Any

from apps.sandbox.kubernetes.defaults_pods import admit_pod, default_pod, default_pod_spec, qos_class

Obj = dict[str, Any]


def apply_defaults(kind: str, obj: Obj) -> None:
    """Defaults of the spec, the same on create and on every update."""
    filler = _SPECS.get(kind)
    if filler is not None:
        filler(obj)


def first_status(kind: str, obj: Obj) -> None:
    """What a new object carries besides its defaults; a status that was sent is dropped."""
    status = _STATUSES.get(kind)
    if status is not None:
        obj["status"] = status(obj)
    elif kind not in ("Event",):
        obj.pop("status", None)
    if kind == "Service":
        _allocate_service(obj)
    elif kind == "Pod":
        admit_pod(obj)


# -- workloads ----------------------------------------------------------------------------------------------------
def _template(spec: Obj) -> None:
    template = spec.setdefault("template", {})
    metadata = template.setdefault("metadata", {})
    metadata.setdefault("creationTimestamp", None)
    default_pod_spec(template.setdefault("spec", {}))


def _deployment(obj: Obj) -> None:
    spec = obj.setdefault("spec", {})
    spec.setdefault("replicas", 1)
    strategy = spec.setdefault("strategy", {})
    strategy.setdefault("type", "RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        rolling = strategy.setdefault("rollingUpdate", {})
        rolling.setdefault("maxUnavailable", "25%")
        rolling.setdefault("maxSurge", "25%")
    spec.setdefault("revisionHistoryLimit", 10)
    spec.setdefault("progressDeadlineSeconds", 600)
    _template(spec)


def _replica_set(obj: Obj) -> None:
    spec = obj.setdefault("spec", {})
    spec.setdefault("replicas", 1)
    _template(spec)


def _job(obj: Obj) -> None:
    spec = obj.setdefault("spec", {})
    for key, value in (
        ("parallelism", 1),
        ("completions", 1),
        ("backoffLimit", 6),
        ("completionMode", "NonIndexed"),
        ("suspend", False),
        ("podReplacementPolicy", "TerminatingOrFailed"),
    ):
        spec.setdefault(key, value)
    _template(spec)


# -- the others ---------------------------------------------------------------------------------------------------
def _service(obj: Obj) -> None:
    spec = obj.setdefault("spec", {})
    spec.setdefault("type", "ClusterIP")
    spec.setdefault("sessionAffinity", "None")
    for port in spec.get("ports") or ():
        port.setdefault("protocol", "TCP")
        port.setdefault("targetPort", port.get("port"))
    if spec["type"] == "ExternalName":
        return
    spec.setdefault("internalTrafficPolicy", "Cluster")
    if spec["type"] in ("NodePort", "LoadBalancer"):
        spec.setdefault("externalTrafficPolicy", "Cluster")
        for port in spec.get("ports") or ():
            port.setdefault("nodePort", random.randint(30000, 32767))
    if spec["type"] == "LoadBalancer":
        spec.setdefault("allocateLoadBalancerNodePorts", True)


def _allocate_service(obj: Obj) -> None:
    spec = obj["spec"]
    if spec["type"] == "ExternalName":
        return
    address = spec.get("clusterIP") or f"10.96.{random.randint(0, 255)}.{random.randint(2, 254)}"
    spec["clusterIP"] = address
    spec["clusterIPs"] = [address]
    spec.setdefault("ipFamilies", ["IPv4"])
    spec.setdefault("ipFamilyPolicy", "SingleStack")


def _namespace(obj: Obj) -> None:
    obj.setdefault("spec", {}).setdefault("finalizers", ["kubernetes"])
    obj["metadata"].setdefault("labels", {})["kubernetes.io/metadata.name"] = obj["metadata"].get("name", "")


def _secret(obj: Obj) -> None:
    obj.setdefault("type", "Opaque")
    plain = obj.pop("stringData", None)
    if plain:
        data = obj.setdefault("data", {})
        data.update({key: base64.b64encode(value.encode()).decode() for key, value in plain.items()})


def _autoscaler(obj: Obj) -> None:
    spec = obj.setdefault("spec", {})
    spec.setdefault("minReplicas", 1)
    if not spec.get("metrics"):
        target = {"type": "Utilization", "averageUtilization": 80}
        spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]


def _bare(obj: Obj) -> None:
    obj.setdefault("spec", {})


def _cron_job(obj: Obj) -> None:
    spec = obj.setdefault("spec", {})
    for key, value in (
        ("concurrencyPolicy", "Allow"),
        ("suspend", False),
        ("successfulJobsHistoryLimit", 3),
        ("failedJobsHistoryLimit", 1),
    ):
        spec.setdefault(key, value)
    # The Job's own defaults come when it is made.
    template = spec.setdefault("jobTemplate", {})
    template.setdefault("metadata", {}).setdefault("creationTimestamp", None)
    _template(template.setdefault("spec", {}))


def _stateful_set(obj: Obj) -> None:
    spec = obj.setdefault("spec", {})
    spec.setdefault("replicas", 1)
    spec.setdefault("podManagementPolicy", "OrderedReady")
    spec.setdefault("revisionHistoryLimit", 10)
    spec.setdefault("persistentVolumeClaimRetentionPolicy", {"whenDeleted": "Retain", "whenScaled": "Retain"})
    strategy = spec.setdefault("updateStrategy", {})
    if strategy.setdefault("type", "RollingUpdate") == "RollingUpdate":
        strategy.setdefault("rollingUpdate", {}).setdefault("partition", 0)
    _template(spec)


def _daemon_set(obj: Obj) -> None:
    spec = obj.setdefault("spec", {})
    spec.setdefault("revisionHistoryLimit", 10)
    strategy = spec.setdefault("updateStrategy", {})
    if strategy.setdefault("type", "RollingUpdate") == "RollingUpdate":
        rolling = strategy.setdefault("rollingUpdate", {})
        rolling.setdefault("maxUnavailable", 1)
        rolling.setdefault("maxSurge", 0)
    _template(spec)


def _claim(obj: Obj) -> None:
    obj.setdefault("spec", {}).setdefault("volumeMode", "Filesystem")


_SPECS = {
    "CronJob": _cron_job,
    "DaemonSet": _daemon_set,
    "Deployment": _deployment,
    "HorizontalPodAutoscaler": _autoscaler,
    "Job": _job,
    "Ingress": _bare,
    "Namespace": _namespace,
    "PersistentVolumeClaim": _claim,
    "Pod": default_pod,
    "PodDisruptionBudget": _bare,
    "ReplicaSet": _replica_set,
    "Secret": _secret,
    "Service": _service,
    "StatefulSet": _stateful_set,
}
_STATUSES = {
    "CronJob": lambda obj: {},
    "DaemonSet": lambda obj: {
        "currentNumberScheduled": 0,
        "numberMisscheduled": 0,
        "desiredNumberScheduled": 0,
        "numberReady": 0,
    },
    "Deployment": lambda obj: {},
    "HorizontalPodAutoscaler": lambda obj: {"desiredReplicas": 0, "currentMetrics": None},
    "Ingress": lambda obj: {"loadBalancer": {}},
    "Job": lambda obj: {},
    "Namespace": lambda obj: {"phase": "Active"},
    "Node": lambda obj: {},
    "PersistentVolumeClaim": lambda obj: {"phase": "Pending"},
    "Pod": lambda obj: {"phase": "Pending", "qosClass": qos_class(obj["spec"])},
    "PodDisruptionBudget": lambda obj: {
        "disruptionsAllowed": 0,
        "currentHealthy": 0,
        "desiredHealthy": 0,
        "expectedPods": 0,
    },
    "ReplicaSet": lambda obj: {"replicas": 0},
    "ResourceQuota": lambda obj: {},
    "Service": lambda obj: {"loadBalancer": {}},
    "StatefulSet": lambda obj: {"replicas": 0, "availableReplicas": 0},
}
HAS_STATUS = frozenset(_STATUSES)
