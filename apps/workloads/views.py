"""The API of workloads: rows only; adopting is the one call that looks into a cluster.

Must not: ask a cluster because somebody looks at a page, or decide rights.
"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.db import db_now
from apps.common.errors import Invalid, Missing
from apps.common.errors_api import language_of
from apps.common.parsers import StrictJSONParser
from apps.policy.permissions import actor_of
from apps.policy.services import require
from apps.projects.api import query_text
from apps.projects.models import Environment, Project
from apps.workloads import api, services
from apps.workloads import serializers as forms
from apps.workloads.models import Workload

FILTERS = {
    "project": "project_environment__project__slug",
    "environment": "project_environment__environment__slug",
    "cluster": "placement__cluster__name",
}


class WorkloadView(generics.GenericAPIView[Workload]):
    """What the views of this room share."""

    parser_classes = (StrictJSONParser,)
    serializer_class: Any = forms.WorkloadSerializer
    queryset = Workload.objects.none()
    keyset = ("id",)

    def context(self) -> dict[str, Any]:
        return {"now": db_now(), "language": language_of(self.request)}


class WorkloadList(WorkloadView):
    """Workloads of one's own projects, with what was last seen of them."""

    policy_action = "workload.read"

    @extend_schema(
        operation_id="workloads_list",
        parameters=[
            OpenApiParameter("project", str, description="slug"),
            OpenApiParameter("environment", str, description="slug"),
            OpenApiParameter("cluster", str, description="name"),
        ],
        responses=forms.WorkloadSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """List them."""
        rows = api.visible_workloads(actor_of(request))
        for name, path in FILTERS.items():
            if text := query_text(request.query_params, name):
                rows = rows.filter(**{path: text})
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(forms.WorkloadSerializer(page, many=True, context=self.context()).data)


class WorkloadDetail(WorkloadView):
    """One workload."""

    policy_action = "workload.read"

    @extend_schema(operation_id="workloads_read", responses=forms.WorkloadDetailSerializer)
    def get(self, request: Request, workload_id: int) -> Response:
        """Show it with its pods by meaning."""
        found = api.workloads_in_full().filter(pk=workload_id).first()
        if found is None:
            raise Missing
        pair = found.project_environment
        where = {"project_id": pair.project_id, "environment_id": pair.environment_id}
        require(actor_of(request), "workload.read", **where, obj=found)
        return Response(forms.WorkloadDetailSerializer(found, context=self.context()).data)


class WorkloadAdopt(WorkloadView):
    """Take an existing Deployment into the portal."""

    policy_action = "workload.adopt"

    @extend_schema(
        operation_id="workloads_adopt", request=forms.AdoptSerializer, responses={201: forms.WorkloadDetailSerializer}
    )
    def post(self, request: Request) -> Response:
        """Look at the Deployment once, and keep it as a workload of the project in that environment."""
        body = forms.AdoptSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        values = dict(body.validated_data)
        actor = actor_of(request)
        project = Project.objects.filter(slug=values.pop("project")).first()
        if project is None:
            raise Missing
        slug = values.pop("environment")
        environment = Environment.objects.filter(slug=slug).first()
        if environment is None:
            require(actor, "project.read", project_id=project.pk)
            problem = {"code": "does_not_exist", "params": {"value": slug}}
            raise Invalid(fields={"environment": [problem]})
        made = services.adopt_workload(project, environment, **values, actor=actor)
        row = api.workloads_in_full().get(pk=made.pk)
        answer = forms.WorkloadDetailSerializer(row, context=self.context())
        return Response(answer.data, status=status.HTTP_201_CREATED)
