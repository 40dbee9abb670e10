"""The pod templates: one that serves and one that runs to its end. Everything of them is shared but what serving needs.

Must not: carry anything that changes with each revision; it would restart all pods of a Deployment for nothing.
"""

from __future__ import annotations

from apps.workloads.rendering import files, secrets
from apps.workloads.rendering.container import add_sidecar, has_sidecar, main_container, present
from apps.workloads.rendering.hosts import host_aliases
from apps.workloads.rendering.placing import node_selector, spread
from apps.workloads.rendering.subject import FILES_CHECKSUM, Json, Subject, labels


def serving_template(document: Json, subject: Subject) -> Json:
    """The pod template of a Deployment."""
    spec = _spec(document, subject, serves=True)
    spec["topologySpreadConstraints"] = spread(document, subject)
    spec["terminationGracePeriodSeconds"] = document["shutdown"]["grace_seconds"]
    spec = present(spec)
    if has_sidecar(document):
        add_sidecar(spec, subject)
    return {"metadata": _metadata(document, subject, labels(subject)), "spec": spec}


def finite_template(document: Json, subject: Subject, pod_labels: dict[str, str]) -> Json:
    """The pod template of a Job: it ends, and is not started again in place."""
    spec = _spec(document, subject, serves=False)
    spec["restartPolicy"] = "Never"
    spec["terminationGracePeriodSeconds"] = document["shutdown"]["grace_seconds"]
    return {"metadata": _metadata(document, subject, pod_labels), "spec": present(spec)}


def _metadata(document: Json, subject: Subject, pod_labels: dict[str, str]) -> Json:
    notes = {FILES_CHECKSUM: files.checksum(document)} if document["files"] else {}
    notes |= secrets.notes(document, subject)
    return present({"labels": pod_labels, "annotations": notes})


def _spec(document: Json, subject: Subject, *, serves: bool) -> Json:
    pulls_with = secrets.pull_secret_name(document, subject)
    return {
        "containers": [main_container(document, subject, serves=serves)],
        "volumes": files.volumes(document, subject),
        "hostAliases": host_aliases(document, subject),
        "nodeSelector": node_selector(document),
        "imagePullSecrets": [{"name": pulls_with}] if pulls_with else [],
    }
