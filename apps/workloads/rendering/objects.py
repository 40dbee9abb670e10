"""A completed document as the list of its objects, in the order they are applied.

Must not: fill in a missing member; the document is completed before (docs/configuration.md).
"""

from __future__ import annotations

from apps.workloads.rendering import files, secrets, traffic, workload
from apps.workloads.rendering.subject import Json, Subject, check_subject


def render(document: Json, subject: Subject) -> list[Json]:
    """Secrets → ConfigMap → Service → Deployment or CronJob → autoscaler → Ingress → disruption budget, those that are wanted.

    Raises Invalid (`rendering.…`, `quantity.…`) for what cannot become a right object. A Deployment that has an
    autoscaler names no `replicas` (D30): when one is switched on for a Deployment whose `replicas` only the portal's
    configuration manager owns, that field must change its owner before the apply, or the server resets it to 1.
    """
    check_subject(subject, document["workload"])
    runs = workload.cron_job if document["workload"] == "cron" else workload.deployment
    wanted = [
        secrets.held_secret(document, subject),
        secrets.pull_secret(document, subject),
        files.config_map(document, subject),
        traffic.service(document, subject),
        runs(document, subject),
        traffic.autoscaler(document, subject),
        traffic.ingress(document, subject),
        traffic.disruption_budget(document, subject),
    ]
    return [each for each in wanted if each is not None]
