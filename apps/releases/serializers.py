"""The shape of releases, builds, verdicts and the board. Must not: look anything up that `api.dress` has not."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from rest_framework import serializers

from apps.accounts.serializers import PersonSerializer
from apps.common.serializers import StrictSerializer, problem
from apps.releases.models import Build, Release, Verdict
from apps.tickets.serializers import (
    ReasonField,
    TicketEnvironmentSerializer,
    TicketProjectSerializer,
)
from apps.tickets.serializers_card import CommitsSerializer, TicketRolloutSerializer

LONGEST_COMMENT = 10_000
MOST_EVIDENCE = 20
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|[0-9A-Fa-f:.]+")


def check_web_address(value: str) -> None:
    """http or https (hosts of one label are usual inside a company), without a user or password: members read it."""
    try:
        parts = urlsplit(value)
        whole = parts.scheme in ("http", "https") and _HOST.fullmatch(parts.hostname or "") and parts.port != 0
    except ValueError:
        whole = False
    if not whole or not value.isprintable() or any(char in value for char in ' <>"\\'):
        raise serializers.ValidationError([problem("not_a_web_address")])
    if parts.username is not None or parts.password is not None:
        raise serializers.ValidationError([problem("address_has_credentials")])


class EvidenceSerializer(StrictSerializer):
    """A link that shows what the tester saw."""

    title = serializers.CharField(max_length=200)
    url = serializers.CharField(max_length=2000, validators=[check_web_address])


class NewVerdictSerializer(StrictSerializer):
    """POST releases/{id}/verdicts/: on the image of this release in that environment."""

    environment = serializers.CharField(max_length=40, help_text="slug")
    outcome = serializers.ChoiceField(["passed", "failed"])
    comment = serializers.CharField(max_length=LONGEST_COMMENT, required=False, allow_blank=True, default="")
    evidence = serializers.ListField(child=EvidenceSerializer(), max_length=MOST_EVIDENCE, required=False, default=list)


class VerdictSerializer(serializers.ModelSerializer[Verdict]):
    """A tester's word; the latest on (digest, environment) counts."""

    actor = PersonSerializer(read_only=True)
    environment = TicketEnvironmentSerializer(read_only=True)
    outcome = serializers.CharField(read_only=True)
    evidence = EvidenceSerializer(many=True, read_only=True)

    class Meta:
        model = Verdict
        fields = ("id", "environment", "digest", "outcome", "comment", "evidence", "actor", "created_at")
        read_only_fields = fields


class BuildSerializer(serializers.ModelSerializer[Build]):
    """One Jenkins attempt. `stages` come from the log's marks only; `log_size` counts our copy."""

    state = serializers.CharField(read_only=True)
    stages = serializers.JSONField(read_only=True)
    controller = serializers.CharField(source="controller.name", read_only=True)

    class Meta:
        model = Build
        fields = (
            "id",
            "release",
            "ticket",
            "controller",
            "job",
            "key",
            "state",
            "queue_why",
            "number",
            "result",
            "stages",
            "log_size",
            "log_lines",
            "log_complete",
            "duplicates",
            "created_at",
            "started_at",
            "finished_at",
        )
        read_only_fields = fields


class BuildLogSerializer(serializers.Serializer[Any]):
    """A piece of our copy of the log; offsets count bytes, lines from 1. Ask again from `next_offset`."""

    text = serializers.CharField(allow_blank=True, trim_whitespace=False)
    offset = serializers.IntegerField()
    next_offset = serializers.IntegerField()
    first_line = serializers.IntegerField()
    size = serializers.IntegerField()
    complete = serializers.BooleanField()


class LogQuery(StrictSerializer):
    """GET builds/{id}/log."""

    offset = serializers.IntegerField(min_value=0, max_value=2**40, required=False, default=0)


class RanInSerializer(serializers.Serializer[Any]):
    """Where this image came to run by a ticket that succeeded."""

    environment = serializers.CharField(help_text="slug")
    at = serializers.DateTimeField(allow_null=True)


