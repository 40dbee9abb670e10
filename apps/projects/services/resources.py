"""Servers, databases and links bound to a project (P1). Must not: reach any of them."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from apps.audit.services import record
from apps.common.errors import Missing
from apps.policy.actor import Actor
from apps.projects.models import Environment, Project, Resource
from apps.projects.services.projects import assert_active
from apps.projects.services.refusals import unknown


def add_resource(project: Project, values: dict[str, Any], *, actor: Actor) -> Resource:
    """Bind one to the project, to one of its environments or to all."""
    assert_active(project)
    slug = values.pop("environment", None)
    environment = None
    if slug is not None:
        environment = Environment.objects.filter(slug=slug, projects__project=project).first()
        if environment is None:
            raise unknown("environment", slug)
    with transaction.atomic():
        resource = Resource.objects.create(project=project, environment=environment, **values)
        after = {**values, "environment": slug}
        _record("project.resource_added", resource, {"before": None, "after": after}, actor)
    return resource


def remove_resource(project: Project, resource_id: int, *, actor: Actor) -> None:
    """Take it away from the project; Missing when the project has no such one."""
    assert_active(project)
    with transaction.atomic():
        resource = Resource.objects.select_for_update().filter(project=project, pk=resource_id).first()
        if resource is None:
            raise Missing
        before = {name: getattr(resource, name) for name in ("kind", "name", "address", "note")}
        _record("project.resource_removed", resource, {"before": before, "after": None}, actor)
        resource.delete()


def _record(action: str, resource: Resource, params: dict[str, Any], actor: Actor) -> None:
    record(
        action,
        target=resource,
        params=params,
        project_id=resource.project_id,
        environment_id=resource.environment_id,
        actor=actor,
    )
