"""The shapes of presets. Must not: check a document (catalog.configuration does)."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.accounts.serializers import PersonSerializer
from apps.common.serializers import StrictSerializer, field_error, problem
from apps.workloads.models import ConfigurationPreset
from apps.workloads.presets import SCOPES

LONGEST_NAME = 80


def _in_one_line(name: str) -> None:
    if not name.isprintable():
        raise serializers.ValidationError([problem("invalid")])


class PresetSerializer(serializers.ModelSerializer[ConfigurationPreset]):
    """A preset. Context: `deletable`, the ids of those that the reader may delete."""

    scope = serializers.ChoiceField(choices=SCOPES, read_only=True)
    project = serializers.CharField(source="project.slug", read_only=True, allow_null=True, default=None)
    language = serializers.CharField(source="language.slug", read_only=True, allow_null=True, default=None)
    document = serializers.DictField(read_only=True, help_text="may be partial; without what is one environment's")
    created_by = PersonSerializer(read_only=True, allow_null=True)
    can_delete = serializers.SerializerMethodField()

    class Meta:
        model = ConfigurationPreset
        fields = ("id", "name", "scope", "project", "language", "document", "created_by", "created_at", "can_delete")
        read_only_fields = fields

    @extend_schema_field(serializers.BooleanField())
    def get_can_delete(self, preset: ConfigurationPreset) -> bool:
        return preset.pk in self.context["deletable"]


class PresetQuerySerializer(StrictSerializer):
    """Query of GET /configuration-presets/: a project, a language, or both."""

    project = serializers.SlugField(max_length=63, required=False)
    language = serializers.SlugField(max_length=40, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs:
            raise field_error("project", "required")
        return attrs


class NewPresetSerializer(StrictSerializer):
    """POST /configuration-presets/."""

    name = serializers.CharField(max_length=LONGEST_NAME, validators=[_in_one_line])
    scope = serializers.ChoiceField(choices=SCOPES)
    project = serializers.SlugField(max_length=63, required=False, help_text="with the scope project")
    language = serializers.SlugField(max_length=40, required=False, help_text="with the scope language")
    document = serializers.DictField(help_text="docs/configuration.md; may be partial")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Exactly the owner that the scope asks for."""
        owner, other = (attrs["scope"], next(one for one in SCOPES if one != attrs["scope"]))
        if owner not in attrs:
            raise field_error(owner, "required")
        if other in attrs:
            raise field_error(other, "preset_of_one", scope=owner)
        return attrs
