"""The shape of tickets and of what hangs on them. Must not: look anything up that `api.dress` or the view has not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.accounts.serializers import PersonSerializer
from apps.common.errors import is_reason
from apps.common.errors_api import language_of
from apps.common.messages import sentence
from apps.projects.models import Environment, Project
from apps.tickets.models import Approval, Comment, Review, Step, Ticket

Json = dict[str, Any]


class ReasonSerializer(serializers.Serializer[Any]):
    """Why: a code, its params, and the sentence in the reader's language."""

    code = serializers.CharField()
    params = serializers.DictField()
    detail = serializers.CharField()


def told(reason: Any, context: Mapping[str, Any]) -> Json:
    """A stored reason with its sentence; what is stored but is no reason gets the general one."""
    if not is_reason(reason):
        reason = {"code": "error"}
    request = context.get("request")
    params = reason.get("params") or {}
    language = language_of(request) if request is not None else "en"
    return {**reason, "params": params, "detail": sentence(reason["code"], params, language)}


@extend_schema_field(ReasonSerializer)
class ReasonField(serializers.Field[Any, Any, Any, Any]):
    """A stored reason; null when there is none."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, allow_null=True, **kwargs)

    def to_representation(self, value: Json) -> Json:
        return told(value, self.context)


class TicketProjectSerializer(serializers.ModelSerializer[Project]):
    """The project of a ticket."""

    class Meta:
        model = Project
        fields = ("id", "slug", "name")
        read_only_fields = fields


class TicketEnvironmentSerializer(serializers.ModelSerializer[Environment]):
    """The environment of a ticket."""

    class Meta:
        model = Environment
        fields = ("id", "slug", "name", "tier")
        read_only_fields = fields


class TicketReleaseSerializer(serializers.Serializer[Any]):
    """The release a ticket is about."""

    id = serializers.IntegerField()
    tag = serializers.CharField(allow_blank=True)
    digest = serializers.CharField(allow_blank=True)
    ref = serializers.CharField(allow_blank=True)
    commit = serializers.CharField(allow_blank=True)
    commit_title = serializers.CharField(allow_blank=True)
    is_built_here = serializers.BooleanField()


class ProgressSerializer(serializers.Serializer[Any]):
    """How far the steps are; `now` and `wrong` are names of steps."""

    total = serializers.IntegerField()
    done = serializers.IntegerField()
    now = serializers.ListField(child=serializers.CharField())
    wrong = serializers.ListField(child=serializers.CharField())


class TicketSerializer(serializers.ModelSerializer[Ticket]):
    """A line of a list."""

    project = TicketProjectSerializer(read_only=True)
    environment = TicketEnvironmentSerializer(read_only=True, allow_null=True)
    requester = PersonSerializer(read_only=True)
    status = serializers.CharField(read_only=True)
    reason = ReasonField()
    release = TicketReleaseSerializer(read_only=True, allow_null=True)
    progress = ProgressSerializer(read_only=True)
    approvals_given = serializers.IntegerField(read_only=True)

    class Meta:
        model = Ticket
        fields: tuple[str, ...] = (
            "id",
            "kind",
            "status",
            "reason",
            "title",
            "project",
            "environment",
            "requester",
            "release",
            "progress",
            "approvals_needed",
            "approvals_given",
            "is_emergency",
            "requires_review",
            "revision",
            "created_at",
            "planned_at",
            "queued_at",
            "started_at",
            "finished_at",
            "expires_at",
            "cancel_requested_at",
            "superseded_by",
        )
        read_only_fields: tuple[str, ...] = fields


class ChangedLineSerializer(serializers.Serializer[Any]):
    """One line of a fingerprint's content that moved."""

    path = serializers.CharField()
    before = serializers.JSONField(allow_null=True)
    after = serializers.JSONField(allow_null=True)


class ApprovalSerializer(serializers.ModelSerializer[Approval]):
    """One decision; a voided one stays, with what voided it and the lines that moved."""

    actor = PersonSerializer(read_only=True)
    decision = serializers.CharField(read_only=True)
    fingerprint_short = serializers.SerializerMethodField()
    void_reason = ReasonField()
    changed_lines = serializers.SerializerMethodField()

    class Meta:
        model = Approval
        fields = (
            "id",
            "actor",
            "decision",
            "comment",
            "fingerprint",
            "fingerprint_short",
            "revision",
            "created_at",
            "voided_at",
            "void_reason",
            "changed_lines",
        )
        read_only_fields = fields

    def get_fingerprint_short(self, approval: Approval) -> str:
        return fingerprint_short(approval.fingerprint)

    @extend_schema_field(ChangedLineSerializer(many=True))
    def get_changed_lines(self, approval: Approval) -> list[Json]:
        reason = approval.void_reason
        if reason is None or not is_reason(reason):
            return []
        return list((reason.get("params") or {}).get("lines") or [])


def fingerprint_short(fingerprint: str) -> str:
    """`5b1e-c07d-92f4`: what a person compares; empty for none."""
    return "-".join(fingerprint[start : start + 4] for start in (0, 4, 8)) if fingerprint else ""


class StepSerializer(serializers.ModelSerializer[Step]):
    """One step. `key` is what travels in the call; `system` the outside system it counts against."""

    status = serializers.CharField(read_only=True)
    reason = ReasonField()
    key = serializers.CharField(source="call_key", read_only=True)
    output = serializers.JSONField(read_only=True, allow_null=True)
    note = serializers.SerializerMethodField(help_text="what its output has to say in words")

    class Meta:
        model = Step
        fields = (
            "id",
            "name",
            "target",
            "wave",
            "order",
            "status",
            "system",
            "key",
            "attempt",
            "visits",
            "troubles",
            "reason",
            "output",
            "note",
            "due_at",
            "started_at",
            "finished_at",
        )
        read_only_fields = fields

    @extend_schema_field(ReasonSerializer(allow_null=True))
    def get_note(self, step: Step) -> Json | None:
        note = step.output.get("note") if isinstance(step.output, dict) else None
        return told(note, self.context) if isinstance(note, dict) and is_reason(note) else None


class CommentSerializer(serializers.ModelSerializer[Comment]):
    """A word on a ticket."""

    actor = PersonSerializer(read_only=True)

    class Meta:
        model = Comment
        fields = ("id", "actor", "text", "created_at")
        read_only_fields = fields


class ReviewSerializer(serializers.ModelSerializer[Review]):
    """The look afterwards."""

    reviewer = PersonSerializer(read_only=True)
    outcome = serializers.CharField(read_only=True)

    class Meta:
        model = Review
        fields = ("id", "reviewer", "outcome", "comment", "created_at")
        read_only_fields = fields
