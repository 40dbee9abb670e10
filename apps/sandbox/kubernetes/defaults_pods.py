"""What the API server fills in of pods and pod templates. Objects given are changed in place.

Must not: validate (see api.validation_pods), or read the store.
"""

from __future__ import annotations

from typing import Any

from apps.sandbox.kubernetes.store import random_suffix

Obj = dict[str, Any]
PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
TOKEN_MOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"


def default_pod_spec(spec: Obj) -> None:
    """Of a pod or a template."""
    spec.setdefault("restartPolicy", "Always")
    spec.setdefault("terminationGracePeriodSeconds", 30)
    spec.setdefault("dnsPolicy", "ClusterFirst")
    spec.setdefault("securityContext", {})
    spec.setdefault("schedulerName", "default-scheduler")
    if spec.get("serviceAccountName"):
        spec.setdefault("serviceAccount", spec["serviceAccountName"])
    for container in [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]:
        _container(container)
    for volume in spec.get("volumes") or ():
        for source in ("configMap", "secret"):
            if source in volume:
                volume[source].setdefault("defaultMode", 420)
        if "hostPath" in volume:
            volume["hostPath"].setdefault("type", "")
        if len(volume) == 1:
            volume["emptyDir"] = {}


def _container(container: Obj) -> None:
    image = str(container.get("image") or "")
    last = image.rpartition("/")[2]
    is_latest = "@" not in image and (":" not in last or last.endswith(":latest"))
    container.setdefault("resources", {})
    container.setdefault("terminationMessagePath", "/dev/termination-log")
    container.setdefault("terminationMessagePolicy", "File")
    container.setdefault("imagePullPolicy", "Always" if is_latest else "IfNotPresent")
    for port in container.get("ports") or ():
        port.setdefault("protocol", "TCP")
    for variable in container.get("env") or ():
        field = (variable.get("valueFrom") or {}).get("fieldRef")
        if field is not None:
            field.setdefault("apiVersion", "v1")
    for name in PROBES:
        probe = container.get(name)
        if probe is not None:
            _probe(probe)


def _probe(probe: Obj) -> None:
    for key, value in (("timeoutSeconds", 1), ("periodSeconds", 10), ("successThreshold", 1), ("failureThreshold", 3)):
        # A zero counts as not given.
        probe[key] = probe.get(key) or value
    if "httpGet" in probe:
        probe["httpGet"].setdefault("path", "/")
        probe["httpGet"].setdefault("scheme", "HTTP")


def default_pod(obj: Obj) -> None:
    """Of a pod itself."""
    spec = obj.setdefault("spec", {})
    default_pod_spec(spec)
    spec.setdefault("enableServiceLinks", True)
    for container in [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]:
        limits = container["resources"].get("limits")
        if limits:
            requests = container["resources"].setdefault("requests", {})
            for name, value in limits.items():
                requests.setdefault(name, value)


def admit_pod(obj: Obj) -> None:
    """Service account, priority and tolerations, as admission adds them."""
    spec = obj["spec"]
    spec.setdefault("serviceAccountName", "default")
    spec.setdefault("serviceAccount", spec["serviceAccountName"])
    spec.setdefault("priority", 0)
    spec.setdefault("preemptionPolicy", "PreemptLowerPriority")
    tolerations = spec.setdefault("tolerations", [])
    for key in ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"):
        if not any(t.get("key") == key for t in tolerations):
            tolerations.append({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300})
    if spec.get("automountServiceAccountToken") is not False:
        volume = f"kube-api-access-{random_suffix()}"
        spec.setdefault("volumes", []).append({"name": volume, "projected": _token_projection()})
        for container in [*(spec.get("initContainers") or ()), *spec["containers"]]:
            mounts = container.setdefault("volumeMounts", [])
            mounts.append({"name": volume, "readOnly": True, "mountPath": TOKEN_MOUNT})


def _token_projection() -> Obj:
    namespace = {"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}
    return {
        "sources": [
            {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
            {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
            {"downwardAPI": {"items": [namespace]}},
        ],
        "defaultMode": 420,
    }


def qos_class(spec: Obj) -> str:
    """Guaranteed, Burstable or BestEffort."""
    resources = [c.get("resources") or {} for c in spec.get("containers") or ()]
    if not any(r.get("limits") or r.get("requests") for r in resources):
        return "BestEffort"
    for each in resources:
        limits, requests = each.get("limits") or {}, each.get("requests") or {}
        if not {"cpu", "memory"} <= limits.keys() or any(requests.get(k, v) != v for k, v in limits.items()):
            return "Burstable"
    return "Guaranteed"
