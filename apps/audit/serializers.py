"""The shape of audit rows and of their filters.

Must not: write; audit rows come into being in `services` only.
"""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from apps.audit.models import AuditEvent
from apps.common.serializers import StrictSerializer

_ID: dict[str, Any] = {"min_value": 1, "max_value": 2**63 - 1, "required": False}
_WITHOUT_FILTER = ("limit", "cursor", "format")


class AuditEventSerializer(serializers.ModelSerializer[AuditEvent]):
    """One row with its seal."""

    class Meta:
        model = AuditEvent
        fields = (
            "id",
            "created_at",
            "actor_id",
            "actor_name",
            "actor_kind",
            "token_id",
            "ip",
            "request_id",
            "action",
            "outcome",
            "target_type",
            "target_id",
            "target_name",
            "project_id",
            "environment_id",
            "params",
            "seq",
            "prev_hash",
            "hash",
        )
        read_only_fields = fields


class AuditFilter(StrictSerializer):
    """The query parameters of list and export."""

    actor = serializers.IntegerField(**_ID, help_text="id of a user")
    action = serializers.CharField(max_length=80, required=False, help_text="an action or the beginning of one")
    target_type = serializers.CharField(max_length=60, required=False)
    target_id = serializers.CharField(max_length=80, required=False)
    project = serializers.IntegerField(**_ID)
    outcome = serializers.ChoiceField(AuditEvent.Outcome.choices, required=False)

    def get_fields(self) -> dict[str, Any]:
        """`from` is a word of Python and cannot be declared as an attribute."""
        return {
            **super().get_fields(),
            "from": serializers.DateTimeField(required=False),
            "to": serializers.DateTimeField(required=False),
        }


_LOOKUPS = {
    "actor": "actor_id",
    "action": "action__startswith",
    "target_type": "target_type",
    "target_id": "target_id",
    "project": "project_id",
    "outcome": "outcome",
    "from": "created_at__gte",
    "to": "created_at__lt",
}


def filtered(events: QuerySet[AuditEvent], query: dict[str, str]) -> QuerySet[AuditEvent]:
    """The rows that match the query parameters; an unknown parameter is refused."""
    wanted = AuditFilter(data={name: value for name, value in query.items() if name not in _WITHOUT_FILTER})
    wanted.is_valid(raise_exception=True)
    return events.filter(**{_LOOKUPS[name]: value for name, value in wanted.validated_data.items()})
