"""What pages show of several projects or tickets at once: summaries of projects, and how long things usually take.

Must not: decide rights or ask anything outside.
"""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.policy.permissions import actor_of
from apps.policy.services import require
from apps.projects.api import visible_projects
from apps.releases import serializers_overview as shapes
from apps.releases.summaries import summaries
from apps.releases.typical import typical
from apps.tickets.api import get_project
from apps.tickets.views import query_with_lists, valid


class ProjectSummaries(APIView):
    """How each of the named projects is; one that the reader does not see is left out, as if it were not there."""

    policy_action = "board.read"

    @extend_schema(
        operation_id="project_summaries_read",
        parameters=[shapes.SummariesQuery],
        responses=shapes.ProjectSummariesSerializer,
    )
    def get(self, request: Request) -> Response:
        slugs = valid(shapes.SummariesQuery(data=query_with_lists(request, "project")))["project"]
        # Members only, as `board.read` says: an administrator's list of all projects shows names, not what runs.
        seen = visible_projects(actor_of(request), admin_sees_all=False).in_bulk(slugs, field_name="slug")
        found = summaries([seen[slug] for slug in dict.fromkeys(slugs) if slug in seen])
        return Response(shapes.ProjectSummariesSerializer({"results": found}, context={"request": request}).data)


class Typical(APIView):
    """How long tickets of a project usually take, by step and by stage of the build."""

    policy_action = "ticket.read"

    @extend_schema(operation_id="typical_read", parameters=[shapes.TypicalQuery], responses=shapes.TypicalSerializer)
    def get(self, request: Request) -> Response:
        wanted = valid(shapes.TypicalQuery(data=query_with_lists(request)))
        project = get_project(wanted.pop("project"), self.policy_action, actor=actor_of(request))
        require(actor_of(request), self.policy_action, project_id=project.pk, obj=project)
        return Response(shapes.TypicalSerializer(typical(project.pk, **wanted)).data)
