"""The nodes of a cluster: where pods may go, by rack and label (E7).

Must not: keep what a cluster answered, or change a node.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.db import db_now
from apps.integrations.clients import get_kubernetes
from apps.integrations.loop import run
from apps.integrations.models import Cluster
from apps.integrations.serializers import NodesSerializer


class ClusterNodes(generics.GenericAPIView[Any]):
    """Nodes with labels, readiness, taints and what they can give to pods."""

    policy_actions = {"GET": "cluster.read"}
    serializer_class = NodesSerializer

    @extend_schema(responses=NodesSerializer)
    def get(self, request: Request, name: str) -> Response:
        """Read the nodes from the cluster now; all of them in one answer, by name."""
        cluster = get_object_or_404(Cluster, name=name)
        nodes = run(get_kubernetes(cluster).list_nodes(cluster.rack_label), settings.CONFIG.outside_timeout)
        found = {"cluster": cluster.name, "rack_label": cluster.rack_label, "read_at": db_now(), "results": nodes}
        return Response(NodesSerializer(found).data)
