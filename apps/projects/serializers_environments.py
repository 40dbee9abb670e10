"""The shapes of environments, placements and grants. Must not: check what only rows know (services do)."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.accounts.serializers import PersonSerializer
from apps.common.serializers import StrictSerializer
from apps.integrations.models import Cluster
from apps.projects.models import Environment, Grant, Placement, Role, ShellPolicy, Tier
from apps.projects.serializers import names

MOST_POSITION = 10_000
MOST_WAVE = 100


def quota_field(**how: Any) -> serializers.DictField:
    """The `hard` of a ResourceQuota, as checked by `services.quotas`."""
    told = "names of a ResourceQuota such as requests.cpu, limits.memory and pods, with Kubernetes quantities"
    return serializers.DictField(child=serializers.CharField(max_length=30), help_text=told, **how)


class PlacementSerializer(serializers.ModelSerializer[Placement]):
    """Where an environment lies."""

    cluster = serializers.CharField(source="cluster.name", read_only=True)
    data_centre = serializers.CharField(source="cluster.data_centre", read_only=True)
    quota = serializers.DictField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = Placement
        fields = ("id", "cluster", "cluster_id", "data_centre", "wave", "namespace_pattern", "quota")
        read_only_fields = fields


class NewPlacementSerializer(StrictSerializer):
    """POST /environments/{slug}/placements/."""

    cluster = serializers.SlugRelatedField(slug_field="name", queryset=Cluster.objects.all())
    wave = serializers.IntegerField(min_value=1, max_value=MOST_WAVE, required=False, default=1)
    namespace_pattern = serializers.CharField(
        max_length=100,
        required=False,
        default="{environment}",
        help_text="may contain {environment} and {project}, else characters of a label",
    )
    quota = quota_field(required=False, default=dict)


class PlacementChangeSerializer(StrictSerializer):
    """PATCH /environments/{slug}/placements/{id}/; a quota replaces the old one whole."""

    wave = serializers.IntegerField(min_value=1, max_value=MOST_WAVE, required=False)
    quota = quota_field(required=False)


class EnvironmentSerializer(serializers.ModelSerializer[Environment]):
    """An environment with its place in the chain and its clusters."""

    promotes_from = serializers.SerializerMethodField(help_text="slugs")
    placements = PlacementSerializer(many=True, read_only=True)
    shell_policy = serializers.ChoiceField(
        choices=ShellPolicy.choices, source="shell_rule", read_only=True, help_text="how a shell is opened here"
    )
    shell_policy_is_own = serializers.BooleanField(
        source="shell_policy", read_only=True, help_text="false: it is what the tier says"
    )

    class Meta:
        model = Environment
        fields = (
            "id",
            "slug",
            "name",
            "tier",
            "position",
            "approvals_required",
            "promotes_from",
            "is_gated",
            "shell_policy",
            "shell_policy_is_own",
            "placements",
            "created_at",
        )
        read_only_fields = fields

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_promotes_from(self, environment: Environment) -> list[str]:
        return [source.slug for source in environment.promotes_from.all()]


class NewEnvironmentSerializer(StrictSerializer):
    """POST /environments/."""

    slug = serializers.CharField(max_length=40, help_text="an RFC 1123 label: it may become a namespace")
    name = serializers.CharField(max_length=100)
    tier = serializers.ChoiceField(choices=Tier.choices)
    position = serializers.IntegerField(min_value=0, max_value=MOST_POSITION, required=False, default=0)
    approvals_required = serializers.IntegerField(min_value=0, max_value=10, required=False, default=0)
    shell_policy = serializers.ChoiceField(
        choices=ShellPolicy.choices,
        required=False,
        allow_blank=True,
        help_text="how a shell is opened; empty: by the tier",
    )
    promotes_from = names(required=False, help_text="slugs of the environments an image may come from")


class EnvironmentChangeSerializer(StrictSerializer):
    """PATCH /environments/{slug}/; the slug stays, because namespaces are made of it."""

    name = serializers.CharField(max_length=100, required=False)
    tier = serializers.ChoiceField(choices=Tier.choices, required=False)
    position = serializers.IntegerField(min_value=0, max_value=MOST_POSITION, required=False)
    approvals_required = serializers.IntegerField(min_value=0, max_value=10, required=False)
    shell_policy = serializers.ChoiceField(
        choices=ShellPolicy.choices,
        required=False,
        allow_blank=True,
        help_text="how a shell is opened; empty: by the tier",
    )
    promotes_from = names(required=False, help_text="slugs of the environments an image may come from")


class GrantSerializer(serializers.ModelSerializer[Grant]):
    """A role of a person on one (project, environment)."""

    user = PersonSerializer(read_only=True)
    project = serializers.CharField(source="project.slug", read_only=True)
    environment = serializers.CharField(source="environment.slug", read_only=True)
    granted_by = serializers.CharField(source="granted_by.username", read_only=True, allow_null=True, default=None)
    is_live = serializers.BooleanField(read_only=True)

    class Meta:
        model = Grant
        fields = (
            "id",
            "user",
            "project",
            "project_id",
            "environment",
            "environment_id",
            "role",
            "expires_at",
            "is_live",
            "granted_by",
            "created_at",
            "revoked_at",
        )
        read_only_fields = fields


class NewGrantSerializer(StrictSerializer):
    """POST /grants/."""

    user = serializers.CharField(max_length=150, help_text="user name")
    project = serializers.CharField(max_length=63)
    environment = serializers.CharField(max_length=40)
    role = serializers.ChoiceField(choices=Role.choices)
    expires_at = serializers.DateTimeField(required=False, allow_null=True, default=None)
