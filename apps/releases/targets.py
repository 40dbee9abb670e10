"""The targets of a ticket: the workloads of a project in an environment, in waves, and the steps for each.

Must not: call a cluster.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from apps.common.errors import Conflict
from apps.integrations.models import Registry
from apps.projects.models import Environment, Project
from apps.releases.models import Release
from apps.tickets.models import Ticket
from apps.tickets.outcomes import Failed
from apps.tickets.registry import StepSpec
from apps.workloads.configuring.making import in_force_for, pre_rollout_of
from apps.workloads.models import ConfigurationRevision, Workload

WITH = ("placement__cluster__registry", "project_environment__project", "project_environment__environment")
DEPLOYMENT_MISSING = "kubernetes.deployment_missing"
PATCH, AWAIT, PRE_ROLLOUT = "patch_image", "await_rollout", "run_pre_rollout"
RESTORE = "restore_configuration"
CHANGES_IMAGE = (PATCH, RESTORE)  # one of them for each target


def workloads_of(project: Project, environment: Environment) -> list[Workload]:
    """Every workload there, by wave; Conflict when there is none."""
    found = list(
        Workload.objects.filter(
            project_environment__project=project,
            project_environment__environment=environment,
            placement__cluster__is_enabled=True,
        )
        .select_related(*WITH)
        .order_by("placement__wave", "placement__cluster__name", "name")
    )
    if not found:
        raise Conflict("release.no_workload", project=project.slug, environment=environment.slug)
    return found


def planned_workloads(ticket: Ticket) -> list[Workload]:
    """The workloads a ticket was planned for, whatever was adopted since; Conflict when one of them is gone."""
    ids = set(ticket.steps.filter(name__in=CHANGES_IMAGE).values_list("params__workload", flat=True))
    found = list(
        Workload.objects.filter(pk__in=ids)
        .select_related(*WITH)
        .order_by("placement__wave", "placement__cluster__name", "name")
    )
    if len(found) != len(ids):
        raise targets_changed(ticket)
    return found


def targets_changed(ticket: Ticket) -> Conflict:
    """What runs there is no longer what the ticket was planned, and perhaps approved, for."""
    assert ticket.environment is not None
    return Conflict("release.targets_changed", environment=ticket.environment.slug)


def target_name(workload: Workload) -> str:
    """How a target is called on the ticket: `dc1/book-api-n1`."""
    return f"{workload.placement.cluster.name}/{workload.name}"


def image_reference(release: Release, workload: Workload) -> str:
    """`host/repository:tag@sha256:…` with the pull host of the workload's cluster (D25); never a tag alone (B9)."""
    cluster = workload.placement.cluster
    host = cluster.pull_host or (cluster.registry.host if cluster.registry else "")
    tag = f":{release.tag}" if release.tag else ""
    return f"{host}/{release.image_repository}{tag}@{release.digest}"


def foreign_registries(project: Project, workloads: list[Workload]) -> list[Registry]:
    """The registries that these workloads' clusters pull from and Jenkins does not push to, by name."""
    rows = [w.placement.cluster.registry for w in workloads]
    found = {row.pk: row for row in rows if row is not None and row.pk != project.registry_id}
    return sorted(found.values(), key=lambda row: row.name)


def target_steps(
    kind: str, project: Project, workloads: list[Workload], restored: Collection[int] = ()
) -> list[StepSpec]:
    """Copies to foreign registries side by side, then the rollouts; without any, the rollouts alone.

    restored: ids of the workloads whose configuration comes with the image.
    """
    foreign = foreign_registries(project, workloads)
    copies = [
        StepSpec("copy_image", 0, row.name, 1, f"registry:{row.pk}", {"registry": row.pk, "name": row.name})
        for row in foreign
    ]
    return [*copies, *_rollout_steps(kind, workloads, restored, first_wave=2 if copies else 1)]


def _rollout_steps(kind: str, workloads: list[Workload], restored: Collection[int], first_wave: int) -> list[StepSpec]:
    """`patch_image` then `await_rollout` for each target; placement waves keep their order after `first_wave`.

    Where the configuration in force has a pre-rollout Job it comes first (R15). Where a configuration comes with the
    image, `restore_configuration` makes both changes in one write, so that no cancel can come between them (R8).
    """
    prepared = _prepared(kind, workloads)
    waves = sorted({w.placement.wave for w in workloads})
    steps = []
    for workload in workloads:
        wave = first_wave + waves.index(workload.placement.wave)
        system = f"cluster:{workload.placement.cluster_id}"
        params = {"workload": workload.pk, "cluster": workload.placement.cluster.name}
        target = target_name(workload)
        change = RESTORE if workload.pk in restored else PATCH
        names = [PRE_ROLLOUT, change, AWAIT] if workload.pk in prepared else [change, AWAIT]
        steps += [
            StepSpec(name, order, target, wave, system, params, retry_from=change if name == AWAIT else "")
            for order, name in enumerate(names)
        ]
    return steps


def pre_rollout_for(kind: str, revision: ConfigurationRevision | None) -> dict[str, Any] | None:
    """`{command, timeout_seconds}` of what a ticket of that kind runs before its rollout, if anything.

    A roll back runs nothing: its image ran there before, and a migration of the older code, which does not know the
    newer schema, would only keep it from coming back.
    """
    return None if kind == "roll_back" else pre_rollout_of(revision)


def _prepared(kind: str, workloads: list[Workload]) -> set[int]:
    """The ids of the workloads before whose rollout a Job runs."""
    return {pk for pk, revision in in_force_for(workloads).items() if pre_rollout_for(kind, revision) is not None}


def pre_rollouts_moved(ticket: Ticket) -> Failed | None:
    """A configuration that came in force since the filing brought a pre-rollout Job, or took it away: the plan, which
    is fixed, would leave it out or fail to make it. A ticket that has changed a cluster goes on as it began."""
    if ticket.frozen_at is not None:
        return None
    planned: dict[str, set[int]] = {PATCH: set(), PRE_ROLLOUT: set()}
    for name, params in ticket.steps.filter(name__in=planned).values_list("name", "params"):
        if isinstance(params, dict) and isinstance(params.get("workload"), int):
            planned[name].add(params["workload"])
    if _prepared(ticket.kind, list(Workload.objects.filter(pk__in=planned[PATCH]))) == planned[PRE_ROLLOUT]:
        return None
    assert ticket.environment is not None
    return Failed("release.pre_rollout_changed", {"environment": ticket.environment.slug})
