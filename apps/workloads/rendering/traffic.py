"""What stands around a Deployment: Service and Ingress (W5), autoscaler (W6), disruption budget.

Must not: decide what a standard should: numbers are taken as the document gives them.
"""

from __future__ import annotations

from apps.common.errors import Invalid
from apps.workloads.rendering.container import ports
from apps.workloads.rendering.subject import Json, Subject, metadata, selector


def service(document: Json, subject: Subject) -> Json | None:
    """The Service, None without ports.

    The type is named, for it is what the two questions are about: inside → ClusterIP; by host name → ClusterIP behind
    an Ingress; else LoadBalancer.
    """
    if not ports(document):
        return None
    exposure = document["exposure"]
    kind = "ClusterIP" if exposure["inside_only"] or exposure["host"] else "LoadBalancer"
    listed = [
        {"name": port["name"], "port": port["port"], "protocol": "TCP", "targetPort": port["name"]}
        for port in ports(document)
    ]
    spec = {"type": kind, "selector": selector(subject), "ports": listed}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata(subject), "spec": spec}


def ingress(document: Json, subject: Subject) -> Json | None:
    """The Ingress of the host, None without one; it leads to the port called `http`, else to the first."""
    exposure = document["exposure"]
    if document["workload"] != "service" or exposure["inside_only"] or not exposure["host"]:
        return None
    names = [port["name"] for port in ports(document)]
    if not names:
        raise Invalid("rendering.host_without_port", host=exposure["host"], workload=subject.workload_name)
    port = "http" if "http" in names else names[0]
    backend = {"service": {"name": subject.workload_name, "port": {"name": port}}}
    path = {"path": "/", "pathType": "Prefix", "backend": backend}
    spec: Json = {"ingressClassName": subject.ingress_class} if subject.ingress_class else {}
    spec["rules"] = [{"host": exposure["host"], "http": {"paths": [path]}}]
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata(subject), "spec": spec}


def autoscaler(document: Json, subject: Subject) -> Json | None:
    """The HorizontalPodAutoscaler, None without `autoscaling`. One without a target is refused.

    Kubernetes would invent 80 % of the CPU for it, which nobody asked for.
    """
    given = document["autoscaling"]
    if not given or document["workload"] == "cron":
        return None
    metrics = [
        {"type": "Resource", "resource": {"name": name, "target": _utilization(given[f"{name}_percent"])}}
        for name in ("cpu", "memory")
        if given[f"{name}_percent"] is not None
    ]
    if not metrics:
        raise Invalid("rendering.autoscaler_without_target", workload=subject.workload_name)
    spec = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": subject.workload_name},
        "minReplicas": given["min"],
        "maxReplicas": given["max"],
        "metrics": metrics,
    }
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": metadata(subject),
        "spec": spec,
    }


def _utilization(percent: int) -> Json:
    return {"type": "Utilization", "averageUtilization": percent}


def disruption_budget(document: Json, subject: Subject) -> Json | None:
    """The PodDisruptionBudget, None without `disruption`; for a cron there is nothing it could count."""
    given = document["disruption"]
    if not given or document["workload"] == "cron":
        return None
    spec = {"maxUnavailable": given["max_unavailable"], "selector": {"matchLabels": selector(subject)}}
    return {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": metadata(subject), "spec": spec}
