"""The shapes of terminal sessions. Must not: show what leads into one: claims, the login, the marker, the host."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.accounts.serializers import PersonSerializer
from apps.common.errors_api import language_of
from apps.common.messages import sentence
from apps.common.serializers import StrictSerializer
from apps.terminals.models import TerminalSession
from apps.terminals.services.orders import warn_at
from apps.terminals.services.people import EXTENDED_BY_MOST
from apps.tickets.serializers import ReasonField
from apps.tickets.serializers_card import RightSerializer
from apps.workloads.serializers import PodSerializer

CLEANUP_STATES = [("", "not ended"), *TerminalSession.Cleanup.choices]
REASON_LEAST, REASON_MOST = 10, 500


class SessionEndSerializer(serializers.Serializer[Any]):
    """Why it ended."""

    code = serializers.CharField()
    params = serializers.DictField()
    detail = serializers.CharField()


class RecordingFactsSerializer(serializers.Serializer[Any]):
    """What there is of the recording; its head is in the audit trail."""

    bytes = serializers.IntegerField(source="recording_bytes")
    segments = serializers.IntegerField(source="recording_segments")
    deleted_at = serializers.DateTimeField(source="recording_deleted_at", allow_null=True)


class CleanupSerializer(serializers.Serializer[Any]):
    """Whether what the shell started is gone from the container, proved by a look into it."""

    state = serializers.ChoiceField(choices=CLEANUP_STATES, source="cleanup_state")
    reason = ReasonField(source="cleanup_reason")


class TerminalSessionSerializer(serializers.ModelSerializer[TerminalSession]):
    """One session. Needs `request` in the context."""

    project = serializers.CharField(source="project.slug", read_only=True)
    environment = serializers.CharField(source="environment.slug", read_only=True)
    tier = serializers.CharField(source="environment.tier", read_only=True)
    workload = serializers.CharField(source="workload.name", read_only=True)
    cluster = serializers.CharField(source="cluster.name", read_only=True)
    data_centre = serializers.CharField(source="cluster.data_centre", read_only=True)
    user = PersonSerializer(read_only=True)
    extended_by = PersonSerializer(read_only=True, allow_null=True)
    warn_at = serializers.SerializerMethodField(help_text="five minutes before the end")
    end = serializers.SerializerMethodField()
    recording = RecordingFactsSerializer(source="*", read_only=True)
    cleanup = CleanupSerializer(source="*", read_only=True)

    class Meta:
        model = TerminalSession
        fields: tuple[str, ...] = (
            "id",
            "project",
            "project_id",
            "environment",
            "environment_id",
            "tier",
            "workload",
            "workload_id",
            "cluster",
            "cluster_id",
            "data_centre",
            "namespace",
            "pod",
            "pod_uid",
            "container",
            "image",
            "version",
            "user",
            "ticket_id",
            "reason",
            "is_break_glass",
            "minutes",
            "state",
            "shell",
            "created_at",
            "opened_at",
            "first_used_at",
            "ends_at",
            "warn_at",
            "extended_at",
            "extended_by",
            "ended_at",
            "end",
            "exit_code",
            "recording",
            "cleanup",
            "touched_at",
            "pod_gone_at",
            "recycle_ticket_id",
        )
        read_only_fields: tuple[str, ...] = fields

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_warn_at(self, session: TerminalSession) -> Any:
        return warn_at(session.ends_at)

    @extend_schema_field(SessionEndSerializer(allow_null=True))
    def get_end(self, session: TerminalSession) -> dict[str, Any] | None:
        if not session.end_code:
            return None
        language = language_of(self.context["request"])
        detail = sentence(session.end_code, session.end_params, language)
        return {"code": session.end_code, "params": session.end_params, "detail": detail}


class WatcherSerializer(serializers.Serializer[Any]):
    """Somebody who watches now."""

    user = PersonSerializer()
    started_at = serializers.DateTimeField()


class HappenedSerializer(serializers.Serializer[Any]):
    """One line of the audit trail of a session; `code` is the audit action."""

    at = serializers.DateTimeField()
    code = serializers.CharField()
    params = serializers.DictField()
    actor = serializers.CharField(allow_blank=True)


class SessionRightsSerializer(serializers.Serializer[Any]):
    """What the reader may do now."""

    end = RightSerializer()
    extend = RightSerializer()
    watch = RightSerializer()
    replay = RightSerializer()
    recycle = RightSerializer()


class TerminalSessionDetailSerializer(TerminalSessionSerializer):
    """With who watches, what happened, what the reader may do, and where to go on."""

    watchers = WatcherSerializer(many=True, read_only=True, source="now_watching")
    happened = HappenedSerializer(many=True, read_only=True, source="has_happened")
    may = SessionRightsSerializer(read_only=True, source="rights")
    successor = PodSerializer(read_only=True, allow_null=True, source="next_pod")

    class Meta(TerminalSessionSerializer.Meta):
        fields = (*TerminalSessionSerializer.Meta.fields, "watchers", "happened", "may", "successor")
        read_only_fields = fields


class OpenedSessionSerializer(TerminalSessionDetailSerializer):
    """A new session with what opens its socket once, within 30 seconds, from this login."""

    claim = serializers.CharField(read_only=True)
    socket = serializers.CharField(read_only=True, help_text="path of the WebSocket")

    class Meta(TerminalSessionDetailSerializer.Meta):
        fields = (*TerminalSessionDetailSerializer.Meta.fields, "claim", "socket")
        read_only_fields = fields


class ClaimSerializer(serializers.Serializer[Any]):
    """A claim: single use, 30 seconds."""

    claim = serializers.CharField(read_only=True)
    socket = serializers.CharField(read_only=True)


# -- what people send -------------------------------------------------------------------------------------
class OpenSessionSerializer(StrictSerializer):
    """POST /terminal-sessions/."""

    workload = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    cluster = serializers.CharField(max_length=63, help_text="name")
    pod = serializers.RegexField(r"^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\Z", max_length=253)
    container = serializers.RegexField(r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\Z", max_length=63)
    reason = serializers.CharField(min_length=REASON_LEAST, max_length=REASON_MOST)
    minutes = serializers.IntegerField(min_value=5, max_value=60, required=False, default=30)
    ticket = serializers.IntegerField(min_value=1, max_value=2**63 - 1, required=False, allow_null=True, default=None)


class EndSessionSerializer(StrictSerializer):
    """POST …/end/."""

    message = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class ExtendSessionSerializer(StrictSerializer):
    """POST …/extend/."""

    minutes = serializers.IntegerField(min_value=1, max_value=EXTENDED_BY_MOST)


class RecycleSerializer(StrictSerializer):
    """POST …/recycle/."""

    reason = serializers.CharField(min_length=REASON_LEAST, max_length=REASON_MOST)


class SessionFilter(StrictSerializer):
    """The query parameters of the list."""

    state = serializers.ChoiceField(["open", *TerminalSession.State.values], required=False)
    project = serializers.CharField(max_length=80, required=False)
    environment = serializers.CharField(max_length=40, required=False)
    workload = serializers.IntegerField(min_value=1, max_value=2**63 - 1, required=False)
    ticket = serializers.IntegerField(min_value=1, max_value=2**63 - 1, required=False)
    version = serializers.CharField(max_length=200, required=False, help_text="tag of the image that ran there")
    mine = serializers.BooleanField(required=False, default=False)
    touched = serializers.BooleanField(required=False, default=False, help_text="pods that wait to be recycled")
