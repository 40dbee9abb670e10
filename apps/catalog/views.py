"""The API of languages and their templates. Must not: decide rights or change a version (services add the next)."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import OuterRef, Prefetch, Subquery
from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.catalog import overrides, previewing, services
from apps.catalog import serializers as forms
from apps.catalog.models import Language, TemplateVersion
from apps.common.errors import Missing
from apps.common.errors_api import language_of
from apps.common.parsers import StrictJSONParser
from apps.policy.permissions import actor_of
from apps.projects.models import Project

READ = "catalog.read"


class CatalogView(generics.GenericAPIView[Any]):
    """What the views of this room share."""

    parser_classes = (StrictJSONParser,)
    serializer_class: Any = forms.LanguageSerializer
    queryset = Language.objects.none()
    keyset = ("slug",)

    def language(self, slug: str) -> Language:
        found = Language.objects.prefetch_related("templates").filter(slug=slug).first()
        if found is None:
            raise Missing
        return found


class LanguageList(CatalogView):
    """The languages the portal builds."""

    policy_action = READ

    @extend_schema(operation_id="languages_list", responses=forms.LanguageSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List them with the versions they build with now."""
        same = TemplateVersion.objects.filter(language=OuterRef("language"), kind=OuterRef("kind"))
        newest = TemplateVersion.objects.filter(version=Subquery(same.order_by("-version").values("version")[:1]))
        rows = Language.objects.prefetch_related(Prefetch("templates", newest.defer("body"), to_attr="newest"))
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(forms.LanguageSerializer(page, many=True).data)


class LanguageDetail(CatalogView):
    """One language."""

    policy_action = READ

    @extend_schema(operation_id="languages_read", responses=forms.LanguageDetailSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """Show every version of its templates."""
        return Response(forms.LanguageDetailSerializer(self.language(slug)).data)


class TemplateList(CatalogView):
    """The templates of a language."""

    policy_action = "integration.manage"

    @extend_schema(
        operation_id="languages_templates_create",
        request=forms.NewTemplateSerializer,
        responses={201: forms.TemplateSerializer},
    )
    def post(self, request: Request, slug: str) -> Response:
        """Add the next version; builds that start from now on use it."""
        language = self.language(slug)
        body = forms.NewTemplateSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        if body.validated_data["kind"] == TemplateVersion.Kind.JENKINS_JOB:
            previewing.check_job(language, body.validated_data["jenkins_template"])
        made = services.add_template(language, **body.validated_data, actor=actor_of(request))
        made.refresh_from_db()
        return Response(forms.TemplateSerializer(made).data, status=status.HTTP_201_CREATED)


class TemplatePreview(CatalogView):
    """A template before it is saved."""

    policy_action = "integration.manage"

    @extend_schema(
        operation_id="languages_templates_preview",
        request=forms.TemplatePreviewSerializer,
        responses=forms.TemplatePreviewedSerializer,
    )
    def post(self, request: Request, slug: str) -> Response:
        """Show what it makes for an example or a project, and its problems; stores nothing, refuses no content."""
        language = self.language(slug)
        body = forms.TemplatePreviewSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        found = previewing.preview(language, **body.validated_data)
        return Response(forms.TemplatePreviewedSerializer(found, context={"language": language_of(request)}).data)


class ProjectDockerfile(generics.GenericAPIView[Any]):
    """A project's own Dockerfile in place of its language's template."""

    parser_classes = (StrictJSONParser,)
    serializer_class = forms.DockerfileOverrideSerializer
    queryset = Project.objects.filter(Project.in_stage("active"))
    lookup_field = "slug"
    policy_actions: ClassVar = {
        "GET": "project.read",
        "PUT": "dockerfile.override",
        "DELETE": "dockerfile.override",
    }

    @extend_schema(operation_id="projects_dockerfile_read", responses=forms.DockerfileOverrideSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """Show it; 404 when the project builds with its language's template."""
        found = overrides.live_override(self.get_object())
        if found is None:
            raise Missing
        return Response(self.get_serializer(found).data)

    @extend_schema(
        operation_id="projects_dockerfile_set",
        request=forms.NewDockerfileOverrideSerializer,
        responses=forms.DockerfileOverrideSerializer,
    )
    def put(self, request: Request, slug: str) -> Response:
        """Set it, with a reason; builds that start from now on use it."""
        project = self.get_object()
        body = forms.NewDockerfileOverrideSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        made = overrides.set_override(project, **body.validated_data, actor=actor_of(request))
        return Response(self.get_serializer(made).data)

    @extend_schema(operation_id="projects_dockerfile_end", responses={204: None})
    def delete(self, request: Request, slug: str) -> Response:
        """Back to the language's template."""
        overrides.end_override(self.get_object(), actor=actor_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)
