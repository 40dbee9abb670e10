"""Reading one workload's Deployment and pods from its cluster, bounded in time (≤ 2 calls).

Must not: be called inside a transaction or by a page view; pages read `ObservedDeployment`.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings

from apps.integrations.clients import get_kubernetes
from apps.integrations.kubernetes.types import STEP_KEY
from apps.integrations.loop import run
from apps.workloads.models import Workload
from apps.workloads.observe import Seen, see
from apps.workloads.selectors import as_query

Json = dict[str, Any]


async def read_objects(workload: Workload) -> tuple[Json, list[Json]]:
    """The raw Deployment and the raw pods its selector matches."""
    client = get_kubernetes(workload.placement.cluster)
    deployment = await client.get_deployment(workload.namespace, workload.deployment)
    pods = await client.list_pods(workload.namespace, as_query(deployment["spec"]["selector"]))
    return deployment, pods


def read_seen(workload: Workload) -> Seen:
    """The workload as its cluster tells it now."""
    deployment, pods = run(read_objects(workload), settings.CONFIG.outside_timeout * 2)
    return see(deployment, pods, workload.container, STEP_KEY)
