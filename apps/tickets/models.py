"""Tickets, their approvals, steps and slots: the rows that are the engine's memory (DESIGN law 1 and 2, D5–D9).

Must not: change a status anywhere but in `transitions.py`; know what any ticket kind does.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class TicketStatus(models.TextChoices):
    PENDING_CONFIRMATION = "pending_confirmation"
    PENDING_APPROVAL = "pending_approval"
    SCHEDULED = "scheduled"
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    ERRORED = "errored"
    CANCELED = "canceled"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"


class StepStatus(models.TextChoices):
    PLANNED = "planned"
    DUE = "due"
    WAITING = "waiting"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    ERRORED = "errored"
    SKIPPED = "skipped"
    CANCELED = "canceled"


OPEN_STEP = (StepStatus.DUE, StepStatus.WAITING)


class Ticket(models.Model):
    """A request. `form` is what was asked for, `facts` what the portal resolved at filing (both plain JSON)."""

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=40)
    status = models.CharField(max_length=24, choices=TicketStatus.choices)
    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="tickets")
    environment = models.ForeignKey("projects.Environment", null=True, on_delete=models.PROTECT, related_name="tickets")
    requester = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="tickets")
    requester_token_id = models.BigIntegerField(null=True)
    title = models.CharField(max_length=300)
    note = models.TextField(blank=True)
    form = models.JSONField(default=dict)
    facts = models.JSONField(default=dict)
    revision = models.PositiveIntegerField(default=1)
    approvals_needed = models.PositiveSmallIntegerField(default=0)
    takes_slot = models.BooleanField(default=False)
    is_emergency = models.BooleanField(default=False)
    requires_review = models.BooleanField(default=False)
    fingerprint = models.CharField(max_length=64, blank=True)
    fingerprint_content = models.JSONField(null=True)
    fingerprint_moved = models.JSONField(null=True, help_text="the last move: {from: fingerprint, lines}")
    fingerprint_at = models.DateTimeField(null=True)
    frozen_at = models.DateTimeField(null=True, help_text="first patch: the fingerprint no longer changes (D17)")
    reason = models.JSONField(null=True, help_text="why it ended as it did: {code, params}")
    planned_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    queued_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    slot_wanted_at = models.DateTimeField(null=True, help_text="its place in the queue of its slots (D7)")
    slot_first = models.BooleanField(default=False, help_text="goes before others: a roll back (D10)")
    cancel_requested_at = models.DateTimeField(null=True)
    cancel_requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    cancel_reason = models.JSONField(
        null=True, help_text="{code, params}: a person's cancel, or a roll back that goes first"
    )
    superseded_by = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="+")
    idempotency_key = models.CharField(max_length=200, null=True)
    request_hash = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["requester", "idempotency_key"],
                condition=Q(idempotency_key__isnull=False),
                name="ticket_idempotency",
            ),
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="ticket_newest"),
            models.Index(fields=["project", "-created_at", "-id"], name="ticket_project_newest"),
            models.Index(fields=["status", "-created_at", "-id"], name="ticket_status_newest"),
            models.Index(fields=["project", "environment", "-created_at", "-id"], name="ticket_pair_newest"),
            models.Index(fields=["requester", "-created_at", "-id"], name="ticket_mine_newest"),
            models.Index(
                fields=["queued_at", "id"], condition=Q(status__in=["queued", "running"]), name="ticket_queue"
            ),
            models.Index(fields=["expires_at"], condition=Q(expires_at__isnull=False), name="ticket_expiry"),
            models.Index(fields=["-id"], condition=Q(requires_review=True), name="ticket_review_owed"),
            models.Index(
                fields=["project", "environment", "slot_wanted_at"],
                condition=Q(slot_wanted_at__isnull=False),
                name="ticket_slot_queue",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.kind}"

    @property
    def requester_ids(self) -> frozenset[int]:
        """Everybody who counts as its requester for four eyes: the ticket's and the release's (D13)."""
        from apps.tickets import registry

        kind = registry.KINDS.get(self.kind)
        return frozenset({self.requester_id} | (kind.excluded_approvers(self) if kind else set()))


class Approval(models.Model):
    """One decision on one fingerprint; voided rows stay (D17, UI: kept, struck)."""

    class Decision(models.TextChoices):
        APPROVE = "approve"
        REJECT = "reject"

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="approvals")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decision = models.CharField(max_length=10, choices=Decision.choices)
    comment = models.TextField(blank=True)
    fingerprint = models.CharField(max_length=64)
    revision = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now())
    voided_at = models.DateTimeField(null=True)
    void_reason = models.JSONField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["ticket", "actor"], condition=Q(voided_at__isnull=True), name="approval_once_while_valid"
            )
        ]

    def __str__(self) -> str:
        return f"{self.decision} of #{self.ticket_id}"


class Review(models.Model):
    """A look afterwards at what went without prior approval (D18, D19)."""

    class Outcome(models.TextChoices):
        ACCEPTED = "accepted"
        CONCERN = "concern"

    ticket = models.OneToOneField(Ticket, on_delete=models.CASCADE, related_name="review")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    comment = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"review of #{self.ticket_id}"


class Comment(models.Model):
    """A word on a ticket (R18)."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="comments")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"comment on #{self.ticket_id}"


