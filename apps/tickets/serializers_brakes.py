"""The shape of emergency brakes. Must not: look anything up that the view has not put on the row."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.accounts.serializers import PersonSerializer
from apps.common.serializers import StrictSerializer
from apps.integrations.models import Cluster
from apps.tickets.models import Brake
from apps.tickets.serializers_card import RightSerializer

SHORTEST_REASON, LONGEST_REASON = 3, 500


class BrakeClusterSerializer(serializers.ModelSerializer[Cluster]):
    """The cluster a brake is for."""

    class Meta:
        model = Cluster
        fields = ("id", "name")
        read_only_fields = fields


class BrakeSerializer(serializers.ModelSerializer[Brake]):
    """One brake, on or released. `held`: steps that wait because of it; `under_way`: calls begun before it and not yet
    answered, which may still arrive outside."""

    cluster = BrakeClusterSerializer(read_only=True, allow_null=True, help_text="null: everywhere")
    pulled_by = PersonSerializer(read_only=True)
    released_by = PersonSerializer(read_only=True, allow_null=True)
    is_on = serializers.BooleanField(read_only=True)
    held = serializers.IntegerField(read_only=True)
    under_way = serializers.IntegerField(read_only=True)
    may_release = RightSerializer(read_only=True)

    class Meta:
        model = Brake
        fields = (
            "id",
            "cluster",
            "reason",
            "pulled_by",
            "pulled_at",
            "is_on",
            "released_by",
            "released_at",
            "comment",
            "held",
            "under_way",
            "may_release",
        )
        read_only_fields = fields


class BrakeScopeSerializer(serializers.Serializer[Any]):
    """Where a brake may be pulled, and whether the reader may."""

    cluster = BrakeClusterSerializer(allow_null=True, help_text="null: everywhere")
    brake = serializers.IntegerField(allow_null=True, help_text="the brake that is on there")
    may_pull = RightSerializer()


class BrakeFilter(StrictSerializer):
    """Query parameters of the list."""

    all = serializers.BooleanField(required=False, default=False, help_text="released ones too")


class PullSerializer(StrictSerializer):
    """POST brakes/."""

    cluster = serializers.IntegerField(
        min_value=1, max_value=2**63 - 1, allow_null=True, help_text="id; null: everywhere"
    )
    reason = serializers.CharField(min_length=SHORTEST_REASON, max_length=LONGEST_REASON)


class ReleaseSerializer(StrictSerializer):
    """POST brakes/{id}/release/."""

    comment = serializers.CharField(max_length=LONGEST_REASON, required=False, allow_blank=True, default="")
