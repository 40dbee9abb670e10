"""The shapes of a pair's migration state. Must not: check what fits together (services do)."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.accounts.serializers import PersonSerializer
from apps.common.serializers import StrictSerializer
from apps.projects.models import MigrationRevision, Resource

MOST_SERVERS = 50


class MigrationRevisionSerializer(serializers.ModelSerializer[MigrationRevision]):
    """Who sent the requests where, when and why. Number 0: nobody has said anything yet, all on virtual machines."""

    author = PersonSerializer(read_only=True, allow_null=True)
    container_servers = serializers.ListField(child=serializers.CharField(), read_only=True)
    created_at = serializers.DateTimeField(read_only=True, allow_null=True)

    class Meta:
        model = MigrationRevision
        fields = ("number", "state", "container_weight", "container_servers", "reason", "author", "created_at")
        read_only_fields = fields


class UnusableServerSerializer(serializers.ModelSerializer[Resource]):
    """A bound server whose address is no host:port."""

    class Meta:
        model = Resource
        fields = ("id", "name", "address")
        read_only_fields = fields


class MigrationSerializer(MigrationRevisionSerializer):
    """The current revision, with the virtual machines that take their share (context: `machines`)."""

    vm_servers = serializers.SerializerMethodField(help_text="addresses of bound servers, host:port")
    unusable_servers = serializers.SerializerMethodField(
        help_text="bound servers that get no request for their address"
    )

    class Meta:
        model = MigrationRevision
        fields = (*MigrationRevisionSerializer.Meta.fields, "vm_servers", "unusable_servers")
        read_only_fields = fields

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_vm_servers(self, revision: MigrationRevision) -> list[str]:
        return list(self.context["machines"].addresses)

    @extend_schema_field(UnusableServerSerializer(many=True))
    def get_unusable_servers(self, revision: MigrationRevision) -> list[dict[str, Any]]:
        return list(UnusableServerSerializer(self.context["machines"].unusable, many=True).data)


class MigrationChangeSerializer(StrictSerializer):
    """PUT /projects/{slug}/environments/{environment}/migration/."""

    state = serializers.ChoiceField(choices=MigrationRevision.State.choices)
    container_weight = serializers.IntegerField(
        min_value=0, max_value=100, help_text="percent; vm: 0, container: 100, mixed: between"
    )
    container_servers = serializers.ListField(
        child=serializers.CharField(max_length=300),
        max_length=MOST_SERVERS,
        help_text="host:port of LoadBalancers or Ingresses",
    )
    reason = serializers.CharField(max_length=200)
    based_on = serializers.IntegerField(
        min_value=0, max_value=2**31 - 1, help_text="number of the revision that was looked at; 0: there was none"
    )


class BackToVmSerializer(StrictSerializer):
    """POST /projects/{slug}/environments/{environment}/migration/back."""

    reason = serializers.CharField(max_length=200)
