"""The shape of the first hour. Must not: look anything up; `first_hour.py` has."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.releases.first_hour import MOST_COUNTED, STEPS


class FirstHourStepSerializer(serializers.Serializer[Any]):
    """One step."""

    name = serializers.ChoiceField(list(STEPS))
    done = serializers.BooleanField()
    count = serializers.IntegerField(help_text=f"at most {MOST_COUNTED} are counted")


class FirstHourSerializer(serializers.Serializer[Any]):
    """All steps in their order."""

    done = serializers.BooleanField()
    steps = FirstHourStepSerializer(many=True)
