"""The API of configurations: what is in force, revisions, differences, exports, the form's schema, and the preview.

Must not: decide rights or change anything; only the preview asks clusters, and only by reads and dry runs.
"""

from __future__ import annotations

import re
from typing import Any

from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.errors import Invalid, Missing
from apps.common.errors_api import language_of
from apps.common.parsers import StrictJSONParser
from apps.common.plain_text import AnyAccept, conditional_text, digest_of
from apps.policy.permissions import actor_of
from apps.policy.services import require
from apps.projects.models import Environment, Project, ProjectEnvironment
from apps.workloads import serializers_configurations as forms
from apps.workloads.configuring import revisions
from apps.workloads.configuring.planning import WORKLOAD_NAME, completed, plan_for, schema_of
from apps.workloads.configuring.preview import preview
from apps.workloads.models import Configuration, ConfigurationRevision
from apps.workloads.rendering import chart, to_yaml

NAME = re.compile(WORKLOAD_NAME)


def checked(serializer: Any) -> dict[str, Any]:
    """The content of a body or query that has the right shape."""
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


class ConfigurationView(generics.GenericAPIView[Any]):
    """What the views of this module share."""

    parser_classes = (StrictJSONParser,)
    policy_action = "configuration.read"
    serializer_class: Any = forms.ConfigurationSerializer
    queryset = Configuration.objects.none()

    def pair(self, slug: str, environment: str) -> ProjectEnvironment:
        """The project in the environment, once the declared action is allowed there (404 to strangers)."""
        rows = ProjectEnvironment.objects.select_related("project", "environment")
        found = rows.filter(project__slug=slug, environment__slug=environment).first()
        if found is None:
            raise Missing
        self.check_object_permissions(self.request, found)
        return found

    def query(self, serializer: type[Any]) -> dict[str, Any]:
        """The checked query parameters."""
        return checked(serializer(data=self.request.query_params.dict()))

    def told(self, serializer: type[Any], row: Any) -> Response:
        return Response(serializer(row, context={"language": language_of(self.request)}).data)


