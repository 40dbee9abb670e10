"""Pinning projects: what a person keeps at hand, in the order in which he did.

Must not: be taken for a right; whoever loses a project no longer sees its pin.
"""

from __future__ import annotations

from django.db import transaction

from apps.accounts.models import User
from apps.audit.services import record
from apps.common.errors import Conflict
from apps.policy.actor import Actor
from apps.projects.models import Pin, Project

MOST = 30


def pin_project(project: Project, *, actor: Actor) -> None:
    """Pin it; pinning a pinned one changes nothing. Conflict `pin.too_many` when 30 are pinned."""
    with transaction.atomic():
        # Of two pins at once neither would count the other: one after the other.
        User.objects.select_for_update(no_key=True).get(pk=actor.person_id)
        mine = Pin.objects.filter(user=actor.person_id)
        if mine.filter(project=project).exists():
            return
        if mine.count() >= MOST:
            raise Conflict("pin.too_many", most=MOST)
        Pin.objects.create(user_id=actor.person_id, project=project)
        record("project.pinned", target=project, project_id=project.pk, actor=actor)


def unpin_project(project: Project, *, actor: Actor) -> None:
    """Take the pin away; without one nothing changes."""
    with transaction.atomic():
        gone, _ = Pin.objects.filter(user=actor.person_id, project=project).delete()
        if gone:
            record("project.unpinned", target=project, project_id=project.pk, actor=actor)
