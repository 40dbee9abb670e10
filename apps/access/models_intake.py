"""Bulk intake (P9): a batch of projects to take in, what was read outside for it, and its rows.

Rows are the memory: whoever reads or takes in may die at any time, the next one goes on. Must not: hold anything secret,
or a thing outside that was not read or typed by an administrator.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class Intake(models.Model):
    """One batch, found outside or given as CSV."""

    class Source(models.TextChoices):
        FOUND = "found"
        CSV = "csv"

    class State(models.TextChoices):
        READING = "reading"
        READY = "ready"
        TAKING = "taking"
        DONE = "done"
        STOPPED = "stopped"

    source = models.CharField(max_length=10, choices=Source.choices)
    state = models.CharField(max_length=10, choices=State.choices)
    left_out = models.JSONField(default=dict, help_text="what belongs to nothing: {kind: {count, names}}")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", help_text="who said take"
    )
    halted = models.JSONField(null=True, help_text="why it stopped by itself: {code, params}")
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["-created_at", "-id"], name="intake_newest")]

    def __str__(self) -> str:
        return f"intake {self.pk}"


class Leased(models.Model):
    """Work that one worker at a time does: claimed until `lease_until`, known by `fence`, not before `due_at`."""

    lease_until = models.DateTimeField(null=True)
    fence = models.PositiveBigIntegerField(default=0)
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(db_default=Now())

    class Meta:
        abstract = True


class IntakeReading(Leased):
    """One outside system of a batch: read, or why not. `found` is emptied once the rows are made of it."""

    class State(models.TextChoices):
        WAITING = "waiting"
        READ = "read"
        FAILED = "failed"

    intake = models.ForeignKey(Intake, on_delete=models.CASCADE, related_name="readings")
    system = models.CharField(max_length=60, help_text="as of a step: gitlab:1, jenkins:2, cluster:3")
    name = models.CharField(max_length=63)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    found = models.JSONField(default=list)
    count = models.PositiveIntegerField(default=0)
    is_complete = models.BooleanField(default=True, help_text="false: there is more than was read")
    problem = models.JSONField(null=True, help_text="why it could not be read, or what was passed over")
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["intake", "system"], name="intake_system_once")]
        ordering = ["system"]

    def __str__(self) -> str:
        return f"{self.intake_id} {self.system}"


class IntakeRow(Leased):
    """One service: what would be its project. Values stand as found or typed, right or wrong; `problems` says which."""

    class Confidence(models.TextChoices):
        CERTAIN = "certain"
        LIKELY = "likely"
        UNSURE = "unsure"

    class State(models.TextChoices):
        WAITING = "waiting"
        TAKEN = "taken"
        FAILED = "failed"
        EXISTS = "exists"

    intake = models.ForeignKey(Intake, on_delete=models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField(help_text="of a CSV: the line")
    slug = models.CharField(max_length=200, blank=True)
    name = models.CharField(max_length=200, blank=True)
    language = models.CharField(max_length=40, blank=True)
    gitlab = models.CharField(max_length=63, blank=True)
    gitlab_path = models.CharField(max_length=400, blank=True)
    jenkins = models.CharField(max_length=63, blank=True)
    job = models.CharField(max_length=255, blank=True)
    registry = models.CharField(max_length=63, blank=True)
    image_repository = models.CharField(max_length=255, blank=True)
    environments = models.JSONField(default=list, help_text="slugs")
    owners = models.JSONField(default=list, help_text="user names")
    workloads = models.JSONField(default=list, help_text="[{environment, cluster, namespace, deployment, container}]")
    migration = models.JSONField(default=dict, help_text="{} or {state, container_weight, container_servers, servers}")
    confidence = models.CharField(max_length=10, choices=Confidence.choices)
    why = models.JSONField(default=list, help_text="[{code, params}]: why it belongs together, and what follows")
    candidates = models.JSONField(default=dict, help_text="{repositories, jobs, workloads}: what else it could be")
    problems = models.JSONField(default=dict, help_text="{field: [{code, params}]}: not taken in as it stands")
    is_ticked = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    error = models.JSONField(null=True, help_text="why taking it in failed: {code, params}")
    project = models.ForeignKey("projects.Project", null=True, on_delete=models.PROTECT, related_name="+")
    taken_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["intake", "number"], name="intake_row_number_once"),
            models.UniqueConstraint(fields=["project"], condition=Q(state="taken"), name="intake_project_once"),
            models.CheckConstraint(
                name="intake_taken_has_project", condition=~Q(state="taken") | Q(project__isnull=False)
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="waiting", is_ticked=True), name="intake_row_due"),
        ]

    def __str__(self) -> str:
        return f"{self.intake_id}/{self.number} {self.slug}"