class Step(models.Model):
    """One short, idempotent visit, repeated until Done or Failed.

    `system` is the bulkhead it counts against ("jenkins:1", "cluster:3", "" = none). `intent` is saved before the
    call goes out, `output` after the answer. `fence` rises with each claim; a write with an older fence is refused.
    """

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="steps")
    name = models.CharField(max_length=60)
    target = models.CharField(max_length=100, blank=True)
    wave = models.PositiveSmallIntegerField(default=0)
    order = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=12, choices=StepStatus.choices, default=StepStatus.PLANNED)
    system = models.CharField(max_length=60, blank=True)
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    attempt = models.PositiveSmallIntegerField(default=1)
    params = models.JSONField(default=dict)
    intent = models.JSONField(null=True)
    output = models.JSONField(null=True)
    reason = models.JSONField(null=True)
    due_at = models.DateTimeField(null=True)
    claimed_at = models.DateTimeField(null=True)
    woken_at = models.DateTimeField(null=True, help_text="a wake-up that came during a visit is not lost")
    lease_owner = models.CharField(max_length=80, blank=True)
    lease_until = models.DateTimeField(null=True)
    fence = models.PositiveBigIntegerField(default=0)
    visits = models.PositiveIntegerField(default=0)
    troubles = models.PositiveIntegerField(default=0, help_text="retryable errors in a row")
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ticket", "wave", "target", "order"], name="step_place_once"),
            models.CheckConstraint(
                condition=~Q(status__in=["due", "waiting"]) | Q(due_at__isnull=False), name="step_open_has_due_time"
            ),
        ]
        indexes = [
            models.Index(fields=["due_at", "id"], condition=Q(status__in=["due", "waiting"]), name="step_due"),
            models.Index(fields=["system"], condition=Q(lease_until__isnull=False), name="step_in_flight"),
        ]
        ordering = ["wave", "target", "order"]

    def __str__(self) -> str:
        return f"{self.name} {self.target}".strip()

    @property
    def call_key(self) -> str:
        """The key that travels in the call (D5): the step's UUID and the attempt."""
        return f"{self.key}.{self.attempt}"


class Slot(models.Model):
    """Who changes a (project, environment) now (D7); deleted when the ticket ends."""

    project = models.ForeignKey("projects.Project", on_delete=models.CASCADE, related_name="+")
    environment = models.ForeignKey("projects.Environment", on_delete=models.CASCADE, related_name="+")
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="slots")
    taken_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "environment"], name="slot_once")]

    def __str__(self) -> str:
        return f"slot of #{self.ticket_id}"


class Brake(models.Model):
    """The emergency brake (E10): while it is on, nothing new is begun outside; everywhere, or on one cluster."""

    cluster = models.ForeignKey(
        "integrations.Cluster",
        null=True,
        on_delete=models.PROTECT,
        related_name="brakes",
        help_text="null: everywhere",
    )
    reason = models.CharField(max_length=500)
    pulled_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    pulled_at = models.DateTimeField(db_default=Now())
    released_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    released_at = models.DateTimeField(null=True)
    comment = models.CharField(max_length=500, blank=True, help_text="what was said on release")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["cluster"],
                condition=Q(released_at__isnull=True),
                nulls_distinct=False,
                name="brake_once_per_scope",
            )
        ]
        indexes = [models.Index(fields=["-pulled_at", "-id"], name="brake_newest")]

    def __str__(self) -> str:
        return f"brake {self.pk}"


class Chore(models.Model):
    """Periodic work as a leased row: every worker looks, one does it. Replaces a scheduler process."""

    name = models.CharField(max_length=100, unique=True)
    due_at = models.DateTimeField(db_default=Now())
    lease_owner = models.CharField(max_length=80, blank=True)
    lease_until = models.DateTimeField(null=True)
    fence = models.PositiveBigIntegerField(default=0)
    last_done_at = models.DateTimeField(null=True)
    last_error = models.JSONField(null=True)

    def __str__(self) -> str:
        return self.name
