"""The audit trail: append-only rows with plain ids, sealed into a hash chain within a second.

Must not: have foreign keys (a row outlives what it tells of) or be written other than by `services` and `sealer`.
The database refuses changes and deletions by triggers (migration 0002).
"""

from __future__ import annotations

from datetime import UTC
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models.functions import Now


class AuditEvent(models.Model):
    """Who did (or was refused) what to what, when and from where."""

    class Outcome(models.TextChoices):
        DONE = "done"
        REFUSED = "refused"

    id = models.BigAutoField(primary_key=True)
    created_at = models.DateTimeField(db_default=Now())
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=150)
    actor_kind = models.CharField(max_length=10)
    token_id = models.BigIntegerField(null=True)
    ip = models.CharField(max_length=45, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    action = models.CharField(max_length=80)
    outcome = models.CharField(max_length=10, choices=Outcome)
    target_type = models.CharField(max_length=60, blank=True)
    target_id = models.CharField(max_length=80, blank=True)
    target_name = models.CharField(max_length=200, blank=True)
    project_id = models.BigIntegerField(null=True)
    environment_id = models.BigIntegerField(null=True)
    params = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    seq = models.BigIntegerField(null=True, unique=True)
    prev_hash = models.CharField(max_length=64, null=True)
    hash = models.CharField(max_length=64, null=True)
    sealed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="audit_newest"),
            models.Index(fields=["project_id", "-created_at", "-id"], name="audit_by_project"),
            models.Index(fields=["actor_id", "-created_at", "-id"], name="audit_by_actor"),
            models.Index(fields=["target_type", "target_id", "-created_at", "-id"], name="audit_by_target"),
            models.Index(
                fields=["action", "created_at", "id"],
                name="audit_by_action",
                opclasses=["varchar_pattern_ops", "timestamptz_ops", "int8_ops"],
            ),
            models.Index(fields=["id"], name="audit_unsealed", condition=models.Q(seq__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.action} by {self.actor_name}"

    def content(self) -> dict[str, Any]:
        """What the hash covers: every column but the seal itself."""
        return {
            "id": self.id,
            "created_at": self.created_at.astimezone(UTC).isoformat(timespec="microseconds"),
            "actor_id": self.actor_id,
            "actor_name": self.actor_name,
            "actor_kind": self.actor_kind,
            "token_id": self.token_id,
            "ip": self.ip,
            "request_id": self.request_id,
            "action": self.action,
            "outcome": self.outcome,
            "target_type": self.target_type,
            "target_id": self.target_id,
            "target_name": self.target_name,
            "project_id": self.project_id,
            "environment_id": self.environment_id,
            "params": self.params,
        }


class AuditHead(models.Model):
    """One row: the end of the chain, so that a cut-off tail is noticed."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    seq = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash}"
