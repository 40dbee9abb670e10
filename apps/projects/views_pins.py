"""The projects a person has pinned. Must not: show one that he may no longer read, or decide rights."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.errors import Missing
from apps.projects import api
from apps.projects.models import Pin, Project
from apps.projects.services import pins
from apps.projects.views import ProjectView


class PinSerializer(serializers.Serializer[Any]):
    """A pinned project."""

    slug = serializers.CharField(source="project.slug")
    name = serializers.CharField(source="project.name")


class PinList(ProjectView):
    """One's pinned projects, in the order of pinning."""

    policy_action = "project.list"
    keyset = ("created_at", "id")

    @extend_schema(operation_id="pins_list", responses=PinSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List them; a project one may no longer read is left out."""
        seen = api.visible_projects(self.actor).values("pk")
        rows = Pin.objects.filter(user=self.actor.person_id, project__in=seen).select_related("project")
        return self.get_paginated_response(PinSerializer(self.paginate_queryset(rows), many=True).data)


class PinDetail(ProjectView):
    """One's pin on a project."""

    policy_action = "project.pin"

    @extend_schema(operation_id="pins_set", request=None, responses={204: None})
    def put(self, request: Request, slug: str) -> Response:
        """Pin it; at most 30. A pinned one keeps its place."""
        pins.pin_project(self._named(slug), actor=self.actor)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(operation_id="pins_remove", responses={204: None})
    def delete(self, request: Request, slug: str) -> Response:
        """Unpin it."""
        pins.unpin_project(self._named(slug), actor=self.actor)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _named(self, slug: str) -> Project:
        found = Project.objects.filter(slug=slug).first()
        if found is None:
            raise Missing
        self.check_object_permissions(self.request, found)
        return found
