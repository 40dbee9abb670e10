"""What the API shows and takes of outside systems. Secrets are write-only: never shown, not even in part.

Must not: check what only the database or the outside knows.
"""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.common.serializers import StrictModelSerializer, StrictSerializer
from apps.integrations.models import Cluster, Connection, GitLabServer, JenkinsController, Registry

COMMON = ("name", "ca_pem", "is_enabled", "last_check", "credential_set_at", "credential_set_by", "created_at")
SHOWN_ONLY = ("last_check", "credential_set_at", "created_at")


class CheckSerializer(serializers.Serializer[Any]):
    """One line of a connection test."""

    name = serializers.CharField()
    outcome = serializers.ChoiceField(choices=["passed", "failed", "skipped"])
    ms = serializers.IntegerField()
    code = serializers.CharField(allow_blank=True)
    params = serializers.DictField()
    detail = serializers.CharField(allow_blank=True, help_text="the sentence of `code` in the reader's language")


class CheckResultSerializer(serializers.Serializer[Any]):
    """A connection test."""

    at = serializers.DateTimeField()
    ok = serializers.BooleanField()
    checks = CheckSerializer(many=True)


class CheckRequestSerializer(StrictSerializer):
    """What a test may be narrowed to."""

    namespace = serializers.RegexField(
        r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$",
        required=False,
        help_text="clusters: ask for the rights in this namespace; default all",
    )
    repository = serializers.CharField(
        required=False, max_length=255, help_text="registries: also try to read this repository"
    )


class ConnectionSerializer(StrictModelSerializer):
    """What all four have in common; `credential_set_by` is a user name."""

    credential_set_by: serializers.SlugRelatedField[Any] = serializers.SlugRelatedField(
        slug_field="username", read_only=True
    )

    def get_fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = super().get_fields()
        secret = fields[self.Meta.model.SECRET_FIELD]  # type: ignore[attr-defined]
        secret.write_only = True
        secret.trim_whitespace = True
        secret.max_length = 8192
        return fields


class GitLabServerSerializer(ConnectionSerializer):
    """A GitLab server."""

    class Meta:
        model: type[Connection] = GitLabServer
        fields = (*COMMON, "url", "token")
        read_only_fields = SHOWN_ONLY


class JenkinsControllerSerializer(ConnectionSerializer):
    """A Jenkins controller."""

    class Meta:
        model: type[Connection] = JenkinsController
        fields = (*COMMON, "url", "username", "token")
        read_only_fields = SHOWN_ONLY


class RegistrySerializer(ConnectionSerializer):
    """A registry."""

    class Meta:
        model: type[Connection] = Registry
        fields = (*COMMON, "url", "host", "token_host", "username", "password")
        read_only_fields = SHOWN_ONLY


class ClusterSerializer(ConnectionSerializer):
    """A cluster; `registry` is a registry's name."""

    registry = serializers.SlugRelatedField(
        slug_field="name", queryset=Registry.objects.all(), required=False, allow_null=True
    )
    image_host = serializers.CharField(read_only=True)

    class Meta:
        model: type[Connection] = Cluster
        fields = (*COMMON, "uid", "api_url", "token", "data_centre", "registry", "pull_host", "image_host")
        read_only_fields = (*SHOWN_ONLY, "uid")
