"""The pods of a workload as its clusters tell them now, with who touched them by hand.

Must not: multiply calls by viewers (the listing is kept for a second), or decide rights.
"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.common.errors import Missing
from apps.common.errors_api import language_of
from apps.policy.permissions import actor_of
from apps.policy.services import require
from apps.terminals import api
from apps.workloads.models import Workload
from apps.workloads.pods.listing import list_pods
from apps.workloads.serializers_pods import PodListingSerializer


class WorkloadPods(APIView):
    """Every pod of a workload, on all clusters of its environment, worst first."""

    policy_action = "pod.read"

    @extend_schema(operation_id="workload_pods_list", responses=PodListingSerializer)
    def get(self, request: Request, slug: str, workload_id: int) -> Response:
        """One LIST per cluster at most, however many look; poll it every two seconds while it is shown."""
        rows = Workload.objects.select_related("project_environment__project", "placement__cluster")
        found = rows.filter(pk=min(workload_id, 2**63 - 1), project_environment__project__slug=slug).first()
        if found is None:
            raise Missing
        pair = found.project_environment
        where = {"project_id": pair.project_id, "environment_id": pair.environment_id}
        require(actor_of(request), self.policy_action, **where, obj=found)
        listing = list_pods(found)
        answer = {"at": listing.at, "clusters": listing.clusters, "pods": _with_hands(listing.pods)}
        return Response(PodListingSerializer(answer, context={"language": language_of(request)}).data)


def _with_hands(pods: list[dict[str, Any]]) -> list[dict[str, Any]]:
    touched = api.touched([pod["uid"] for pod in pods])
    return [{**pod, **_hands(touched.get(pod["uid"]))} for pod in pods]


def _hands(session: Any) -> dict[str, Any]:
    if session is None:
        return {"touched_at": None, "touched_by": "", "touched_session": None}
    return {"touched_at": session.touched_at, "touched_by": str(session.user), "touched_session": session.pk}
