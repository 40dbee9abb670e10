"""What a release takes from the configuration in force: a Deployment that is not there yet, and the pre-rollout Job.

From rows, as objects; who runs them is the room above. Must not: call a cluster, or decide which image.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from apps.workloads.configuring.planning import Plan, Target, plan_for
from apps.workloads.configuring.revisions import in_force_of
from apps.workloads.models import Configuration, ConfigurationRevision, Workload
from apps.workloads.rendering import pre_rollout_job, render

Json = dict[str, Any]


def in_force_for(workloads: Iterable[Workload]) -> dict[int, ConfigurationRevision]:
    """By workload the revision in force of its configuration, those that have one; two queries.

    A configuration goes to the Deployment of its own name, whatever the workload is called.
    """
    rows = list(workloads)
    pairs, names = {one.project_environment_id for one in rows}, {one.deployment for one in rows}
    heads = Configuration.objects.filter(project_environment__in=pairs, name__in=names)
    by_place = {(one.project_environment_id, one.name): one.pk for one in heads} if rows else {}
    found = in_force_of(list(by_place.values())) if by_place else {}
    by_workload = {one.pk: by_place.get((one.project_environment_id, one.deployment)) for one in rows}
    return {pk: found[head] for pk, head in by_workload.items() if head in found}


def maker_of(workload: Workload) -> ConfigurationRevision | None:
    """The revision that a missing Deployment would be made from (D22); None where none is in force that gives one."""
    found = in_force_for([workload]).get(workload.pk)
    return found if found is not None and gives_deployment(found) else None


def gives_deployment(revision: ConfigurationRevision) -> bool:
    """A cron workload is a CronJob and has no Deployment."""
    return bool(revision.document["workload"] != "cron")


def pre_rollout_of(revision: ConfigurationRevision | None) -> Json | None:
    """`{command, timeout_seconds}` of what runs before a rollout (R15); None for none, and for a cron workload, which
    has no rollout."""
    if revision is None or not gives_deployment(revision):
        return None
    found: Json | None = revision.document["pre_rollout"]
    return found


def deployment_of(workload: Workload, revision: ConfigurationRevision, image: str) -> Json:
    """The Deployment as that revision gives it for the workload's cluster, with this image."""
    plan, target = _where(workload, revision)
    found = render(revision.document, plan.subject(target, image, revision.number))
    return next(one for one in found if one["kind"] == "Deployment")


def job_of(workload: Workload, revision: ConfigurationRevision, image: str, key: str) -> Json | None:
    """The pre-rollout Job of this image under this key; None when the revision has none."""
    plan, target = _where(workload, revision)
    return pre_rollout_job(revision.document, plan.subject(target, image, revision.number, key=key))


def _where(workload: Workload, revision: ConfigurationRevision) -> tuple[Plan, Target]:
    """The plan with the held values that the revision was applied with, and the target as the workload's row has it:
    what is in the portal keeps its place and container."""
    plan = plan_for(workload.project_environment, workload.deployment).as_of(revision)
    placement = workload.placement
    target = Target(placement.cluster, placement.wave, workload.namespace, workload.container, placement=placement.pk)
    return plan, target
