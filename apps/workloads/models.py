"""Workloads (D1), their configurations, presets and held secrets, what the watcher last saw, and the watchers' heartbeats.

Must not: hold anything but observations in `Observed…` rows; they may be dropped and are rebuilt by a re-list.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from apps.common.fields import EncryptedField
from apps.workloads.observe import Seen, SeenPod, digest_of


class Workload(models.Model):
    """ProjectEnvironment × placement × name: one Deployment and its container on one cluster (D1, D21)."""

    project_environment = models.ForeignKey(
        "projects.ProjectEnvironment", on_delete=models.PROTECT, related_name="workloads"
    )
    placement = models.ForeignKey("projects.Placement", on_delete=models.PROTECT, related_name="workloads")
    name = models.CharField(max_length=63)
    namespace = models.CharField(max_length=63)
    deployment = models.CharField(max_length=253)
    container = models.CharField(max_length=63)
    deployment_uid = models.CharField(max_length=64)
    adopted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project_environment", "placement", "name"], name="workload_once"),
            models.UniqueConstraint(
                fields=["placement", "namespace", "deployment", "container"], name="workload_target_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.namespace}/{self.deployment}"


class Configuration(models.Model):
    """What one workload of a project shall be in an environment (W1): the head of its revisions."""

    project_environment = models.ForeignKey(
        "projects.ProjectEnvironment", on_delete=models.PROTECT, related_name="configurations"
    )
    name = models.CharField(max_length=63, help_text="the workload's name, the same on every cluster")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project_environment", "name"], name="configuration_once")]

    def __str__(self) -> str:
        return f"{self.project_environment_id}/{self.name}"


class ConfigurationRevision(models.Model):
    """One completed document of a configuration, never edited. Proposed by a ticket; in force once `applied_at` is set.

    Numbers are given when a revision is proposed, so that a refused one leaves a gap that its ticket explains.
    """

    configuration = models.ForeignKey(Configuration, on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    document = models.JSONField(help_text="docs/configuration.md, completed")
    secret_versions = models.JSONField(
        default=dict,
        db_default={},
        help_text="{key: version} of the held secrets that go with it; read anew when its ticket starts",
    )
    note = models.CharField(max_length=500, blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    ticket = models.OneToOneField(
        "tickets.Ticket", null=True, on_delete=models.PROTECT, related_name="configuration_revision"
    )
    created_at = models.DateTimeField(db_default=Now())
    applied_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["configuration", "number"], name="configuration_revision_once")]
        ordering = ["configuration_id", "-number"]

    def __str__(self) -> str:
        return f"{self.configuration_id} r{self.number}"


class ConfigurationPreset(models.Model):
    """A filled form under a name (W3), of one project or of one language; the document may be partial."""

    name = models.CharField(max_length=80)
    project = models.ForeignKey("projects.Project", null=True, on_delete=models.CASCADE, related_name="presets")
    language = models.ForeignKey("catalog.Language", null=True, on_delete=models.CASCADE, related_name="presets")
    document = models.JSONField(help_text="docs/configuration.md, without what belongs to one environment")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(project=None) ^ Q(language=None), name="preset_has_one_owner"),
            models.UniqueConstraint(fields=["project", "name"], name="preset_once_in_project"),
            models.UniqueConstraint(fields=["language", "name"], name="preset_once_in_language"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def scope(self) -> str:
        """Whose it is: `project` or `language`."""
        return "language" if self.project_id is None else "project"

    @property
    def requester_id(self) -> int | None:
        """Who made it, as the policy asks."""
        return self.created_by_id


class HeldSecret(models.Model):
    """A value the portal keeps for a workload in one environment (W17): encrypted, written and never read out.

    A row outlives its value: a key that is given a value again goes on counting, so that no version means two values.
    """

    project_environment = models.ForeignKey(
        "projects.ProjectEnvironment", on_delete=models.CASCADE, related_name="held_secrets"
    )
    workload = models.CharField(max_length=63, help_text="the workload's name, the same on every cluster")
    key = models.CharField(max_length=253, help_text="of the Secret's data; `.pull`: the image pull Secret")
    value = EncryptedField(blank=True, help_text="empty: removed")
    size = models.PositiveIntegerField(default=0, help_text="bytes of the value")
    version = models.PositiveIntegerField(default=0)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    set_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project_environment", "workload", "key"], name="held_secret_once")
        ]

    def __str__(self) -> str:
        return f"{self.workload}/{self.key}"


class ObservedDeployment(models.Model):
    """What the watcher last saw of a Deployment and its pods, reduced to what D20 and the board need."""

    workload = models.OneToOneField(Workload, on_delete=models.CASCADE, related_name="observed", primary_key=True)
    exists = models.BooleanField(default=True)
    uid = models.CharField(max_length=64, blank=True)
    resource_version = models.CharField(max_length=40, blank=True)
    generation = models.BigIntegerField(default=0)
    observed_generation = models.BigIntegerField(default=0)
    image = models.CharField(max_length=500, blank=True)
    digest = models.CharField(max_length=71, blank=True)
    replicas_wanted = models.IntegerField(default=0)
    replicas = models.IntegerField(default=0)
    updated = models.IntegerField(default=0)
    ready = models.IntegerField(default=0)
    available = models.IntegerField(default=0)
    conditions = models.JSONField(default=list)
    pods = models.JSONField(default=list, help_text="[{name, digest, image_id, ready, reason, restarts, owner, since}]")
    step_key = models.CharField(max_length=120, blank=True)
    paused = models.BooleanField(default=False)
    changed_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"observed {self.workload_id}"

    def as_seen(self) -> Seen:
        """The row in the form that `observe.judge` takes."""
        return Seen(
            uid=self.uid,
            resource_version=self.resource_version,
            generation=self.generation,
            observed_generation=self.observed_generation,
            image=self.image,
            replicas_wanted=self.replicas_wanted,
            replicas=self.replicas,
            updated=self.updated,
            ready=self.ready,
            available=self.available,
            step_key=self.step_key,
            paused=self.paused,
            conditions=list(self.conditions),
            pods=[SeenPod.from_json(pod) for pod in self.pods],
        )

    @classmethod
    def fields_of(cls, seen: Seen) -> dict[str, Any]:
        """The row's columns for what was seen."""
        own = {k: v for k, v in seen.__dict__.items() if k != "pods"}
        return {**own, "exists": True, "digest": digest_of(seen.image), "pods": [p.as_json() for p in seen.pods]}


class ClusterHeartbeat(models.Model):
    """One row per cluster: when its watcher last heard from it, and why not since."""

    cluster = models.OneToOneField(
        "integrations.Cluster", on_delete=models.CASCADE, related_name="heartbeat", primary_key=True
    )
    seen_at = models.DateTimeField(null=True)
    trouble = models.JSONField(null=True)
    watcher = models.CharField(max_length=80, blank=True)

    def __str__(self) -> str:
        return f"heartbeat of {self.cluster_id}"
