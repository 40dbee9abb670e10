"""The shapes of workloads and of what was observed of them. Must not: ask a cluster."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.common.messages import sentence
from apps.common.serializers import StrictSerializer
from apps.workloads import api
from apps.workloads.models import Workload

STATES = [*api.STATES.values(), "offline", "gone", "unknown"]


class ConditionSerializer(serializers.Serializer[Any]):
    """A workload in one word and one sentence."""

    state = serializers.ChoiceField(choices=STATES)
    code = serializers.CharField(allow_blank=True)
    params = serializers.DictField()
    detail = serializers.CharField(allow_blank=True, help_text="the sentence of `code` in the reader's language")


class ObservedSerializer(serializers.Serializer[Any]):
    """What the watcher last saw; `changed_at` is when it became so."""

    exists = serializers.BooleanField()
    image = serializers.CharField(allow_blank=True)
    version = serializers.CharField(allow_blank=True)
    digest = serializers.CharField(allow_blank=True)
    ready = serializers.IntegerField()
    total = serializers.IntegerField(source="replicas_wanted")
    updated = serializers.IntegerField()
    available = serializers.IntegerField()
    is_paused = serializers.BooleanField(source="paused")
    changed_at = serializers.DateTimeField()


class TroubleSerializer(serializers.Serializer[Any]):
    """Why a cluster is not heard."""

    code = serializers.CharField()
    params = serializers.DictField()
    detail = serializers.CharField()


class HeartbeatSerializer(serializers.Serializer[Any]):
    """How old the cluster's observations are at most; `trouble` says why nothing newer came."""

    is_fresh = serializers.BooleanField()
    seen_at = serializers.DateTimeField(allow_null=True)
    age_seconds = serializers.FloatField(allow_null=True)
    trouble = TroubleSerializer(allow_null=True)


class PodSerializer(serializers.Serializer[Any]):
    """A pod by meaning; its name comes last because nobody should have to read it."""

    version = serializers.CharField(allow_blank=True)
    digest = serializers.CharField(allow_blank=True)
    is_current = serializers.BooleanField(help_text="runs the image that is wanted now")
    is_ready = serializers.BooleanField()
    is_terminating = serializers.BooleanField()
    restarts = serializers.IntegerField()
    reason = serializers.CharField(allow_blank=True)
    message = serializers.CharField(allow_blank=True)
    exit_code = serializers.IntegerField(allow_null=True)
    since = serializers.DateTimeField(allow_null=True, help_text="when the pod started")
    name = serializers.CharField()


class WorkloadSerializer(serializers.ModelSerializer[Workload]):
    """One Deployment and its container on one cluster. Needs `now` and `language` in the context."""

    project = serializers.CharField(source="project_environment.project.slug", read_only=True)
    project_id = serializers.IntegerField(source="project_environment.project_id", read_only=True)
    environment = serializers.CharField(source="project_environment.environment.slug", read_only=True)
    environment_id = serializers.IntegerField(source="project_environment.environment_id", read_only=True)
    cluster = serializers.CharField(source="placement.cluster.name", read_only=True)
    cluster_id = serializers.IntegerField(source="placement.cluster_id", read_only=True)
    data_centre = serializers.CharField(source="placement.cluster.data_centre", read_only=True)
    wave = serializers.IntegerField(source="placement.wave", read_only=True)
    condition = serializers.SerializerMethodField()
    observed = serializers.SerializerMethodField()
    heartbeat = serializers.SerializerMethodField()

    class Meta:
        model = Workload
        fields: tuple[str, ...] = (
            "id",
            "name",
            "project",
            "project_id",
            "environment",
            "environment_id",
            "cluster",
            "cluster_id",
            "data_centre",
            "wave",
            "namespace",
            "deployment",
            "container",
            "condition",
            "observed",
            "heartbeat",
            "created_at",
        )
        read_only_fields: tuple[str, ...] = fields

    @property
    def now(self) -> datetime:
        now: datetime = self.context["now"]
        return now

    def _told(self, code: str, params: dict[str, Any]) -> str:
        return sentence(code, params, self.context["language"]) if code else ""

    @extend_schema_field(ConditionSerializer)
    def get_condition(self, workload: Workload) -> dict[str, Any]:
        found = api.condition_of(workload, self.now)
        detail = self._told(found.code, found.params)
        return {"state": found.state, "code": found.code, "params": found.params, "detail": detail}

    @extend_schema_field(ObservedSerializer(allow_null=True))
    def get_observed(self, workload: Workload) -> dict[str, Any] | None:
        row = api.observed_of(workload)
        if row is None:
            return None
        row.version = api.tag_of(row.image)  # type: ignore[attr-defined]
        return dict(ObservedSerializer(row).data)

    @extend_schema_field(HeartbeatSerializer(allow_null=True))
    def get_heartbeat(self, workload: Workload) -> dict[str, Any] | None:
        beat = api.heartbeat_of(workload)
        if beat is None:
            return None
        age = None if beat.seen_at is None else round(max(0.0, (self.now - beat.seen_at).total_seconds()), 1)
        told: dict[str, Any] = {"is_fresh": api.is_fresh(beat, self.now), "seen_at": beat.seen_at, "age_seconds": age}
        trouble = beat.trouble and {**beat.trouble, "detail": self._told(beat.trouble["code"], beat.trouble["params"])}
        return dict(HeartbeatSerializer({**told, "trouble": trouble}).data)


class WorkloadDetailSerializer(WorkloadSerializer):
    """With its pods: those of the wanted version first, the worst of them on top."""

    pods = serializers.SerializerMethodField()

    class Meta(WorkloadSerializer.Meta):
        fields = (*WorkloadSerializer.Meta.fields, "deployment_uid", "pods")
        read_only_fields = fields

    @extend_schema_field(PodSerializer(many=True))
    def get_pods(self, workload: Workload) -> list[dict[str, Any]]:
        row = api.observed_of(workload)
        return [] if row is None or not row.exists else list(PodSerializer(api.pods_of(row), many=True).data)


class AdoptSerializer(StrictSerializer):
    """POST /workloads/adopt: an existing Deployment and the container in it that the portal shall release to."""

    project = serializers.CharField(max_length=63)
    environment = serializers.CharField(max_length=40)
    cluster = serializers.CharField(max_length=63)
    deployment = serializers.CharField(max_length=253)
    container = serializers.CharField(max_length=63)
    name = serializers.RegexField(
        r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\Z",
        required=False,
        allow_blank=True,
        default="",
        help_text="the Deployment's if empty",
    )
    namespace = serializers.CharField(
        max_length=63,
        required=False,
        allow_blank=True,
        default="",
        help_text="checked against the placement's if given",
    )
