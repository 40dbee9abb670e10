"""What the API shows and takes of outside systems. Secrets are write-only: never shown, not even in part.

Must not: check what only the database or the outside knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from apps.common.serializers import StrictModelSerializer, StrictSerializer
from apps.integrations.kubernetes.kubeconfig import MOST_CHARACTERS, read_kubeconfig, refused_config
from apps.integrations.models import Cluster, Connection, GitLabServer, JenkinsController, Registry

COMMON = ("name", "ca_pem", "is_enabled", "last_check", "credential_set_at", "credential_set_by", "created_at")
DNS_LABEL = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
KUBECONFIG = ("kubeconfig", "kubeconfig_context")
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
    """A cluster; `registry` is a registry's name. A kubeconfig stands for address, CA and token, and is not kept."""

    kubeconfig = serializers.CharField(
        write_only=True,
        required=False,
        max_length=MOST_CHARACTERS,
        help_text="a kubeconfig with a token, instead of api_url, ca_pem and token",
    )
    kubeconfig_context = serializers.CharField(
        write_only=True, required=False, max_length=253, help_text="of its contexts; default the current one"
    )

    registry = serializers.SlugRelatedField(
        slug_field="name", queryset=Registry.objects.all(), required=False, allow_null=True
    )
    image_host = serializers.CharField(read_only=True)
    rack_label = serializers.RegexField(
        rf"^({DNS_LABEL}(\.{DNS_LABEL})*/)?[A-Za-z0-9]([-A-Za-z0-9_.]{{0,61}}[A-Za-z0-9])?\Z",
        max_length=317,
        required=False,
        help_text="the node label that names the rack, e.g. topology.kubernetes.io/zone",
    )

    class Meta:
        model: type[Connection] = Cluster
        fields = (
            *COMMON,
            "uid",
            "api_url",
            "token",
            "data_centre",
            "registry",
            "pull_host",
            "image_host",
            "rack_label",
            "kubeconfig",
            "kubeconfig_context",
        )
        read_only_fields = (*SHOWN_ONLY, "uid")

    def to_internal_value(self, data: Any) -> Any:
        text = data.get("kubeconfig") if isinstance(data, Mapping) else None
        if isinstance(text, str) and 0 < len(text) <= MOST_CHARACTERS:
            rest = {name: value for name, value in data.items() if name not in KUBECONFIG}
            if any(rest.get(name) for name in ("api_url", "ca_pem", "token")):
                raise refused_config("kubeconfig.twice")
            found = read_kubeconfig(text, str(data.get("kubeconfig_context") or ""))
            data = {**rest, "api_url": found.api_url, "ca_pem": found.ca_pem, "token": found.token}
        return super().to_internal_value(data)


class TaintSerializer(serializers.Serializer[Any]):
    """Why a node takes no pods that do not tolerate it."""

    key = serializers.CharField()
    value = serializers.CharField(allow_blank=True)
    effect = serializers.CharField()


class NodeSerializer(serializers.Serializer[Any]):
    """A node of a cluster; quantities as Kubernetes writes them. `ready` is null when its kubelet went silent."""

    name = serializers.CharField()
    ready = serializers.BooleanField(allow_null=True)
    unschedulable = serializers.BooleanField()
    rack = serializers.CharField(allow_blank=True, help_text="value of the cluster's rack_label")
    zone = serializers.CharField(allow_blank=True)
    cpu = serializers.CharField(allow_blank=True, help_text="allocatable")
    memory = serializers.CharField(allow_blank=True, help_text="allocatable")
    pods = serializers.CharField(allow_blank=True, help_text="allocatable")
    kubelet = serializers.CharField(allow_blank=True)
    labels = serializers.DictField(child=serializers.CharField(allow_blank=True))
    taints = TaintSerializer(many=True)


class NodesSerializer(serializers.Serializer[Any]):
    """The nodes of one cluster as read now."""

    cluster = serializers.CharField()
    rack_label = serializers.CharField()
    read_at = serializers.DateTimeField()
    results = NodeSerializer(many=True)
