"""Pods that were touched by hand and still run: a reminder for who did it and for ops there, until they are recycled.

Must not: remind of a pod while its session is open, or twice of one pod.
"""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q

from apps.policy.actor import Actor
from apps.projects.models import Grant, Role
from apps.terminals.models import TerminalSession
from apps.tickets.reminders import Reminder, reminders_of
from apps.tickets.transitions import OPEN

WHAT = "terminal_touched"


@reminders_of(WHAT)
def touched_pods(actor: Actor, most: int) -> list[Reminder]:
    """Of each pod the newest session; none while a ticket that recycles it is under way. One statement."""
    if actor.user_id is None:
        return []
    waiting = TerminalSession.objects.filter(
        state=TerminalSession.State.ENDED, touched_at__isnull=False, pod_gone_at__isnull=True
    ).exclude(recycle_ticket__status__in=list(OPEN))
    mine = (Q(user=actor.person_id) & _where(actor.person_id, *Role)) | _where(actor.person_id, Role.OPS)
    newest = waiting.filter(mine).order_by("pod_uid", "-touched_at").distinct("pod_uid")
    rows = TerminalSession.objects.filter(pk__in=newest.values("pk")).select_related(
        "user", "project", "environment", "workload"
    )
    return [_reminder(row) for row in rows.order_by("touched_at")[:most]]


def _where(user_id: int | None, *roles: Role) -> Q:
    """Sessions on pairs where the person has one of these roles now."""
    pair = {"project": OuterRef("project"), "environment": OuterRef("environment")}
    return Q(Exists(Grant.objects.filter(Grant.live(), user=user_id, role__in=roles, **pair)))


def _reminder(session: TerminalSession) -> Reminder:
    assert session.touched_at is not None
    return Reminder(
        what=WHAT,
        id=session.pk,
        code="terminal.touched",
        at=session.touched_at,
        project=session.project.slug,
        environment=session.environment.slug,
        params={"pod": session.pod, "workload": session.workload.name, "by": str(session.user)},
    )
