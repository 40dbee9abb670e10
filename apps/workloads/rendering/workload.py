"""The object that runs pods: a Deployment or a CronJob.

Must not: name `replicas` where an autoscaler rules (D30).
"""

from __future__ import annotations

from apps.common.errors import Invalid
from apps.workloads.rendering.container import has_sidecar
from apps.workloads.rendering.pod import finite_template, serving_template
from apps.workloads.rendering.subject import Json, Subject, labels, metadata, selector

HISTORY = 10
SURGE = "25%"
# Kubernetes' own patience with a rollout that makes no progress, and what is added to a start that takes longer.
PATIENCE_SECONDS = 600
START_MARGIN_SECONDS = 120
CRON_HISTORY = 3


def deployment(document: Json, subject: Subject) -> Json:
    """The Deployment: never fewer pods than wanted while it rolls."""
    spec: Json = {} if document["autoscaling"] else {"replicas": document["replicas"]}
    spec |= {
        "revisionHistoryLimit": HISTORY,
        "progressDeadlineSeconds": progress_deadline(document),
        "selector": {"matchLabels": selector(subject)},
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": SURGE}},
        "template": serving_template(document, subject),
    }
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata(subject), "spec": spec}


def progress_deadline(document: Json) -> int:
    """Seconds without a new ready pod after which a rollout has failed: longer than the slowest allowed start."""
    budget = 0
    startup, readiness = document["probes"]["startup"], document["probes"]["readiness"]
    for probe in (startup, readiness):
        if probe:
            tries = int(probe["failure_threshold"]) * int(probe["period_seconds"])
            budget += int(probe.get("initial_delay_seconds") or 0) + tries
    return max(PATIENCE_SECONDS, budget + START_MARGIN_SECONDS)


def cron_job(document: Json, subject: Subject) -> Json:
    """The CronJob: never two at a time, in the document's time zone, and a failed run waits for its next time.

    A run is not repeated (`backoffLimit` 0): nobody said that the task may be done twice.
    """
    if not document["schedule"]:
        raise Invalid("rendering.no_schedule", workload=subject.workload_name)
    if has_sidecar(document):
        raise Invalid("rendering.sidecar_with_cron", workload=subject.workload_name)
    job = {"backoffLimit": 0, "template": finite_template(document, subject, labels(subject))}
    spec: Json = {"schedule": document["schedule"]}
    if document["time_zone"]:
        spec["timeZone"] = document["time_zone"]
    spec |= {
        "concurrencyPolicy": "Forbid",
        "successfulJobsHistoryLimit": CRON_HISTORY,
        "failedJobsHistoryLimit": CRON_HISTORY,
        "jobTemplate": {"metadata": {"labels": labels(subject)}, "spec": job},
    }
    return {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": metadata(subject), "spec": spec}
