"""The API of projects, the environments they use, their resources and the refs of their repositories.

Must not: decide rights (the policy table does) or write rows itself (services do).
"""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.db import db_now
from apps.common.errors import Invalid, Missing
from apps.common.parsers import StrictJSONParser
from apps.policy.actor import Actor
from apps.policy.permissions import actor_of
from apps.projects import api
from apps.projects import serializers as forms
from apps.projects.models import Project, ProjectEnvironment, Resource
from apps.projects.services import projects, resources


def checked(serializer: Any) -> dict[str, Any]:
    """The content of a body that has the right shape."""
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


class ProjectView(generics.GenericAPIView[Any]):
    """What the views of projects share."""

    parser_classes = (StrictJSONParser,)
    serializer_class: Any = forms.ProjectSerializer
    keyset: tuple[str, ...] = ("slug",)
    queryset = Project.objects.none()

    @property
    def actor(self) -> Actor:
        return actor_of(self.request)

    def project(self, slug: str) -> Project:
        """The project with all that is shown of it, once the declared action is allowed there (404 to strangers)."""
        found = api.with_everything(Project.objects.filter(slug=slug), self.actor).first()
        if found is None:
            raise Missing
        self.check_object_permissions(self.request, found)
        return found

    def answer(self, slug: str, code: int = status.HTTP_200_OK) -> Response:
        """The project as it is now. Somebody who just gave up his ownership still reads what he did."""
        found = api.with_everything(Project.objects.filter(slug=slug), self.actor).get()
        return Response(forms.ProjectSerializer(found, context=self.context()).data, status=code)

    def context(self) -> dict[str, Any]:
        return {"user_id": self.actor.user_id, "now": db_now()}


