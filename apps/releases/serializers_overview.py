"""The shape of what pages show of several tickets or projects at once. Must not: look anything up."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.common.serializers import StrictSerializer
from apps.tickets.serializers import TicketEnvironmentSerializer, TicketReleaseSerializer

MOST_PROJECTS = 50
STATES = ("ok", "wait", "run", "bad", "odd", "off", "none")


class SummariesQuery(StrictSerializer):
    """GET project-summaries; repeat `project`."""

    project = serializers.ListField(
        child=serializers.CharField(max_length=80), min_length=1, max_length=MOST_PROJECTS, help_text="slugs"
    )


class InProductionSerializer(serializers.Serializer[Any]):
    """What runs in the project's first production environment. Several images: no release, image empty."""

    release = TicketReleaseSerializer(allow_null=True)
    image = serializers.CharField(allow_blank=True)
    since = serializers.DateTimeField(allow_null=True)
    ready = serializers.IntegerField(allow_null=True)
    total = serializers.IntegerField(allow_null=True)


class WaitingTicketSerializer(serializers.Serializer[Any]):
    """The oldest ticket that waits for a person."""

    id = serializers.IntegerField()
    kind = serializers.CharField()
    status = serializers.CharField()
    title = serializers.CharField()
    environment = TicketEnvironmentSerializer(allow_null=True)
    created_at = serializers.DateTimeField()


class ProjectSummarySerializer(serializers.Serializer[Any]):
    """One project in a line. `state` is the worst of what its clusters, workloads and tickets say."""

    project = serializers.CharField(help_text="slug")
    state = serializers.ChoiceField(STATES)
    production = InProductionSerializer(allow_null=True)
    waiting = WaitingTicketSerializer(allow_null=True)
    releases_30d = serializers.ListField(
        child=serializers.IntegerField(), help_text="versions built per day; the last number is today's so far"
    )


class ProjectSummariesSerializer(serializers.Serializer[Any]):
    """In the order in which they were asked for; a project the reader does not see is left out."""

    results = ProjectSummarySerializer(many=True)


class TypicalQuery(StrictSerializer):
    """GET typical."""

    project = serializers.CharField(max_length=63, help_text="slug")
    kind = serializers.CharField(max_length=40, required=False)
    environment = serializers.CharField(max_length=40, required=False, help_text="slug")


class TypicalPartSerializer(serializers.Serializer[Any]):
    """The median of one step or stage."""

    name = serializers.CharField()
    seconds = serializers.FloatField()


class TypicalSerializer(serializers.Serializer[Any]):
    """Medians over the last 20 that succeeded; with a sample below 3 there are none."""

    sample = serializers.IntegerField()
    total_seconds = serializers.FloatField(allow_null=True)
    steps = TypicalPartSerializer(many=True)
    stages = TypicalPartSerializer(many=True)
