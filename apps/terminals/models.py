"""Sessions of the emergency terminal, the single-use claims that open their sockets, and who watches along.

A session is a row: what was opened, by whom, why, until when and how it ended; its bytes are in the recording. Must
not: hold a claim (only its SHA-256) or a byte of what was shown.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class TerminalSession(models.Model):
    """One shell in one container. Times are the database's; `ends_at` is known from the first use on."""

    class State(models.TextChoices):
        OPENING = "opening"
        LIVE = "live"
        AWAY = "away"
        ENDED = "ended"

    class Cleanup(models.TextChoices):
        PENDING = "pending"
        DONE = "done"
        FAILED = "failed"
        NOT_NEEDED = "not_needed"

    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="terminal_sessions")
    environment = models.ForeignKey("projects.Environment", on_delete=models.PROTECT, related_name="+")
    workload = models.ForeignKey("workloads.Workload", on_delete=models.PROTECT, related_name="terminal_sessions")
    cluster = models.ForeignKey("integrations.Cluster", on_delete=models.PROTECT, related_name="+")
    namespace = models.CharField(max_length=63)
    pod = models.CharField(max_length=253)
    pod_uid = models.CharField(max_length=64)
    container = models.CharField(max_length=63)
    image = models.CharField(max_length=500, blank=True)
    version = models.CharField(max_length=200, blank=True, help_text="the image's tag")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="terminal_sessions")
    login = models.ForeignKey(
        "accounts.UserSession", null=True, on_delete=models.SET_NULL, related_name="+", help_text="null: signed out"
    )
    ticket = models.ForeignKey(
        "tickets.Ticket", null=True, on_delete=models.PROTECT, related_name="terminal_sessions", help_text="null: none"
    )
    reason = models.CharField(max_length=500)
    is_break_glass = models.BooleanField(default=False)
    minutes = models.PositiveSmallIntegerField(help_text="from the first use")
    marker = models.UUIDField(default=uuid.uuid4, unique=True, editable=False, help_text="OPSPORTAL_SESSION in there")
    credential_set_at = models.DateTimeField(null=True, help_text="of the cluster when the session was made")
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPENING)
    host = models.CharField(max_length=120, blank=True, help_text="the process that holds the shell")
    seen_at = models.DateTimeField(null=True, help_text="when that process last said that it holds it")
    created_at = models.DateTimeField(db_default=Now())
    opened_at = models.DateTimeField(null=True)
    first_used_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    extended_at = models.DateTimeField(null=True)
    extended_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    shell = models.CharField(max_length=100, blank=True)
    end_requested_at = models.DateTimeField(null=True)
    end_requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    end_message = models.CharField(max_length=300, blank=True)
    ended_at = models.DateTimeField(null=True)
    end_code = models.CharField(max_length=60, blank=True)
    end_params = models.JSONField(default=dict)
    exit_code = models.IntegerField(null=True)
    recording_bytes = models.BigIntegerField(default=0)
    recording_segments = models.PositiveIntegerField(default=0)
    recording_head = models.CharField(max_length=64, blank=True)
    recording_deleted_at = models.DateTimeField(null=True)
    cleanup_state = models.CharField(max_length=10, choices=Cleanup.choices, blank=True, help_text="empty: not ended")
    cleanup_reason = models.JSONField(null=True, help_text="{code, params} of the last look")
    cleanup_attempts = models.PositiveSmallIntegerField(default=0)
    cleanup_due_at = models.DateTimeField(null=True)
    touched_at = models.DateTimeField(null=True, help_text="when somebody first typed into the container")
    pod_gone_at = models.DateTimeField(null=True, help_text="a touched pod was recycled, or went by itself")
    recycle_ticket = models.ForeignKey("tickets.Ticket", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(minutes__gte=1, minutes__lte=90), name="terminal_minutes_bounded"),
            models.CheckConstraint(
                condition=Q(state="ended", ended_at__isnull=False, end_code__gt="")
                | (~Q(state="ended") & Q(ended_at__isnull=True, end_code="")),
                name="terminal_end_has_code",
            ),
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="terminal_newest"),
            models.Index(fields=["project", "-created_at", "-id"], name="terminal_project_newest"),
            models.Index(fields=["user", "-created_at", "-id"], name="terminal_mine_newest"),
            models.Index(fields=["state", "-created_at", "-id"], name="terminal_state_newest"),
            models.Index(fields=["host", "seen_at"], condition=~Q(state="ended"), name="terminal_of_host"),
            models.Index(fields=["cleanup_due_at"], condition=Q(cleanup_state="pending"), name="terminal_to_clean"),
            models.Index(
                fields=["workload", "pod_uid"],
                condition=Q(touched_at__isnull=False, pod_gone_at__isnull=True),
                name="terminal_touched",
            ),
        ]

    def __str__(self) -> str:
        return f"shell {self.pk} in {self.namespace}/{self.pod}"

    @property
    def requester_id(self) -> int:
        """Whose it is, as the policy asks."""
        return self.user_id


class TerminalClaim(models.Model):
    """What opens a session's socket once, within thirty seconds, from the login that asked for it."""

    session = models.ForeignKey(TerminalSession, on_delete=models.CASCADE, related_name="claims")
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the claim")
    login = models.ForeignKey("accounts.UserSession", on_delete=models.CASCADE, related_name="+")
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="terminal_claim_end")]

    def __str__(self) -> str:
        return f"claim of session {self.session_id}"


class TerminalWatcher(models.Model):
    """A person who watches a session along; he says so every ten seconds."""

    session = models.ForeignKey(TerminalSession, on_delete=models.CASCADE, related_name="watchers")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    started_at = models.DateTimeField(db_default=Now())
    seen_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session", "user"], name="terminal_watcher_once")]

    def __str__(self) -> str:
        return f"{self.user_id} watches session {self.session_id}"