class ConfigurationList(ConfigurationView):
    """The configurations of a project."""

    keyset = ("id",)

    @extend_schema(operation_id="configurations_list", responses=forms.ConfigurationSerializer(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """List them with the revision in force of each."""
        project = Project.objects.filter(slug=slug).first()
        if project is None:
            raise Missing
        self.check_object_permissions(request, project)
        page = self.paginate_queryset(revisions.configurations_of(project.pk)) or []
        context = {"current": revisions.in_force_of([row.pk for row in page])}
        return self.get_paginated_response(forms.ConfigurationSerializer(page, many=True, context=context).data)


class ConfigurationCurrent(ConfigurationView):
    """The configuration of one workload in one environment."""

    @extend_schema(operation_id="configurations_read", responses=forms.CurrentConfigurationSerializer)
    def get(self, request: Request, slug: str, environment: str, name: str) -> Response:
        """Show what is in force, or what the portal would propose while nothing is."""
        pair = self.pair(slug, environment)
        if NAME.fullmatch(name) is None:
            raise Missing
        now = revisions.in_force(pair, name)
        answer = {
            "environment": environment,
            "name": name,
            "document": now.document if now else completed(pair, name, {}),
            "revision": now,
            "is_proposal_only": now is None,
        }
        return self.told(forms.CurrentConfigurationSerializer, answer)


class RevisionList(ConfigurationView):
    """The revisions of one configuration."""

    keyset = ("-number",)
    serializer_class = forms.ConfigurationRevisionSerializer

    @extend_schema(
        operation_id="configurations_revisions_list", responses=forms.ConfigurationRevisionSerializer(many=True)
    )
    def get(self, request: Request, slug: str, environment: str, name: str) -> Response:
        """List them, the newest first, without their documents."""
        rows = revisions.revisions_of(self.pair(slug, environment), name).defer("document")
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(forms.ConfigurationRevisionSerializer(page, many=True).data)


class RevisionDetail(ConfigurationView):
    """One revision."""

    @extend_schema(operation_id="configurations_revisions_read", responses=forms.ConfigurationRevisionDetailSerializer)
    def get(self, request: Request, slug: str, environment: str, name: str, number: int) -> Response:
        """Show it with its document."""
        found = revisions.get_revision(self.pair(slug, environment), name, number)
        return self.told(forms.ConfigurationRevisionDetailSerializer, found)


class RevisionDifference(ConfigurationView):
    """The difference of two revisions."""

    @extend_schema(
        operation_id="configurations_difference",
        parameters=[forms.DifferenceQuerySerializer],
        responses=forms.ConfigurationDifferenceSerializer,
    )
    def get(self, request: Request, slug: str, environment: str, name: str) -> Response:
        """Show it as documents and as objects."""
        pair = self.pair(slug, environment)
        wanted = self.query(forms.DifferenceQuerySerializer)
        before, after = (revisions.get_revision(pair, name, wanted[side]) for side in ("before", "after"))
        answer = {
            **wanted,
            "document": revisions.document_changes(before.document, after.document),
            "objects": revisions.object_changes(plan_for(pair, name), before, after),
        }
        return self.told(forms.ConfigurationDifferenceSerializer, answer)


class ExportView(ConfigurationView):
    """What the exports share."""

    def wanted(self, slug: str, environment: str, name: str) -> tuple[ConfigurationRevision, Any, Any]:
        """The revision, its objects and whom they are for."""
        pair = self.pair(slug, environment)
        query = self.query(forms.ExportQuerySerializer)
        number = query.get("revision")
        revision = revisions.get_revision(pair, name, number) if number else revisions.in_force(pair, name)
        if revision is None:
            raise Missing
        return revision, *revisions.exported(revision, plan_for(pair, name), query["cluster"])


class ExportYaml(ExportView):
    """A revision as plain YAML."""

    content_negotiation_class = AnyAccept

    @extend_schema(
        operation_id="configurations_export_yaml",
        parameters=[forms.ExportQuerySerializer],
        responses={(200, "text/plain"): OpenApiTypes.STR},
    )
    def get(self, request: Request, slug: str, environment: str, name: str) -> HttpResponseBase:
        """The objects in the order they are applied, with the image last seen on the cluster."""
        _, objects, _ = self.wanted(slug, environment, name)
        text = to_yaml(objects)
        return conditional_text(request._request, lambda: text, digest=digest_of(text))


class ExportChart(ExportView):
    """A revision as a Helm chart."""

    @extend_schema(
        operation_id="configurations_export_chart",
        parameters=[forms.ExportQuerySerializer],
        responses=forms.HelmChartSerializer,
    )
    def get(self, request: Request, slug: str, environment: str, name: str) -> Response:
        """The files of the chart; image, replicas and resources are values."""
        _, objects, subject = self.wanted(slug, environment, name)
        return self.told(forms.HelmChartSerializer, {"files": chart(objects, subject)})


class ConfigurationSchema(ConfigurationView):
    """What the form is made of."""

    @extend_schema(
        operation_id="configurations_schema",
        parameters=[forms.PlaceSerializer],
        responses={200: OpenApiTypes.OBJECT},
    )
    def get(self, request: Request) -> Response:
        """The JSON Schema of a document for a project's language in an environment's tier."""
        wanted = self.query(forms.PlaceSerializer)
        return Response(schema_of(self.pair(wanted["project"], wanted["environment"]), wanted["workload"]))


class ConfigurationPreview(ConfigurationView):
    """A document that is not saved."""

    policy_action = "configuration.propose"

    @extend_schema(
        operation_id="configurations_preview",
        request=forms.PreviewRequestSerializer,
        responses=forms.ConfigurationPreviewSerializer,
    )
    def post(self, request: Request) -> Response:
        """Complete and judge it, and let every cluster say what it would change. Stores nothing."""
        body = checked(forms.PreviewRequestSerializer(data=request.data))
        pair = self._allowed_pair(body["project"], body["environment"])
        how = {name: body[name] for name in ("based_on", "take_over") if name in body}
        found = preview(pair, body["name"], body["document"], **how)
        return self.told(forms.ConfigurationPreviewSerializer, found)

    def _allowed_pair(self, slug: str, environment_slug: str) -> ProjectEnvironment:
        """A stranger's project is as good as none; to a member an environment that is not used is a wrong field."""
        actor = actor_of(self.request)
        project = Project.objects.filter(slug=slug).first()
        if project is None:
            raise Missing
        environment = Environment.objects.filter(slug=environment_slug).first()
        where = {"project_id": project.pk, "environment_id": environment.pk if environment else None}
        require(actor, "configuration.propose" if environment else "configuration.read", **where)
        rows = ProjectEnvironment.objects.select_related("project", "environment")
        found = rows.filter(project=project, environment=environment).first() if environment else None
        if found is None:
            problem = {"code": "does_not_exist", "params": {"value": environment_slug}}
            raise Invalid(fields={"environment": [problem]})
        return found
