"""The shape of the board. Must not: look anything up; `board.py` has."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.accounts.serializers import PersonSerializer
from apps.common.serializers import StrictSerializer
from apps.releases.models import Verdict
from apps.tickets.serializers import (
    ReasonField,
    TicketEnvironmentSerializer,
    TicketProjectSerializer,
    TicketReleaseSerializer,
)
from apps.tickets.serializers_card import RightSerializer


class BoardQuery(StrictSerializer):
    """GET board."""

    project = serializers.CharField(max_length=63, help_text="slug")


class BoardWorkloadSerializer(serializers.Serializer[Any]):
    """The workload of a cell."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    deployment = serializers.CharField()


class BoardClusterSerializer(serializers.Serializer[Any]):
    """The cluster of a cell and when its watcher last heard from it."""

    name = serializers.CharField()
    data_centre = serializers.CharField(allow_blank=True)
    is_enabled = serializers.BooleanField()
    seen_at = serializers.DateTimeField(allow_null=True)
    seen_seconds_ago = serializers.FloatField(allow_null=True)
    is_silent = serializers.BooleanField()
    trouble = ReasonField()


class BoardRolloutSerializer(serializers.Serializer[Any]):
    """The newest rollout of a workload, whatever became of it."""

    ticket = serializers.IntegerField(source="ticket_id")
    to_digest = serializers.CharField()
    result = serializers.CharField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)


class BoardVerdictSerializer(serializers.Serializer[Any]):
    """The verdict that counts on the image of a cell in its environment."""

    outcome = serializers.ChoiceField(Verdict.Outcome.choices)
    actor = PersonSerializer()
    created_at = serializers.DateTimeField()
    comment = serializers.CharField(allow_blank=True)


class BoardCellSerializer(serializers.Serializer[Any]):
    """What runs on one cluster. `is_drifted`: not the digest that the last ticket that succeeded brought."""

    workload = BoardWorkloadSerializer()
    cluster = BoardClusterSerializer()
    namespace = serializers.CharField()
    wave = serializers.IntegerField()
    is_observed = serializers.BooleanField()
    exists = serializers.BooleanField(allow_null=True)
    will_be_made = serializers.BooleanField(
        help_text="there is no Deployment, and the next release or promote makes it from the configuration in force"
    )
    image = serializers.CharField(allow_blank=True)
    digest = serializers.CharField(allow_blank=True)
    release = TicketReleaseSerializer(allow_null=True)
    ready = serializers.IntegerField(allow_null=True)
    total = serializers.IntegerField(allow_null=True)
    is_moving = serializers.BooleanField()
    is_drifted = serializers.BooleanField()
    expected_digest = serializers.CharField(allow_blank=True)
    changed_at = serializers.DateTimeField(allow_null=True)
    last_rollout = BoardRolloutSerializer(allow_null=True)
    verdict = BoardVerdictSerializer(allow_null=True)


class BoardTicketSerializer(serializers.Serializer[Any]):
    """An open ticket of an environment."""

    id = serializers.IntegerField()
    kind = serializers.CharField()
    status = serializers.CharField()
    title = serializers.CharField()
    requester = PersonSerializer()
    release = TicketReleaseSerializer(allow_null=True)
    created_at = serializers.DateTimeField()


class BoardLockSerializer(serializers.Serializer[Any]):
    """Who tests there, why, and until when."""

    by = PersonSerializer()
    reason = serializers.CharField(allow_blank=True)
    until = serializers.DateTimeField(allow_null=True)


class WayBackSerializer(serializers.Serializer[Any]):
    """The last known good version. `image_known_present` is null when no row tells; releases/{id}/presence asks."""

    release = TicketReleaseSerializer()
    ticket = serializers.IntegerField(allow_null=True)
    since = serializers.DateTimeField()
    until = serializers.DateTimeField(allow_null=True)
    ran_seconds = serializers.FloatField()
    image_known_present = serializers.BooleanField(allow_null=True)
    image_seen_at = serializers.DateTimeField(allow_null=True)


class BoardRightsSerializer(serializers.Serializer[Any]):
    """What the reader may ask for in an environment; `promote` into it."""

    release = RightSerializer()
    promote = RightSerializer()
    roll_back = RightSerializer()
    verdict = RightSerializer()


class BoardNextSerializer(serializers.Serializer[Any]):
    """Whether the image that runs here may be asked into `environment` now; else why not, or the ticket that asks."""

    environment = serializers.CharField(help_text="slug")
    tag = serializers.CharField(allow_blank=True)
    digest = serializers.CharField(allow_blank=True)
    is_open = serializers.BooleanField()
    ticket = serializers.IntegerField(allow_null=True)
    reason = ReasonField()


class BoardEnvironmentSerializer(serializers.Serializer[Any]):
    """One row of the board. `next`: each environment that its image goes on to, unless all of it runs that already."""

    environment = TicketEnvironmentSerializer()
    approvals_needed = serializers.IntegerField()
    lock = BoardLockSerializer(allow_null=True)
    cells = BoardCellSerializer(many=True)
    open_tickets = BoardTicketSerializer(many=True)
    last_known_good = WayBackSerializer(allow_null=True)
    rights = BoardRightsSerializer()
    next = BoardNextSerializer(many=True)


class BoardSerializer(serializers.Serializer[Any]):
    """Version × environment × cluster, by what was last observed; `at` is the database's time of the answer."""

    project = TicketProjectSerializer()
    at = serializers.DateTimeField()
    environments = BoardEnvironmentSerializer(many=True)
