"""How projects' Jenkins jobs stand to their template, over the API: a page of a language's, and one project's.

Must not: decide rights, or read more than one page of jobs for one request.
"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response

from apps.catalog.looking import look_at_job, look_at_jobs
from apps.catalog.models import Language, TemplateVersion
from apps.catalog.serializers_drift import JobDriftSerializer
from apps.catalog.services import newest_template
from apps.common.errors import Missing
from apps.projects.models import Project

ACTIVE = Project.in_stage(Project.Stage.ACTIVE)
JOB = TemplateVersion.Kind.JENKINS_JOB


class LanguageDrift(generics.GenericAPIView[Any]):
    """The jobs of a language's projects."""

    policy_action = "integration.manage"
    serializer_class = JobDriftSerializer
    queryset = Project.objects.none()
    keyset = ("slug",)

    @extend_schema(operation_id="languages_drift", responses=JobDriftSerializer(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """Read the jobs of one page of projects in Jenkins now; each one that cannot be read says so."""
        if not Language.objects.filter(slug=slug).exists():
            raise Missing
        template = newest_template(slug, JOB)
        page = self.paginate_queryset(Project.objects.filter(ACTIVE, language=slug).select_related("jenkins"))
        looks = look_at_jobs(page or [], template)
        return self.get_paginated_response(self.get_serializer(looks, many=True).data)


class ProjectJobDrift(generics.GenericAPIView[Any]):
    """A project's job."""

    policy_action = "project.read"
    serializer_class = JobDriftSerializer
    queryset = Project.objects.filter(ACTIVE).select_related("jenkins")
    lookup_field = "slug"

    @extend_schema(operation_id="projects_job_drift", responses=JobDriftSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """Read it in Jenkins now and compare it with the newest template of the project's language."""
        project = self.get_object()
        return Response(self.get_serializer(look_at_job(project, newest_template(project.language, JOB))).data)
