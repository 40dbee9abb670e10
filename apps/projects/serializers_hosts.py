"""The shapes of hosts files, their versions, differences and tokens. Must not: check a text (hosts.checked does)."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.accounts.serializers import PersonSerializer
from apps.common.serializers import StrictSerializer
from apps.projects.hosts import entries
from apps.projects.models import HostsToken, HostsVersion

MOST_NUMBER = 2**31 - 1


class HostEntrySerializer(serializers.Serializer[Any]):
    """An address and its names."""

    ip = serializers.CharField()
    names = serializers.ListField(child=serializers.CharField())


class HostsVersionSerializer(serializers.ModelSerializer[HostsVersion]):
    """A version in a list, without its text."""

    author = PersonSerializer(read_only=True, allow_null=True)

    class Meta:
        model = HostsVersion
        fields = ("number", "note", "restored_from", "author", "sha256", "created_at")
        read_only_fields = fields


class HostsFileSerializer(HostsVersionSerializer):
    """A version in full. Number 0 is the empty file before the first version."""

    entries = serializers.SerializerMethodField(help_text="one per address, names in lower case")
    url = serializers.SerializerMethodField(help_text="where a holder of a token downloads the current version")
    created_at = serializers.DateTimeField(read_only=True, allow_null=True)

    class Meta:
        model = HostsVersion
        fields = ("number", "text", "entries", "url", "note", "restored_from", "author", "sha256", "created_at")
        read_only_fields = fields

    @extend_schema_field(HostEntrySerializer(many=True))
    def get_entries(self, version: HostsVersion) -> list[dict[str, Any]]:
        return [{"ip": entry.ip, "names": list(entry.names)} for entry in entries(version.text)]

    def get_url(self, version: HostsVersion) -> str:
        return f"/hosts/{version.environment.slug}.txt"


class NewHostsSerializer(StrictSerializer):
    """PUT /environments/{slug}/hosts/."""

    text = serializers.CharField(trim_whitespace=False, allow_blank=True, help_text="as in /etc/hosts; at most 64 KiB")
    note = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    based_on = serializers.IntegerField(
        min_value=0, max_value=MOST_NUMBER, help_text="number of the version that was edited; 0: there was none"
    )


class RestoreHostsSerializer(StrictSerializer):
    """POST /environments/{slug}/hosts/versions/{number}/restore."""

    note = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    based_on = serializers.IntegerField(
        min_value=0, max_value=MOST_NUMBER, help_text="number of the version that is current"
    )


class NamedAddressesSerializer(serializers.Serializer[Any]):
    """A name and where it points."""

    name = serializers.CharField()
    addresses = serializers.ListField(child=serializers.CharField())


class MovedNameSerializer(serializers.Serializer[Any]):
    """A name that points elsewhere."""

    name = serializers.CharField()
    before = serializers.ListField(child=serializers.CharField())
    after = serializers.ListField(child=serializers.CharField())


class HostsDifferenceSerializer(serializers.Serializer[Any]):
    """The difference of two versions, as text and in meaning; number 0 is the empty file before the first."""

    before = serializers.IntegerField(help_text="number")
    after = serializers.IntegerField(help_text="number")
    unified = serializers.CharField(allow_blank=True, help_text="as `diff -u` writes it")
    added = NamedAddressesSerializer(many=True)
    removed = NamedAddressesSerializer(many=True)
    changed = MovedNameSerializer(many=True)


class HostsTokenSerializer(serializers.ModelSerializer[HostsToken]):
    """A token without its secret."""

    created_by = PersonSerializer(read_only=True, allow_null=True)

    class Meta:
        model = HostsToken
        fields = ("id", "name", "prefix", "created_by", "created_at", "last_used_at", "revoked_at")
        read_only_fields = fields


class NewHostsTokenSerializer(StrictSerializer):
    """POST /environments/{slug}/hosts/tokens/."""

    name = serializers.CharField(max_length=100, help_text="where it is used")


class MadeHostsTokenSerializer(HostsTokenSerializer):
    """The one answer that has the secret."""

    secret = serializers.CharField(read_only=True)

    class Meta:
        model = HostsToken
        fields = (*HostsTokenSerializer.Meta.fields, "secret")
        read_only_fields = fields
