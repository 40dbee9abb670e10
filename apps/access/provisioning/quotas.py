"""The quota of a project's namespaces, as its placements have it (P3, E5): our own ResourceQuota and no other.

One that would be below what is used already is refused with the numbers: the cluster would take it, and then no pod.
Must not: touch a ResourceQuota that the portal did not make.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from apps.access.models import Provision
from apps.access.provisioning.places import hard_of
from apps.access.provisioning.rows import confirm, deadline, intend, send, told
from apps.integrations.clients import get_kubernetes
from apps.integrations.kubernetes.capacity import quota_of
from apps.integrations.kubernetes.client import Kubernetes
from apps.integrations.kubernetes.objects import keyed
from apps.integrations.kubernetes.ownership import is_ours, is_same_step, step_key
from apps.integrations.kubernetes.quantities import from_server
from apps.integrations.kubernetes.types import STEP_KEY, Quota
from apps.integrations.loop import run
from apps.integrations.models import Cluster
from apps.tickets import registry
from apps.tickets.outcomes import Done, Failed, Outcome
from apps.tickets.visit import Visit
from apps.workloads.configuring.quotas import amount_text, running_demand
from apps.workloads.rendering.demand import COUNTED, Demand
from apps.workloads.rendering.namespace import QUOTA_NAME, quota_object

Json = dict[str, Any]


@registry.step("set_quota", writes=True)
def set_quota(visit: Visit) -> Outcome:
    """The namespace has its quota as the placement has it now: what ops change there counts for a retry."""
    cluster = Cluster.objects.get(pk=visit.params["cluster_id"])
    name, client = str(visit.params["namespace"]), get_kubernetes(cluster)
    hard = hard_of(visit.ticket.project, cluster.pk, name)
    if not hard:
        return Done({"what": Provision.What.QUOTA, "link": "", "did": "unchanged", "namespace": name, "hard": {}})
    row = intend(visit, Provision.What.QUOTA, visit.step.system, name, address={"namespace": name})
    present, used = run(_look(client, name), deadline() * 3)
    where = {"namespace": name, "cluster": cluster.name}
    if present is not None and not is_ours(present):
        return Failed("access.quota_taken", {**where, "quota": QUOTA_NAME})
    short = _below_use(hard, used)
    if short:
        return Failed("access.quota_below_use", {**where, "short": short})
    if present is None or not _is_same(present["spec"].get("hard") or {}, hard):
        # The first step's key stays on it: by that it is known who made it, whoever changed it since.
        wanted = keyed(quota_object(name, hard), STEP_KEY, step_key(present or {}) or visit.key)
        seconds = deadline() * 2
        after = send(visit, lambda: client.apply(wanted, key=visit.key, seen=present), seconds, **where, hard=hard)
        did, present = ("created" if after.created else "changed"), after.object
    else:
        did = "unchanged"
    is_mine = is_same_step(step_key(present), row.key)
    address = {"namespace": name, "uid": str(present["metadata"]["uid"])}
    confirm(visit, row, address=address, link="", is_adopted=not is_mine)
    return told(row, "created" if is_mine else did, "", cluster=cluster.name, namespace=name, hard=hard)


async def _look(client: Kubernetes, namespace: str) -> tuple[Json | None, dict[str, Fraction]]:
    """Our ResourceQuota, and what the namespace uses by name: as its quotas count it, and as its pods ask for it."""
    quotas = (await client.list_objects("resourcequotas", namespace)).items
    pods = running_demand((await client.list_objects("pods", namespace)).items)
    present = next((one for one in quotas if one["metadata"]["name"] == QUOTA_NAME), None)
    return present, _used([quota_of(one) for one in quotas], pods)


def _used(quotas: list[Quota], pods: Demand) -> dict[str, Fraction]:
    found = {name: pods.of(name) or Fraction(0) for name in COUNTED}
    for quota in quotas:
        for name, text in quota.used.items():
            found[name] = max(found.get(name, Fraction(0)), from_server(text) or Fraction(0))
    return found


def _below_use(hard: dict[str, str], used: dict[str, Fraction]) -> list[str]:
    """`pods 2 < 3` for each name that is used beyond the quota."""
    found = []
    for name, text in hard.items():
        taken = used.get(name, Fraction(0))
        if (from_server(text) or 0) < taken:
            found.append(f"{name} {text} < {amount_text(name, taken)}")
    return found


def _is_same(one: dict[str, str], other: dict[str, str]) -> bool:
    return {name: from_server(text) for name, text in one.items()} == {
        name: from_server(text) for name, text in other.items()
    }
