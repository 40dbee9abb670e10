"""Languages and their versioned templates (P4, B2, B4). Must not: know a single project's job or image."""

from __future__ import annotations

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

    language = models.ForeignKey(Language, on_delete=models.PROTECT, related_name="templates")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    version = models.PositiveIntegerField()
    body = models.TextField(
        help_text="Dockerfile: Jinja2 source; Jenkins job: empty, the template job lives in Jenkins"
    )
    jenkins_template = models.CharField(max_length=200, blank=True, help_text="name of the template job in Jenkins")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["language", "kind", "version"], name="template_version_once")]
        ordering = ["language_id", "kind", "-version"]

    def __str__(self) -> str:
        return f"{self.language_id} {self.kind} v{self.version}"
