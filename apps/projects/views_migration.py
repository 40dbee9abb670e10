"""The API of a project's migration state in one environment, its history and its nginx upstream block.

Must not: decide rights (the policy table does) or write rows itself (services do).
"""

from __future__ import annotations

from typing import Any

from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.errors import Missing
from apps.common.plain_text import AnyAccept, conditional_text, digest_of
from apps.projects import serializers_migration as forms
from apps.projects.models import MigrationRevision, ProjectEnvironment
from apps.projects.services import migration
from apps.projects.views import ProjectView, checked


class MigrationView(ProjectView):
    """What the views of this module share."""

    policy_action = "project.read"
    serializer_class: Any = forms.MigrationSerializer

    def pair(self, slug: str, environment: str) -> ProjectEnvironment:
        """The project in the environment, once the declared action is allowed there (404 to strangers)."""
        rows = ProjectEnvironment.objects.select_related("project", "environment")
        found = rows.filter(project__slug=slug, environment__slug=environment).first()
        if found is None:
            raise Missing
        self.check_object_permissions(self.request, found)
        return found

    def told(self, pair: ProjectEnvironment, revision: MigrationRevision, code: int = status.HTTP_200_OK) -> Response:
        context = {"machines": migration.machines_of(pair)}
        return Response(forms.MigrationSerializer(revision, context=context).data, status=code)


class Migration(MigrationView):
    """Where the requests of a project in an environment go."""

    policy_actions = {"GET": "project.read", "PUT": "migration.change"}

    @extend_schema(operation_id="projects_migration_read", responses=forms.MigrationSerializer)
    def get(self, request: Request, slug: str, environment: str) -> Response:
        """Show the current revision; number 0 (all on virtual machines) before the first."""
        pair = self.pair(slug, environment)
        return self.told(pair, migration.current_revision(pair))

    @extend_schema(
        operation_id="projects_migration_change",
        request=forms.MigrationChangeSerializer,
        responses={200: forms.MigrationSerializer, 201: forms.MigrationSerializer},
    )
    def put(self, request: Request, slug: str, environment: str) -> Response:
        """Set state, weight and container addresses (201); what is current already stays as it is (200)."""
        pair = self.pair(slug, environment)
        body = checked(forms.MigrationChangeSerializer(data=request.data))
        revision, is_new = migration.change_migration(pair, **body, actor=self.actor)
        return self.told(pair, revision, status.HTTP_201_CREATED if is_new else status.HTTP_200_OK)


class MigrationBack(MigrationView):
    """The way back."""

    policy_action = "migration.change"

    @extend_schema(
        operation_id="projects_migration_back",
        request=forms.BackToVmSerializer,
        responses={200: forms.MigrationSerializer, 201: forms.MigrationSerializer},
    )
    def post(self, request: Request, slug: str, environment: str) -> Response:
        """Send every request to the virtual machines (201), whatever is current; 200 when they get them all."""
        pair = self.pair(slug, environment)
        reason = checked(forms.BackToVmSerializer(data=request.data))["reason"]
        revision, is_new = migration.back_to_vm(pair, reason=reason, actor=self.actor)
        return self.told(pair, revision, status.HTTP_201_CREATED if is_new else status.HTTP_200_OK)


class MigrationHistory(MigrationView):
    """Who changed it, when and why."""

    keyset = ("-number",)
    serializer_class = forms.MigrationRevisionSerializer

    @extend_schema(operation_id="projects_migration_history", responses=forms.MigrationRevisionSerializer(many=True))
    def get(self, request: Request, slug: str, environment: str) -> Response:
        """List the revisions, the newest first."""
        page = self.paginate_queryset(migration.revisions_of(self.pair(slug, environment)))
        return self.get_paginated_response(forms.MigrationRevisionSerializer(page, many=True).data)


class MigrationUpstream(MigrationView):
    """The nginx upstream block of the current revision."""

    content_negotiation_class = AnyAccept

    @extend_schema(operation_id="projects_migration_upstream", responses={(200, "text/plain"): OpenApiTypes.STR})
    def get(self, request: Request, slug: str, environment: str) -> HttpResponseBase:
        """The block as text, with an entity tag; 409 when a side with a share has no server."""
        text = migration.upstream_of(self.pair(slug, environment))
        return conditional_text(request._request, lambda: text, digest=digest_of(text))
