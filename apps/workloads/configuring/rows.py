"""The Workload rows of a configuration that came in force: from here on releases have a target there (D1, D22).

Must not: call a cluster, take a row from somebody else, or make one where the document gives no Deployment.
"""

from __future__ import annotations

from typing import Any

import structlog
from django.db import IntegrityError, transaction
from django.db.models import Q

from apps.audit.services import record
from apps.policy.actor import Actor
from apps.tickets.models import Ticket
from apps.workloads.configuring.making import gives_deployment
from apps.workloads.configuring.planning import Plan, Target, plan_for
from apps.workloads.models import ConfigurationRevision, Workload

log = structlog.get_logger(__name__)
ENGINE = Actor.system("engine")


def ensure_workloads(ticket: Ticket, revision: ConfigurationRevision, step: str) -> list[Workload]:
    """The rows that are new, one per cluster where `step` of the ticket put the configuration.

    `deployment_uid` is "" until there is a Deployment; a row that lacks it gets the one that was configured.
    """
    if not gives_deployment(revision):
        return []
    head = revision.configuration
    plan = plan_for(head.project_environment, head.name)
    applied = dict(ticket.steps.filter(name=step).values_list("params__cluster_id", "output"))
    made = []
    for target in plan.targets:
        if target.refused is None and target.cluster.pk in applied:
            uid = _uid_in(applied[target.cluster.pk])
            row = _ensure(plan, target, uid)
            made += [row] if row is not None else []
    return made


def _uid_in(output: Any) -> str:
    return str(output.get("deployment_uid") or "") if isinstance(output, dict) else ""


def _ensure(plan: Plan, target: Target, uid: str) -> Workload | None:
    """The new row; None where one is there already, ours or somebody else's."""
    mine = Q(project_environment=plan.pair, name=plan.name)
    same = Q(namespace=target.namespace, deployment=plan.name, container=target.container)
    known = Workload.objects.filter(mine | same, placement=target.placement)
    if known.exists():
        if uid:
            known.filter(project_environment=plan.pair, deployment=plan.name, deployment_uid="").update(
                deployment_uid=uid
            )
        return None
    try:
        with transaction.atomic():
            row = Workload.objects.create(
                project_environment=plan.pair,
                placement_id=target.placement,
                name=plan.name,
                namespace=target.namespace,
                deployment=plan.name,
                container=target.container,
                deployment_uid=uid,
            )
    except IntegrityError:
        log.warning("a workload was taken in meanwhile", deployment=plan.name, cluster=target.cluster.name)
        return None
    record(
        "workload.configured",
        target=row,
        params={"cluster": target.cluster.name, "container": target.container},
        project_id=plan.pair.project_id,
        environment_id=plan.pair.environment_id,
        actor=ENGINE,
    )
    return row
