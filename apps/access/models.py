"""What a project's access made outside and here, row by row, so that it can be shown, found again and taken away.

A row is written before the call it is about and confirmed after it: a call without an answer leaves a row by whose key
the removal looks. Must not: tell or log a hook's secret.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from apps.access.models_intake import Intake, IntakeReading, IntakeRow
from apps.common.fields import EncryptedField

__all__ = ["Intake", "IntakeReading", "IntakeRow", "Provision"]


class Provision(models.Model):
    """One thing of one project. `key` is the key, without its attempt, of the step that asked for it.

    `address` holds what is needed to find it again: {"id", "path"} of a repository, {"project_id", "hook_id", "url"},
    {"job"}, {"namespace", "uid"}, {"grants": [ids]}; empty until the call was confirmed.
    """

    class What(models.TextChoices):
        REPOSITORY = "repository"
        WEBHOOK = "webhook"
        JOB = "job"
        NAMESPACE = "namespace"
        QUOTA = "quota"
        GRANTS = "grants"

    project = models.ForeignKey("projects.Project", on_delete=models.CASCADE, related_name="provisions")
    ticket = models.ForeignKey(
        "tickets.Ticket", null=True, on_delete=models.PROTECT, related_name="provisions", help_text="null: bulk intake"
    )
    what = models.CharField(max_length=20, choices=What.choices)
    system = models.CharField(
        max_length=60, blank=True, help_text="as of a step: gitlab:1, cluster:3; empty: the portal"
    )
    target = models.CharField(max_length=255)
    address = models.JSONField(default=dict)
    link = models.CharField(max_length=600, blank=True)
    key = models.CharField(max_length=36, blank=True)
    is_adopted = models.BooleanField(default=False, help_text="was there before: never deleted")
    secret = EncryptedField(blank=True)
    created_at = models.DateTimeField(db_default=Now())
    confirmed_at = models.DateTimeField(null=True, help_text="the outside said that it is there")
    kept = models.JSONField(null=True, help_text="why a removal left it: {code, params}")
    removed_at = models.DateTimeField(null=True)
    removed_by = models.ForeignKey("tickets.Ticket", null=True, on_delete=models.PROTECT, related_name="+")
    last_event = models.CharField(max_length=60, blank=True, help_text="of a webhook: the newest delivery's event")
    last_event_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "what", "system", "target"],
                condition=Q(removed_at__isnull=True),
                name="provision_once_while_there",
            )
        ]
        indexes = [models.Index(fields=["project", "id"], name="provision_of_project")]

    def __str__(self) -> str:
        return f"{self.what} {self.target}"

    @property
    def state(self) -> str:
        """created, adopted, removed or kept."""
        if self.removed_at is not None:
            return "removed"
        if self.kept is not None:
            return "kept"
        return "adopted" if self.is_adopted else "created"

    def about(self) -> dict[str, Any]:
        """The row as an approver or a step's output tells it."""
        return {"what": self.what, "system": self.system, "target": self.target, "link": self.link}
