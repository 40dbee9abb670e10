"""What the views ask about sessions: rows narrowed to what the actor may see, what happened, and what he may do now.

Must not: ask a cluster, or change a row.
"""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from apps.accounts.models import User
from apps.audit.models import AuditEvent
from apps.common.db import db_now
from apps.common.errors import Missing
from apps.policy.actor import Actor
from apps.policy.services import YES, Decision, allowed, require, visible_project_ids
from apps.terminals.models import TerminalSession
from apps.terminals.services.people import BREAK_GLASS_MOST, where
from apps.tickets.transitions import OPEN as TICKET_OPEN
from apps.workloads import api as workloads

MOST_HAPPENED = 100
S = TerminalSession.State
OPEN = (S.OPENING, S.LIVE, S.AWAY)


def in_full() -> QuerySet[TerminalSession]:
    """Sessions with all that an answer shows."""
    return TerminalSession.objects.select_related(
        "project", "environment", "workload", "cluster", "user", "ticket", "extended_by", "end_requested_by"
    ).select_related("recycle_ticket")


def visible_sessions(actor: Actor) -> QuerySet[TerminalSession]:
    """Sessions of the projects the actor may see."""
    ids = visible_project_ids(actor, admin_sees_all=True)
    return in_full() if ids is None else in_full().filter(project__in=ids)


def get_session(session_id: int, action: str, *, actor: Actor) -> TerminalSession:
    """The session, once `action` on it is allowed; what the actor may not see looks as if it were not there."""
    found = in_full().filter(pk=min(session_id, 2**63 - 1)).first()
    if found is None:
        raise Missing
    require(actor, action, **where(found), obj=found)
    return found


def rights_of(session: TerminalSession, actor: Actor) -> dict[str, Decision]:
    """What the actor may do with it now, and if not, why: the rule first, then the session's state."""
    checks = {
        "end": ("terminal.end", _while_open),
        "extend": ("terminal.extend", _may_extend),
        "watch": ("terminal.watch", _while_open),
        "replay": ("terminal.replay", lambda session: YES),
        "recycle": ("pod.recycle", _may_recycle),
    }
    found = {}
    for name, (action, check) in checks.items():
        decision = allowed(actor, action, **where(session), obj=session)
        found[name] = check(session) if decision.allowed else decision
    if found["watch"].allowed and session.user_id == actor.user_id:
        found["watch"] = Decision(False, "terminal.own_watch")
    return found


def _while_open(session: TerminalSession) -> Decision:
    return YES if session.state != S.ENDED else Decision(False, "terminal.ended_already")


def _may_extend(session: TerminalSession) -> Decision:
    if session.state == S.ENDED:
        return _while_open(session)
    if session.extended_at is not None:
        return Decision(False, "terminal.extended_already")
    if session.is_break_glass and session.minutes >= BREAK_GLASS_MOST:
        return Decision(False, "terminal.break_glass_limit", {"most": BREAK_GLASS_MOST})
    return YES


def _may_recycle(session: TerminalSession) -> Decision:
    if session.touched_at is None:
        return Decision(False, "terminal.not_touched")
    if session.pod_gone_at is not None:
        return Decision(False, "recycle.pod_gone_already", {"pod": session.pod})
    asked = session.recycle_ticket
    if asked is not None and asked.status in TICKET_OPEN:
        return Decision(False, "recycle.asked_already", {"ticket": asked.pk, "pod": session.pod})
    return YES


def happened(session: TerminalSession) -> list[dict[str, Any]]:
    """What the audit trail tells of it, oldest first: {at, code, params, actor}; who it was as everywhere on the page."""
    rows = AuditEvent.objects.filter(
        target_type="terminals.terminalsession", target_id=str(session.pk), outcome=AuditEvent.Outcome.DONE
    )
    newest = list(rows.order_by("-created_at", "-id")[:MOST_HAPPENED])
    people = User.objects.in_bulk({row.actor_id for row in newest} - {None})
    return [
        {
            "at": row.created_at,
            "code": row.action,
            "params": row.params,
            "actor": str(people.get(row.actor_id or 0, row.actor_name)),
        }
        for row in reversed(newest)
    ]


def successor_of(session: TerminalSession) -> dict[str, Any] | None:
    """The pod to go on in, once the session's own is gone: the best of the wanted version. From what the watcher saw."""
    if session.state != S.ENDED:
        return None
    workload = workloads.workloads_in_full().get(pk=session.workload_id)
    row = workloads.observed_of(workload)
    if row is None or not row.exists or not workloads.is_fresh(workloads.heartbeat_of(workload), db_now()):
        return None
    pods = [pod for pod in workloads.pods_of(row) if not pod["is_terminating"]]
    if any(pod["name"] == session.pod for pod in pods):
        return None
    best = sorted(pods, key=lambda pod: (not pod["is_current"], not pod["is_ready"]))
    return best[0] if best else None


def touched(pod_uids: list[str]) -> dict[str, TerminalSession]:
    """The newest session by which each of these pods was touched by hand."""
    rows = TerminalSession.objects.filter(pod_uid__in=pod_uids, touched_at__isnull=False).select_related("user")
    return {row.pod_uid: row for row in rows.order_by("touched_at")}