class LastBuildSerializer(serializers.Serializer[Any]):
    """The release's last build."""

    id = serializers.IntegerField()
    number = serializers.IntegerField(allow_null=True)
    state = serializers.CharField()
    result = serializers.CharField(allow_blank=True)


class ReleaseSerializer(serializers.ModelSerializer[Release]):
    """A line of the list."""

    project = TicketProjectSerializer(read_only=True)
    requester = PersonSerializer(read_only=True, allow_null=True)
    ran_in = RanInSerializer(many=True, read_only=True)
    verdicts = VerdictSerializer(many=True, read_only=True, source="latest_verdicts")
    last_build = LastBuildSerializer(read_only=True, allow_null=True)

    class Meta:
        model = Release
        fields: tuple[str, ...] = (
            "id",
            "project",
            "tag",
            "digest",
            "ref",
            "commit",
            "commit_title",
            "image_repository",
            "size",
            "is_built_here",
            "requester",
            "ticket",
            "ran_in",
            "verdicts",
            "last_build",
            "built_at",
            "created_at",
        )
        read_only_fields: tuple[str, ...] = fields


class ReleaseTicketSerializer(serializers.Serializer[Any]):
    """A ticket about a release."""

    id = serializers.IntegerField()
    kind = serializers.CharField()
    status = serializers.CharField()
    title = serializers.CharField()
    environment = TicketEnvironmentSerializer(allow_null=True)
    requester = PersonSerializer()
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class ReleaseRolloutSerializer(TicketRolloutSerializer):
    """What a ticket did with this release on one target."""

    ticket = serializers.IntegerField(source="ticket_id")


class ReleaseCardSerializer(ReleaseSerializer):
    """Everything about one release: its passport's rows (R13)."""

    labels = serializers.DictField(child=serializers.CharField(), read_only=True)
    has_dockerfile = serializers.BooleanField(read_only=True)
    builds = BuildSerializer(many=True, read_only=True, source="all_builds")
    tickets = ReleaseTicketSerializer(many=True, read_only=True, source="all_tickets")
    rollouts = ReleaseRolloutSerializer(many=True, read_only=True, source="all_rollouts")

    class Meta(ReleaseSerializer.Meta):
        fields = (
            *ReleaseSerializer.Meta.fields,
            "labels",
            "dockerfile_version",
            "job_template_version",
            "has_dockerfile",
            "builds",
            "tickets",
            "rollouts",
        )
        read_only_fields = fields


class ReleaseFilter(StrictSerializer):
    """The query parameters of the list."""

    project = serializers.CharField(max_length=80, required=False, help_text="slug")
    environment = serializers.CharField(max_length=40, required=False, help_text="slug: a ticket wanted it there")
    tag = serializers.CharField(max_length=128, required=False, help_text="the whole tag")
    digest = serializers.CharField(max_length=71, required=False)


class CommitsQuery(StrictSerializer):
    """GET releases/{id}/commits."""

    environment = serializers.CharField(
        max_length=40, required=False, help_text="slug; default the project's first production environment"
    )


class ReleaseCommitsSerializer(serializers.Serializer[Any]):
    """Commits since what runs in an environment; null with a reason when that is not known."""

    environment = TicketEnvironmentSerializer(allow_null=True)
    commits = CommitsSerializer(allow_null=True)
    reason = ReasonField()


class RegistryPresenceSerializer(serializers.Serializer[Any]):
    """Whether one registry has the image now, and which of the project's clusters pull from it."""

    registry = serializers.CharField()
    clusters = serializers.ListField(child=serializers.CharField())
    present = serializers.BooleanField(allow_null=True)
    trouble = ReasonField()


class PresenceSerializer(serializers.Serializer[Any]):
    """Whether the project's registry has the image now; null with a reason when it could not be asked.

    `registries` tells the same of every registry that the project's clusters pull from, the project's own first.
    """

    present = serializers.BooleanField(allow_null=True)
    checked_at = serializers.DateTimeField()
    reason = ReasonField()
    registries = RegistryPresenceSerializer(many=True)
