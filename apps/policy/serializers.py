"""The shape of the question "why may I, why may I not" and of its answer. Must not: decide."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.common.serializers import StrictSerializer
from apps.policy.actions import ACTIONS

_ID: dict[str, Any] = {"min_value": 1, "max_value": 2**63 - 1, "required": False}


class WhyQuestion(StrictSerializer):
    """Query parameters of GET /why."""

    action = serializers.ChoiceField(sorted(ACTIONS))
    project = serializers.IntegerField(**_ID)
    environment = serializers.IntegerField(**_ID)
    user = serializers.CharField(
        max_length=150,
        required=False,
        help_text="user name; of others for administrators, and in a project for its owners and ops",
    )


class WhyAnswer(serializers.Serializer[Any]):
    """Whether, and the reason if not."""

    allowed = serializers.BooleanField()
    code = serializers.CharField(allow_blank=True)
    params = serializers.JSONField()
    detail = serializers.CharField(allow_blank=True)
