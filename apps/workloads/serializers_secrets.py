"""The shapes of held secrets. Must not: have a member for a value on the way out."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.accounts.serializers import PersonSerializer
from apps.common.serializers import StrictSerializer
from apps.workloads.configuring.planning import WORKLOAD_NAME
from apps.workloads.models import HeldSecret
from apps.workloads.rendering.secrets import PULL_KEY
from apps.workloads.secrets import LONGEST_VALUE

_REGISTRY = r"^(https?://)?[A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?(:[0-9]{1,5})?(/[A-Za-z0-9._/-]*)?\Z"


def _value(longest: int, what: str) -> serializers.CharField:
    return serializers.CharField(max_length=longest, trim_whitespace=False, write_only=True, help_text=what)


class HeldSecretSerializer(serializers.ModelSerializer[HeldSecret]):
    """That a value is held, and since when. Context: `in_use`, the keys that the configuration in force takes."""

    set_by = PersonSerializer(read_only=True, allow_null=True)
    is_pull_secret = serializers.SerializerMethodField()
    in_use = serializers.SerializerMethodField(help_text="the configuration in force takes it")

    class Meta:
        model = HeldSecret
        fields = ("key", "version", "set_by", "set_at", "is_pull_secret", "in_use")
        read_only_fields = fields

    @extend_schema_field(serializers.BooleanField())
    def get_is_pull_secret(self, row: HeldSecret) -> bool:
        return row.key == PULL_KEY

    @extend_schema_field(serializers.BooleanField())
    def get_in_use(self, row: HeldSecret) -> bool:
        return row.key in self.context["in_use"]


class HeldSecretQuerySerializer(StrictSerializer):
    """Query of GET …/secrets/."""

    environment = serializers.SlugField(max_length=40)
    workload = serializers.RegexField(rf"^{WORKLOAD_NAME}\Z", max_length=63)


class NewHeldSecretSerializer(StrictSerializer):
    """PUT …/secrets/{environment}/{workload}/{key}."""

    value = _value(LONGEST_VALUE, "kept as it is, never shown again")


class NewPullSecretSerializer(StrictSerializer):
    """PUT …/secrets/{environment}/{workload}/.pull."""

    registry = serializers.RegexField(
        _REGISTRY, max_length=255, help_text="as image references name it: host or host:port"
    )
    username = serializers.RegexField(r"^[^\s:]+\Z", max_length=200)
    password = _value(8192, "never shown again")
