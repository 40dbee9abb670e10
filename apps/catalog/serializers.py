"""The shapes of languages and their template versions. Must not: check a template's content (services do)."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.catalog.models import DockerfileOverride, Language, TemplateVersion
from apps.catalog.rendering import PROBLEM_LEVELS, Problem
from apps.common.messages import sentence
from apps.common.serializers import StrictSerializer
from apps.projects.models import Project


class TemplateHeadSerializer(serializers.ModelSerializer[TemplateVersion]):
    """A version without its body."""

    class Meta:
        model = TemplateVersion
        fields: tuple[str, ...] = ("id", "kind", "version", "jenkins_template", "created_at")
        read_only_fields: tuple[str, ...] = fields


class TemplateSerializer(TemplateHeadSerializer):
    """A version with its body."""

    class Meta(TemplateHeadSerializer.Meta):
        fields = (*TemplateHeadSerializer.Meta.fields, "body")
        read_only_fields = fields


class LanguageSerializer(serializers.ModelSerializer[Language]):
    """A language and the versions it builds with now."""

    newest = serializers.SerializerMethodField(help_text="the newest version of each kind")

    class Meta:
        model = Language
        fields: tuple[str, ...] = ("id", "slug", "name", "created_at", "newest")
        read_only_fields: tuple[str, ...] = fields

    @extend_schema_field(TemplateHeadSerializer(many=True))
    def get_newest(self, language: Language) -> object:
        return TemplateHeadSerializer(language.newest, many=True).data  # type: ignore[attr-defined]


class LanguageDetailSerializer(serializers.ModelSerializer[Language]):
    """A language with every version of its templates, the newest first."""

    templates = TemplateSerializer(many=True, read_only=True)

    class Meta:
        model = Language
        fields = ("id", "slug", "name", "created_at", "templates")
        read_only_fields = fields


class NewTemplateSerializer(StrictSerializer):
    """POST /languages/{slug}/templates/: `body` for a Dockerfile and a logging sidecar, whose image it is (empty: none from
    now on), `jenkins_template` for a Jenkins job."""

    kind = serializers.ChoiceField(choices=TemplateVersion.Kind.choices)
    body = serializers.CharField(
        required=False, allow_blank=True, default="", trim_whitespace=False, max_length=100_000
    )
    jenkins_template = serializers.CharField(required=False, allow_blank=True, default="", max_length=200)


class TemplatePreviewSerializer(StrictSerializer):
    """POST /languages/{slug}/templates/preview: `text` is a Dockerfile's source, a template job's name, or an image."""

    kind = serializers.ChoiceField(choices=TemplateVersion.Kind.choices)
    text = serializers.CharField(allow_blank=True, trim_whitespace=False, max_length=100_000)
    project = serializers.SlugRelatedField(
        slug_field="slug",
        queryset=Project.objects.filter(Project.in_stage(Project.Stage.ACTIVE)).select_related("jenkins"),
        required=False,
        allow_null=True,
        default=None,
        help_text="for which it is shown; none: for an example",
    )


class TemplateProblemSerializer(serializers.Serializer[Problem]):
    """One thing that is wrong. `deny` keeps it from being saved; the line is the template's, from 1."""

    level = serializers.ChoiceField(choices=PROBLEM_LEVELS)
    code = serializers.CharField()
    line = serializers.IntegerField(allow_null=True)
    params = serializers.DictField()
    detail = serializers.SerializerMethodField()

    def get_detail(self, problem: Problem) -> str:
        reason = problem.as_reason()
        return sentence(reason["code"], reason["params"], self.context["language"])


class TemplatePreviewedSerializer(serializers.Serializer[Any]):
    """What a template makes: `rendered` for `values`; of a job its configuration at the controller `where`."""

    rendered = serializers.CharField(allow_blank=True)
    problems = TemplateProblemSerializer(many=True)
    values = serializers.DictField(child=serializers.CharField())
    where = serializers.CharField(allow_blank=True)


class DockerfileOverrideSerializer(serializers.ModelSerializer[DockerfileOverride]):
    """A project's own Dockerfile, who set it and why."""

    set_by = serializers.CharField(source="set_by.username", default="")

    class Meta:
        model = DockerfileOverride
        fields = ("id", "body", "reason", "set_by", "created_at")
        read_only_fields = fields


class NewDockerfileOverrideSerializer(StrictSerializer):
    """PUT /projects/{slug}/dockerfile."""

    body = serializers.CharField(trim_whitespace=False, max_length=100_000)
    reason = serializers.CharField(min_length=10, max_length=500)
