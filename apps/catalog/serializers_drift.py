"""The shape of how jobs stand to their template. Must not: look anything up, or word a problem beside the catalogue."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.catalog import drift
from apps.catalog.looking import STANDINGS, Look
from apps.common.errors_api import language_of
from apps.common.messages import sentence


class DifferenceSerializer(serializers.Serializer[Any]):
    """One thing that differs, in words. A value is null where the thing is not there, `***` where it is a secret."""

    path = serializers.CharField()
    kind = serializers.ChoiceField(choices=drift.KINDS)
    template = serializers.CharField(allow_null=True)
    job = serializers.CharField(allow_null=True)
    diff = serializers.ListField(child=serializers.CharField(), help_text="of a script: the lines of a unified diff")


class DriftProblemSerializer(serializers.Serializer[Any]):
    """Why a job could not be read."""

    code = serializers.CharField()
    params = serializers.DictField()
    detail = serializers.CharField()


class JobDriftSerializer(serializers.Serializer[Any]):
    """How one project's job stands to the newest template of its language, as read now."""

    project = serializers.CharField(source="project.slug")
    project_name = serializers.CharField(source="project.name")
    job = serializers.CharField(source="project.slug")
    jenkins = serializers.CharField(source="project.jenkins.name")
    link = serializers.CharField()
    standing = serializers.ChoiceField(choices=STANDINGS)
    template_version = serializers.IntegerField(
        allow_null=True, help_text="the version that made it, where it is known"
    )
    newest_version = serializers.IntegerField()
    differences = DifferenceSerializer(many=True)
    left_out = serializers.IntegerField(help_text="differences that are not shown, because they are too long")
    checked_at = serializers.DateTimeField()
    problem = serializers.SerializerMethodField()

    @extend_schema_field(DriftProblemSerializer(allow_null=True))
    def get_problem(self, look: Look) -> dict[str, Any] | None:
        if look.error is None:
            return None
        reason = look.error.as_reason()
        return {**reason, "detail": sentence(reason["code"], reason["params"], language_of(self.context["request"]))}
