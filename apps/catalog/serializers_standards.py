"""The shapes of standards. Must not: check what hangs on the standard (`standards.checks` does)."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.catalog.models import Standard
from apps.catalog.standards.rules import LEVELS, RULES, TIERS
from apps.catalog.standards.telling import words_of
from apps.common.serializers import StrictSerializer

LANGUAGES_MOST = 50


class StandardLevelsSerializer(StrictSerializer):
    """How hard a standard is, by tier."""

    development = serializers.ChoiceField(choices=LEVELS)
    test = serializers.ChoiceField(choices=LEVELS)
    staging = serializers.ChoiceField(choices=LEVELS)
    production = serializers.ChoiceField(choices=LEVELS)


assert set(StandardLevelsSerializer().fields) == set(TIERS)


class ThresholdLimitsSerializer(serializers.Serializer[Any]):
    """What a threshold may be."""

    name = serializers.CharField()
    usual = serializers.FloatField()
    least = serializers.FloatField()
    most = serializers.FloatField()
    is_whole = serializers.BooleanField()
    unit = serializers.CharField(allow_blank=True)


class StandardWordsSerializer(serializers.Serializer[Any]):
    """The texts with the thresholds in them."""

    sentence_en = serializers.CharField()
    sentence_zh = serializers.CharField()
    reason_en = serializers.CharField()
    reason_zh = serializers.CharField()


class StandardSerializer(serializers.ModelSerializer[Standard]):
    """A standard; `updated_at` is null while it is as the portal brought it, `limits` says what thresholds may be."""

    levels = StandardLevelsSerializer()
    languages = serializers.ListField(child=serializers.CharField())
    thresholds = serializers.DictField(child=serializers.FloatField())
    limits = serializers.SerializerMethodField()
    shown = serializers.SerializerMethodField(help_text="the texts with the thresholds in them")
    updated_by = serializers.CharField(source="updated_by.username", default="", read_only=True)

    class Meta:
        model = Standard
        fields = (
            *("id", "sentence_en", "sentence_zh", "reason_en", "reason_zh", "shown"),
            *("levels", "languages", "thresholds", "limits", "updated_at", "updated_by"),
        )
        read_only_fields = fields

    @extend_schema_field(ThresholdLimitsSerializer(many=True))
    def get_limits(self, standard: Standard) -> object:
        known = RULES[standard.id].thresholds
        return [
            {
                "name": name,
                "usual": threshold.usual,
                "least": threshold.least,
                "most": threshold.most,
                "is_whole": threshold.is_whole,
                "unit": threshold.unit,
            }
            for name, threshold in known.items()
        ]

    @extend_schema_field(StandardWordsSerializer())
    def get_shown(self, standard: Standard) -> object:
        return words_of(standard)


class StandardChangeSerializer(StrictSerializer):
    """PATCH /standards/{id}/ and POST /standards/{id}/try: what is absent stays, what is given replaces the whole field."""

    sentence_en = serializers.CharField(required=False, max_length=300)
    sentence_zh = serializers.CharField(required=False, max_length=300)
    reason_en = serializers.CharField(required=False, max_length=600)
    reason_zh = serializers.CharField(required=False, max_length=600)
    levels = StandardLevelsSerializer(required=False)
    languages = serializers.ListField(
        child=serializers.CharField(max_length=40), required=False, max_length=LANGUAGES_MOST
    )
    thresholds = serializers.DictField(required=False)


class StandardExampleSerializer(serializers.Serializer[Any]):
    """A workload that would break the changed standard and does not break the saved one as hard."""

    project = serializers.CharField()
    environment = serializers.CharField()
    workload = serializers.CharField()
    level = serializers.ChoiceField(choices=LEVELS)
    field = serializers.CharField(allow_blank=True, help_text="JSON pointer")
    params = serializers.DictField()


class StandardImpactSerializer(serializers.Serializer[Any]):
    """What a change would do to the configurations in force; `documents` 0: none is known yet."""

    documents = serializers.IntegerField()
    denied = serializers.IntegerField()
    warned = serializers.IntegerField()
    newly_denied = serializers.IntegerField()
    newly_warned = serializers.IntegerField()
    examples = StandardExampleSerializer(many=True)
