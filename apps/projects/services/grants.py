"""Giving and taking back roles on (project, environment) pairs (P5).

Must not: decide who may give them, or know who listens to changes; listeners register here and hear after commit.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Now

from apps.accounts.models import User
from apps.audit.services import record
from apps.common.db import db_now, on_commit
from apps.common.errors import Conflict
from apps.policy.actor import Actor
from apps.projects.models import Environment, Grant, Project
from apps.projects.services.refusals import refused

GrantListener = Callable[[int, int], None]
_listeners: list[GrantListener] = []


def on_grant_change(listener: GrantListener) -> None:
    """Have `listener(user_id, project_id)` called after each committed change of what a person may do in a project."""
    _listeners.append(listener)


def announce_change(user_id: int, project_id: int) -> None:
    """Tell the listeners once the current transaction has committed."""
    for listener in _listeners:
        on_commit(listener, user_id, project_id)


def give_grant(
    user: User, project: Project, environment: Environment, role: str, *, expires_at: datetime | None, actor: Actor
) -> Grant:
    """A new live grant; Conflict `grant.exists` when an equal one is live."""
    if expires_at is not None and expires_at <= db_now():
        raise refused("expires_at", "grant.ends_in_past")
    same = Grant.objects.filter(user=user, project=project, environment=environment, role=role)
    try:
        with transaction.atomic():
            # An ended grant that nobody revoked would stand in the way of the constraint.
            same.filter(revoked_at=None, expires_at__lte=Now()).update(revoked_at=F("expires_at"))
            grant = Grant.objects.create(
                user=user,
                project=project,
                environment=environment,
                role=role,
                expires_at=expires_at,
                granted_by_id=actor.user_id,
            )
            record(
                "grant.given",
                target=_named(grant),
                params={"before": None, "after": _told(grant)},
                project_id=project.pk,
                environment_id=environment.pk,
                actor=actor,
            )
            announce_change(user.pk, project.pk)
    except IntegrityError as error:
        where = f"{project.slug}/{environment.slug}"
        raise Conflict("grant.exists", user=user.username, role=role, where=where) from error
    return grant


def revoke_grant(grant: Grant, *, actor: Actor) -> None:
    """End a grant now; ending an ended one changes nothing."""
    with transaction.atomic():
        if not Grant.objects.filter(Grant.live(), pk=grant.pk).update(revoked_at=Now()):
            return
        record(
            "grant.revoked",
            target=_named(grant),
            params={"before": _told(grant), "after": None},
            project_id=grant.project_id,
            environment_id=grant.environment_id,
            actor=actor,
        )
        announce_change(grant.user_id, grant.project_id)


def _named(grant: Grant) -> tuple[str, int, str]:
    where = f"{grant.project.slug}/{grant.environment.slug}"
    return "projects.grant", grant.pk, f"{grant.user.username} {grant.role} {where}"


def _told(grant: Grant) -> dict[str, str | None]:
    return {
        "user": grant.user.username,
        "role": grant.role,
        "project": grant.project.slug,
        "environment": grant.environment.slug,
        "expires_at": grant.expires_at.isoformat() if grant.expires_at else None,
    }
