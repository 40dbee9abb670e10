"""A project's own Dockerfile in place of its language's template: the rare, audited exception (B4).

Must not: render it; the text is used as it stands, no value is put into it.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models.functions import Now

from apps.audit.services import record
from apps.catalog.models import DockerfileOverride
from apps.catalog.services import check_dockerfile_text
from apps.common.canonical import sha256_hex
from apps.policy.actor import Actor
from apps.projects.models import Project


def live_override(project: Project) -> DockerfileOverride | None:
    """The override that builds of this project use now."""
    return DockerfileOverride.objects.filter(project=project, ended_at__isnull=True).select_related("set_by").first()


def set_override(project: Project, *, body: str, reason: str, actor: Actor) -> DockerfileOverride:
    """Builds from now on use this text; the override before it, if any, is ended."""
    check_dockerfile_text(body)
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        before = _end(project)
        made = DockerfileOverride.objects.create(project=project, body=body, reason=reason, set_by_id=actor.person_id)
        params = {"before": before, "after": sha256_hex(body), "reason": reason}
        record("project.dockerfile_overridden", target=project, params=params, project_id=project.pk, actor=actor)
    made.refresh_from_db()
    return made


def end_override(project: Project, *, actor: Actor) -> None:
    """Back to the language's template; nothing happens when there is no override."""
    with transaction.atomic():
        before = _end(project)
        if before is not None:
            params = {"before": before, "after": None}
            record("project.dockerfile_restored", target=project, params=params, project_id=project.pk, actor=actor)


def _end(project: Project) -> str | None:
    """End the live override; the hash of its text."""
    live = live_override(project)
    if live is None:
        return None
    DockerfileOverride.objects.filter(pk=live.pk).update(ended_at=Now())
    return sha256_hex(live.body)
