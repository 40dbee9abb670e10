"""The API of environments, placements and grants.

Must not: decide rights (the policy table does) or write rows itself (services do).
"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.models import User
from apps.common.errors import Missing
from apps.common.parsers import StrictJSONParser
from apps.policy.actor import Actor
from apps.policy.permissions import actor_of
from apps.policy.services import require
from apps.projects import api
from apps.projects import serializers_environments as forms
from apps.projects.models import Environment, Grant, Placement, Project
from apps.projects.services import environments, grants
from apps.projects.services.people import people_named
from apps.projects.services.projects import assert_active
from apps.projects.services.refusals import unknown
from apps.projects.views import checked

ENVIRONMENT = {"GET": "environment.read", **dict.fromkeys(("POST", "PATCH", "DELETE"), "environment.manage")}


class EnvironmentView(generics.GenericAPIView[Any]):
    """What the views of this module share."""

    parser_classes = (StrictJSONParser,)
    policy_actions = ENVIRONMENT
    serializer_class: Any = forms.EnvironmentSerializer
    queryset = Environment.objects.none()

    @property
    def actor(self) -> Actor:
        return actor_of(self.request)

    def environment(self, slug: str) -> Environment:
        found = api.environments_in_full().filter(slug=slug).first()
        if found is None:
            raise Missing
        return found

    def answer(self, slug: str, code: int = status.HTTP_200_OK) -> Response:
        return Response(forms.EnvironmentSerializer(self.environment(slug)).data, status=code)


class EnvironmentList(EnvironmentView):
    """All environments in the order of promotion."""

    keyset = ("position", "id")

    @extend_schema(operation_id="environments_list", responses=forms.EnvironmentSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List them with their clusters."""
        page = self.paginate_queryset(api.environments_in_full())
        return self.get_paginated_response(forms.EnvironmentSerializer(page, many=True).data)

    @extend_schema(
        operation_id="environments_create",
        request=forms.NewEnvironmentSerializer,
        responses={201: forms.EnvironmentSerializer},
    )
    def post(self, request: Request) -> Response:
        """Add one."""
        values = checked(forms.NewEnvironmentSerializer(data=request.data))
        made = environments.create_environment(values, actor=self.actor)
        return self.answer(made.slug, status.HTTP_201_CREATED)


class EnvironmentDetail(EnvironmentView):
    """One environment."""

    @extend_schema(operation_id="environments_read", responses=forms.EnvironmentSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """Show it."""
        return self.answer(slug)

    @extend_schema(
        operation_id="environments_update",
        request=forms.EnvironmentChangeSerializer,
        responses=forms.EnvironmentSerializer,
    )
    def patch(self, request: Request, slug: str) -> Response:
        """Change it; `promotes_from` replaces the old set."""
        changes = checked(forms.EnvironmentChangeSerializer(data=request.data))
        environments.update_environment(self.environment(slug).pk, changes, actor=self.actor)
        return self.answer(slug)


class PlacementList(EnvironmentView):
    """The clusters an environment lies on."""

    keyset = ("wave", "id")

    @extend_schema(operation_id="environments_placements_list", responses=forms.PlacementSerializer(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """List them by wave."""
        rows = Placement.objects.filter(environment=self.environment(slug)).select_related("cluster")
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(forms.PlacementSerializer(page, many=True).data)

    @extend_schema(
        operation_id="environments_placements_create",
        request=forms.NewPlacementSerializer,
        responses={201: forms.PlacementSerializer},
    )
    def post(self, request: Request, slug: str) -> Response:
        """Add a cluster."""
        data = checked(forms.NewPlacementSerializer(data=request.data))
        made = environments.add_placement(
            self.environment(slug),
            data["cluster"],
            data["wave"],
            data["namespace_pattern"],
            data["quota"],
            actor=self.actor,
        )
        return Response(forms.PlacementSerializer(made).data, status=status.HTTP_201_CREATED)


class PlacementDetail(EnvironmentView):
    """One of them."""

    @extend_schema(
        operation_id="environments_placements_update",
        request=forms.PlacementChangeSerializer,
        responses=forms.PlacementSerializer,
    )
    def patch(self, request: Request, slug: str, placement_id: int) -> Response:
        """Move it to another wave, or change its quota."""
        placement = self._placement(slug, placement_id)
        changes = checked(forms.PlacementChangeSerializer(data=request.data))
        environments.change_placement(placement.pk, changes, actor=self.actor)
        return Response(forms.PlacementSerializer(self._placement(slug, placement_id)).data)

    @extend_schema(operation_id="environments_placements_delete", responses={204: None})
    def delete(self, request: Request, slug: str, placement_id: int) -> Response:
        """Take the environment away from the cluster; refused while a workload of it is known there."""
        environments.remove_placement(self._placement(slug, placement_id).pk, actor=self.actor)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _placement(self, slug: str, placement_id: int) -> Placement:
        rows = Placement.objects.filter(environment__slug=slug, pk=placement_id).select_related("cluster")
        found = rows.first()
        if found is None:
            raise Missing
        return found


class GrantList(generics.GenericAPIView[Grant]):
    """Who may do what in the projects one may see, the newest first."""

    parser_classes = (StrictJSONParser,)
    policy_actions = {"GET": "grant.read", "POST": "grant.manage"}
    serializer_class = forms.GrantSerializer
    queryset = Grant.objects.none()

    @extend_schema(
        operation_id="grants_list",
        parameters=[
            OpenApiParameter("project", str, description="slug"),
            OpenApiParameter("user", str, description="user name"),
            OpenApiParameter("ended", bool, description="also grants that have ended"),
        ],
        responses=forms.GrantSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """List live grants."""
        params = request.query_params
        rows = api.visible_grants(actor_of(request), with_ended=api.query_flag(params, "ended"))
        if project := api.query_text(params, "project"):
            rows = rows.filter(project__slug=project)
        if user := api.query_text(params, "user", 150):
            rows = rows.filter(user__username=user)
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(forms.GrantSerializer(page, many=True).data)

    @extend_schema(
        operation_id="grants_create", request=forms.NewGrantSerializer, responses={201: forms.GrantSerializer}
    )
    def post(self, request: Request) -> Response:
        """Give a role on one pair of project and environment."""
        data = checked(forms.NewGrantSerializer(data=request.data))
        actor = actor_of(request)
        project = Project.objects.filter(slug=data["project"]).first()
        if project is None:
            raise Missing
        environment = Environment.objects.filter(slug=data["environment"]).first()
        require(actor, "grant.manage", project_id=project.pk, environment_id=environment.pk if environment else None)
        if environment is None:
            raise unknown("environment", data["environment"])
        assert_active(project)  # a role in a project that nobody admitted would count wherever ops of anywhere may act
        user: User = people_named([data["user"]], "user")[0]
        made = grants.give_grant(user, project, environment, data["role"], expires_at=data["expires_at"], actor=actor)
        row = api.grants_in_full().get(pk=made.pk)
        return Response(forms.GrantSerializer(row).data, status=status.HTTP_201_CREATED)


class GrantDetail(generics.GenericAPIView[Grant]):
    """One grant."""

    policy_action = "grant.manage"
    parser_classes = (StrictJSONParser,)
    serializer_class = forms.GrantSerializer
    queryset = Grant.objects.none()

    @extend_schema(operation_id="grants_revoke", responses={204: None})
    def delete(self, request: Request, grant_id: int) -> Response:
        """End it now; it counts at once."""
        found = api.grants_in_full().filter(pk=grant_id).first()
        if found is None:
            raise Missing
        self.check_object_permissions(request, found)
        grants.revoke_grant(found, actor=actor_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)
