"""Releases (versions), builds and their logs, verdicts and rollouts (D2, D16, D24).

Must not: drive anything (steps do) or decide a gate (`gates.py` does).
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class Release(models.Model):
    """One version: project, ref, commit, tag and, once built, the digest.

    A baseline adopted from a running image has `is_built_here=False`, no tag and no build.
    """

    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="releases")
    ticket = models.OneToOneField(
        "tickets.Ticket",
        null=True,
        on_delete=models.PROTECT,
        related_name="made_release",
        help_text="the release ticket",
    )
    requester = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="releases"
    )
    ref = models.CharField(max_length=255, blank=True)
    commit = models.CharField(max_length=64, blank=True)
    commit_title = models.CharField(max_length=500, blank=True)
    tag = models.CharField(max_length=128, blank=True)
    image_repository = models.CharField(max_length=255)
    digest = models.CharField(max_length=71, blank=True)
    is_built_here = models.BooleanField(default=True)
    dockerfile = models.TextField(blank=True)
    dockerfile_version = models.PositiveIntegerField(null=True)
    job_template_version = models.PositiveIntegerField(null=True)
    labels = models.JSONField(default=dict)
    size = models.BigIntegerField(null=True)
    built_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "tag"], condition=~Q(tag=""), name="release_tag_once"),
        ]
        indexes = [
            models.Index(fields=["project", "-created_at", "-id"], name="release_newest"),
            models.Index(fields=["digest"], name="release_digest"),
        ]

    def __str__(self) -> str:
        return self.tag or self.digest[:19]


class TicketRelease(models.Model):
    """Which release a ticket of kind release, promote or roll_back is about."""

    ticket = models.OneToOneField("tickets.Ticket", on_delete=models.CASCADE, related_name="about", primary_key=True)
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="tickets")

    def __str__(self) -> str:
        return f"#{self.ticket_id} is about {self.release_id}"


class Build(models.Model):
    """One Jenkins attempt (D2). `jenkins_offset` is Jenkins' own log offset, `log_size` counts our copy (D24)."""

    class State(models.TextChoices):
        ASKED = "asked"
        QUEUED = "queued"
        RUNNING = "running"
        FINISHED = "finished"
        LOST = "lost"

    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="builds")
    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.CASCADE, related_name="builds")
    controller = models.ForeignKey("integrations.JenkinsController", on_delete=models.PROTECT, related_name="builds")
    job = models.CharField(max_length=255)
    key = models.CharField(max_length=60, unique=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ASKED)
    queue_id = models.BigIntegerField(null=True)
    queue_why = models.CharField(max_length=300, blank=True)
    number = models.IntegerField(null=True)
    result = models.CharField(max_length=20, blank=True)
    stages = models.JSONField(default=list, help_text="[{name, started_at_ms, line}] from the stage marks only")
    jenkins_offset = models.BigIntegerField(default=0)
    log_size = models.BigIntegerField(default=0)
    log_lines = models.IntegerField(default=0)
    log_complete = models.BooleanField(default=False)
    log_read_at = models.DateTimeField(null=True)
    watched_at = models.DateTimeField(null=True, help_text="somebody looks at the log: it is copied first")
    duplicates = models.PositiveSmallIntegerField(default=0, help_text="second builds with our key, stopped (D9)")
    absent_since = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["controller"], condition=Q(state__in=["asked", "queued", "running"]), name="build_open"
            ),
            models.Index(
                fields=["controller", "finished_at"], condition=Q(log_complete=False), name="build_log_unread"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.job} {self.number or self.key}"


class BuildLogChunk(models.Model):
    """At most 64 kB of log, zlib-compressed; `first_line` is the number of its first line, from 1 (D24)."""

    build = models.ForeignKey(Build, on_delete=models.CASCADE, related_name="log")
    offset = models.BigIntegerField()
    length = models.IntegerField()
    first_line = models.IntegerField()
    data = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["build", "offset"], name="log_chunk_once")]
        ordering = ["offset"]

    def __str__(self) -> str:
        return f"log of {self.build_id} at {self.offset}"


class Verdict(models.Model):
    """A tester's word on (digest, environment); the latest counts (D16)."""

    class Outcome(models.TextChoices):
        PASSED = "passed"
        FAILED = "failed"

    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="verdicts")
    environment = models.ForeignKey("projects.Environment", on_delete=models.PROTECT, related_name="verdicts")
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="verdicts")
    digest = models.CharField(max_length=71)
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    comment = models.TextField(blank=True)
    evidence = models.JSONField(default=list, help_text="[{title, url}]")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["project", "digest", "environment", "-id"], name="verdict_latest")]

    def __str__(self) -> str:
        return f"{self.outcome} {self.digest[:19]}"


class Rollout(models.Model):
    """Release × workload × ticket: what was there, what shall be there, and how it went (D2)."""

    class Result(models.TextChoices):
        PENDING = "pending"
        RUNNING = "running"
        SUCCEEDED = "succeeded"
        FAILED = "failed"
        UNKNOWN = "unknown"
        SKIPPED = "skipped"

    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.CASCADE, related_name="rollouts")
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="rollouts")
    workload = models.ForeignKey("workloads.Workload", on_delete=models.PROTECT, related_name="rollouts")
    from_image = models.CharField(max_length=500, blank=True)
    from_digest = models.CharField(max_length=71, blank=True)
    to_image = models.CharField(max_length=500)
    to_digest = models.CharField(max_length=71)
    generation = models.BigIntegerField(null=True)
    result = models.CharField(max_length=10, choices=Result.choices, default=Result.PENDING)
    reason = models.JSONField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ticket", "workload"], name="rollout_once")]
        indexes = [
            models.Index(fields=["workload", "-id"], name="rollout_latest"),
            models.Index(fields=["to_digest"], name="rollout_digest"),
        ]

    def __str__(self) -> str:
        return f"rollout of #{self.ticket_id} to {self.workload_id}"
