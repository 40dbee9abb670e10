"""The plan of a removal: what an access set up, taken away in reverse; what was there before is in no step.

From rows alone. Must not: call outside.
"""

from __future__ import annotations

from apps.access.models import Provision
from apps.access.provisioning.plan import target_of
from apps.access.removing import calls, closing, places  # noqa: F401 - registers the steps
from apps.access.removing.running import places_of
from apps.integrations.models import Cluster
from apps.projects.models import Project
from apps.tickets.registry import StepSpec

What = Provision.What
STEPS = {
    What.WEBHOOK: "remove_webhook",
    What.JOB: "remove_job",
    What.QUOTA: "remove_quota",
    What.NAMESPACE: "remove_namespace",
}


def removable(project: Project) -> list[Provision]:
    """What a removal takes away, the newest first; also what a call without an answer may have made."""
    rows = Provision.objects.filter(project=project, removed_at=None, is_adopted=False)
    return list(rows.exclude(what=What.REPOSITORY).order_by("-pk"))


def plan_removal(project: Project) -> list[StepSpec]:
    """`start`; the workloads of an admitted project per cluster; then each thing by its row; the project with its
    grants last."""
    rows = removable(project)
    names = dict(Cluster.objects.values_list("pk", "name"))
    admitted = project.stage == Project.Stage.ACTIVE
    return [
        StepSpec("start", 0),
        *(_workloads_steps(project, names) if admitted else []),
        *(_step(row, names) for row in rows if row.what != What.GRANTS),
        StepSpec("close_project", 0, "", 3),
    ]


def _workloads_steps(project: Project, names: dict[int, str]) -> list[StepSpec]:
    return [
        StepSpec(
            "remove_workloads",
            0,
            names[cluster_id],
            1,
            f"cluster:{cluster_id}",
            {"cluster_id": cluster_id, "cluster": names[cluster_id], "namespaces": namespaces},
        )
        for cluster_id, namespaces in places_of(project).items()
    ]


def _step(row: Provision, names: dict[int, str]) -> StepSpec:
    """Each thing in a line of its own, so that one that fails keeps no other one; a quota before its namespace."""
    params = {"provision": row.pk}
    if row.what not in (What.NAMESPACE, What.QUOTA):
        system = row.system.partition(":")[0]
        return StepSpec(STEPS[What(row.what)], 0, system, 2, row.system, params)
    cluster_id = int(row.system.partition(":")[2])
    place = {**params, "cluster_id": cluster_id, "cluster": names[cluster_id], "namespace": row.target}
    order = int(row.what == What.NAMESPACE)
    return StepSpec(STEPS[What(row.what)], order, target_of(names[cluster_id], row.target), 2, row.system, place)