class ProjectList(ProjectView):
    """The projects one may see, by name."""

    policy_actions = {"GET": "project.list", "POST": "project.create"}

    @extend_schema(
        operation_id="projects_list",
        parameters=[
            OpenApiParameter("q", str, description="beginning of the slug or name"),
            OpenApiParameter("language", str),
            OpenApiParameter("mine", bool, description="only where I hold a live grant or am an owner"),
            OpenApiParameter(
                "stage", str, enum=Project.Stage.values, description="of one stage; without it all but withdrawn ones"
            ),
        ],
        responses=forms.ProjectSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """List them."""
        params = request.query_params
        rows = api.visible_projects(self.actor, admin_sees_all=not api.query_flag(params, "mine"))
        if text := api.query_text(params, "q"):
            rows = rows.filter(Q(slug__startswith=text.lower()) | Q(name__istartswith=text))
        if language := api.query_text(params, "language"):
            rows = rows.filter(language=language)
        rows = rows.filter(_of_stage(api.query_text(params, "stage")))
        page = self.paginate_queryset(api.with_everything(rows, self.actor))
        return self.get_paginated_response(forms.ProjectSerializer(page, many=True, context=self.context()).data)

    @extend_schema(
        operation_id="projects_create", request=forms.NewProjectSerializer, responses={201: forms.ProjectSerializer}
    )
    def post(self, request: Request) -> Response:
        """Add one; its repository is looked up in GitLab."""
        made = projects.create_project(checked(forms.NewProjectSerializer(data=request.data)), actor=self.actor)
        return self.answer(made.slug, status.HTTP_201_CREATED)


class ProjectDetail(ProjectView):
    """One project."""

    policy_actions = {"GET": "project.read", "PATCH": "project.update"}

    @extend_schema(operation_id="projects_read", responses=forms.ProjectSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """Show it."""
        return Response(forms.ProjectSerializer(self.project(slug), context=self.context()).data)

    @extend_schema(
        operation_id="projects_update", request=forms.ProjectChangeSerializer, responses=forms.ProjectSerializer
    )
    def patch(self, request: Request, slug: str) -> Response:
        """Change it; lists replace the old ones."""
        project = self.project(slug)
        changes = checked(forms.ProjectChangeSerializer(data=request.data))
        projects.update_project(project.pk, changes, actor=self.actor)
        return self.answer(slug)


class ProjectRefs(ProjectView):
    """Branches and tags of the repository."""

    policy_action = "project.read"

    @extend_schema(
        operation_id="projects_refs",
        parameters=[OpenApiParameter("search", str, description="part of the name")],
        responses=forms.RefsSerializer,
    )
    def get(self, request: Request, slug: str) -> Response:
        """Ask GitLab now, for at most 20. Who asked for a project and was not admitted reads no repository by it."""
        project = self.project(slug)
        projects.assert_active(project)
        branch, found = api.search_refs(project, api.query_text(request.query_params, "search", 255))
        return Response(forms.RefsSerializer({"default_branch": branch, "results": found}).data)


class ProjectEnvironmentList(ProjectView):
    """The environments a project uses."""

    policy_action = "project.read"
    keyset = ("id",)

    @extend_schema(operation_id="projects_environments_list", responses=forms.ProjectEnvironmentSerializer(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """List them with approvals and lock."""
        page = self.paginate_queryset(_pairs(self.project(slug)))
        data = forms.ProjectEnvironmentSerializer(page, many=True, context=self.context()).data
        return self.get_paginated_response(data)


class ProjectEnvironmentDetail(ProjectView):
    """One environment of a project."""

    policy_action = "environment.manage"

    @extend_schema(
        operation_id="projects_environments_update",
        request=forms.ApprovalsSerializer,
        responses=forms.ProjectEnvironmentSerializer,
    )
    def patch(self, request: Request, slug: str, environment: str) -> Response:
        """Set the project's own number of approvals; null takes the environment's."""
        pairs = _pairs(self.project(slug)).filter(environment__slug=environment)
        pair = pairs.first()
        if pair is None:
            raise Missing
        number = checked(forms.ApprovalsSerializer(data=request.data))["approvals_required"]
        projects.set_approvals(pair.project, pair.environment, number, actor=self.actor)
        return Response(forms.ProjectEnvironmentSerializer(pairs.get(), context=self.context()).data)


def _of_stage(text: str) -> Q:
    """The rows of one stage; without one all that are, were or may become projects."""
    if not text:
        return Q(withdrawn_at__isnull=True)
    if text not in Project.Stage.values:
        raise Invalid(fields={"stage": [{"code": "invalid_choice", "params": {}}]})
    return Project.in_stage(text)


def _pairs(project: Project) -> QuerySet[ProjectEnvironment]:
    return ProjectEnvironment.objects.filter(project=project).select_related("project", "environment", "locked_by")


class ProjectResourceList(ProjectView):
    """Servers, databases and links of a project."""

    policy_actions = {"GET": "project.read", "POST": "project.update"}
    keyset = ("id",)

    @extend_schema(operation_id="projects_resources_list", responses=forms.ResourceSerializer(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """List them."""
        rows = Resource.objects.filter(project=self.project(slug)).select_related("environment")
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(forms.ResourceSerializer(page, many=True).data)

    @extend_schema(
        operation_id="projects_resources_create",
        request=forms.NewResourceSerializer,
        responses={201: forms.ResourceSerializer},
    )
    def post(self, request: Request, slug: str) -> Response:
        """Bind one to the project."""
        project = self.project(slug)
        made = resources.add_resource(
            project, checked(forms.NewResourceSerializer(data=request.data)), actor=self.actor
        )
        made.refresh_from_db()
        return Response(forms.ResourceSerializer(made).data, status=status.HTTP_201_CREATED)


class ProjectResourceDetail(ProjectView):
    """One of them."""

    policy_action = "project.update"

    @extend_schema(operation_id="projects_resources_delete", responses={204: None})
    def delete(self, request: Request, slug: str, resource_id: int) -> Response:
        """Take it away from the project."""
        resources.remove_resource(self.project(slug), resource_id, actor=self.actor)
        return Response(status=status.HTTP_204_NO_CONTENT)
