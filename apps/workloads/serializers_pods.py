"""The shapes of a workload's pods as the clusters tell them now. Must not: ask a cluster."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.common.messages import sentence
from apps.workloads.pods.meaning import POD_STATES, STATES


class ContainerSerializer(serializers.Serializer[Any]):
    """One container of a pod; the workload's own comes first."""

    name = serializers.CharField()
    image = serializers.CharField(allow_blank=True)
    ready = serializers.BooleanField()
    restarts = serializers.IntegerField()
    state = serializers.ChoiceField(choices=STATES)
    state_code = serializers.CharField()
    reason = serializers.CharField(allow_blank=True)
    exit_code = serializers.IntegerField(allow_null=True)
    last_reason = serializers.CharField(allow_blank=True)
    last_exit_code = serializers.IntegerField(allow_null=True)
    last_ended_at = serializers.DateTimeField(allow_null=True)


class LivePodSerializer(serializers.Serializer[Any]):
    """One pod. Needs `language` in the context."""

    cluster = serializers.CharField()
    cluster_id = serializers.IntegerField()
    workload = serializers.IntegerField(help_text="the workload as it lies on that cluster")
    namespace = serializers.CharField()
    name = serializers.CharField()
    uid = serializers.CharField()
    containers = ContainerSerializer(many=True)
    version = serializers.CharField(allow_blank=True, help_text="the tag of the workload's own container")
    is_new = serializers.BooleanField(help_text="of the newest ReplicaSet")
    ready = serializers.BooleanField()
    restarts = serializers.IntegerField()
    state = serializers.ChoiceField(choices=POD_STATES, help_text="the worst of it; pods come worst first")
    state_code = serializers.CharField()
    state_params = serializers.DictField()
    detail = serializers.SerializerMethodField(help_text="the sentence of `state_code`")
    created_at = serializers.DateTimeField(allow_null=True)
    started_at = serializers.DateTimeField(allow_null=True)
    node = serializers.CharField(allow_blank=True)
    touched_at = serializers.DateTimeField(allow_null=True, help_text="somebody typed into it by hand")
    touched_by = serializers.CharField(allow_blank=True)
    touched_session = serializers.IntegerField(allow_null=True)

    def get_detail(self, pod: dict[str, Any]) -> str:
        return sentence(pod["state_code"], pod["state_params"], self.context["language"])


class AskedClusterSerializer(serializers.Serializer[Any]):
    """Whether a cluster answered; of one that did not nothing is known."""

    cluster = serializers.CharField()
    cluster_id = serializers.IntegerField()
    workload = serializers.IntegerField()
    reachable = serializers.BooleanField()
    code = serializers.CharField(allow_blank=True)
    params = serializers.DictField()
    detail = serializers.SerializerMethodField()

    def get_detail(self, cluster: dict[str, Any]) -> str:
        return sentence(cluster["code"], cluster["params"], self.context["language"]) if cluster["code"] else ""


class PodListingSerializer(serializers.Serializer[Any]):
    """GET /projects/{slug}/workloads/{id}/pods/."""

    at = serializers.DateTimeField()
    clusters = AskedClusterSerializer(many=True)
    pods = LivePodSerializer(many=True)
