"""Languages and their versioned templates (P4, B2, B4). Must not: know a single project's job or image."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class Language(models.Model):
    """A language the portal builds: its Jenkins template job and Dockerfile template are versioned rows."""

    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.slug


class TemplateVersion(models.Model):
    """One version of one template of a language; never edited, only followed by a newer version."""

    class Kind(models.TextChoices):
        JENKINS_JOB = "jenkins_job"
        DOCKERFILE = "dockerfile"
        LOGGING_SIDECAR = "logging_sidecar"

    language = models.ForeignKey(Language, on_delete=models.PROTECT, related_name="templates")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    version = models.PositiveIntegerField()
    body = models.TextField(
        help_text="Dockerfile: Jinja2 source; Jenkins job: empty, the template job lives in Jenkins; logging sidecar: "
        "its image, empty for none"
    )
    jenkins_template = models.CharField(max_length=200, blank=True, help_text="name of the template job in Jenkins")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["language", "kind", "version"], name="template_version_once")]
        ordering = ["language_id", "kind", "-version"]

    def __str__(self) -> str:
        return f"{self.language_id} {self.kind} v{self.version}"


class DockerfileOverride(models.Model):
    """The audited exception (B4): a project's own Dockerfile, as plain text. Never edited; ended or followed by another."""

    project = models.ForeignKey("projects.Project", on_delete=models.CASCADE, related_name="dockerfile_overrides")
    body = models.TextField()
    reason = models.CharField(max_length=500)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project"], condition=models.Q(ended_at__isnull=True), name="override_once_while_live"
            )
        ]

    def __str__(self) -> str:
        return f"Dockerfile of {self.project_id}"


class Standard(models.Model):
    """A rule for the configuration of workloads (W14): words, levels per tier, languages, thresholds.

    What it looks at is code under the same id (`apps.catalog.standards.rules`). A row without `updated_at` is as the
    portal brought it.
    """

    id = models.CharField(max_length=60, primary_key=True)
    sentence_en = models.CharField(max_length=300)
    sentence_zh = models.CharField(max_length=300)
    reason_en = models.CharField(max_length=600)
    reason_zh = models.CharField(max_length=600)
    levels = models.JSONField(help_text="deny, warn or off by tier: development, test, staging, production")
    languages = models.JSONField(default=list, blank=True, help_text="slugs of languages; none: all")
    thresholds = models.JSONField(default=dict, blank=True, help_text="numbers by name")
    updated_at = models.DateTimeField(null=True)
    updated_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.id
