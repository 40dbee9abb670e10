"""What a session lives by, looked at for many sessions at once: its cause to end, or none.

One statement for the rows, one for each kind of thing that hangs on them, one for the grants, whatever the number of
sessions. Must not: decide rights (the policy table does), or change a row.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.contrib.sessions.models import Session
from django.db.models import Exists, ForeignKey, OuterRef, QuerySet
from django.db.models.functions import Now

from apps.accounts.authentication import actor_for
from apps.accounts.models import User
from apps.common.db import IsAnyOf, db_now
from apps.integrations.models import Cluster
from apps.policy.actor import Actor
from apps.policy.services import allowed
from apps.projects.grants import ManyPairs
from apps.projects.models import Project
from apps.terminals.models import TerminalSession
from apps.tickets.models import Ticket, TicketStatus
from apps.workloads.models import Workload

# A shell that nobody has typed into is not kept for ever: a ticket's may first be used within this time, too.
FIRST_USE_WITHIN = timedelta(minutes=60)
TICKET_LETS_IN = (TicketStatus.QUEUED, TicketStatus.RUNNING)


@dataclass(frozen=True)
class Cause:
    """Why a session ends: the whole code (`terminal.end.…`) and its params."""

    code: str
    params: dict[str, Any] = field(default_factory=dict)


def rows_of(ids: Iterable[int], *, only: Iterable[str] = ()) -> list[TerminalSession]:
    """Sessions with everything that may end them, and the database's clock as `now`; seven statements at most.

    `only`: the fields of their own rows that will be looked at; without it all. Joined into one statement it would be eight
    objects a session, most of them the same ones again, and `prefetch_related` asks more of each row than it is asked here.
    """
    live = Session.objects.filter(session_key=OuterRef("login__session_key"), expire_date__gt=Now())
    now = db_now()
    found = TerminalSession.objects.filter(IsAnyOf("pk", ids)).annotate(is_signed_in=Exists(live))
    rows: list[TerminalSession] = list(found.only(*only) if only else found)
    for row in rows:
        row.now = now  # type: ignore[attr-defined]
    pairs = ("project_environment__project", "project_environment__environment", "project_environment__locked_by")
    for name, related in (
        ("user", User.objects.all()),
        ("ticket", Ticket.objects.all()),
        ("cluster", Cluster.objects.all()),
        ("end_requested_by", User.objects.all()),
        ("workload", Workload.objects.select_related(*pairs)),
    ):
        _attach(rows, name, related)
    return rows


def _attach(rows: list[TerminalSession], name: str, related: QuerySet[Any]) -> None:
    """What this foreign key of the rows points to, in one statement."""
    key: ForeignKey[Any, Any] = TerminalSession._meta.get_field(name)  # type: ignore[assignment]
    of_rows = [getattr(row, key.attname) for row in rows]
    found = related.in_bulk(set(of_rows) - {None})
    for row, pk in zip(rows, of_rows, strict=True):
        key.set_cached_value(row, found.get(pk))


def causes(rows: Iterable[TerminalSession]) -> dict[int, Cause]:
    """For each of `rows_of` that has to end, why; one more statement for all of them."""
    rows = list(rows)
    source = ManyPairs((row.user_id, row.project_id, row.environment_id) for row in rows)
    found = {row.pk: _asked(row) or _person(row) or _right(row, source) or _place(row) or _time(row) for row in rows}
    return {pk: cause for pk, cause in found.items() if cause is not None}


def action_of(session: TerminalSession) -> str:
    """The row of the policy table by which its user has it."""
    if session.is_break_glass:
        return "terminal.break_glass"
    return "terminal.open" if session.ticket_id is None else "emergency_shell.request"


def actor_of_session(session: TerminalSession, *, ip: str = "") -> Actor:
    """Its user as the one who acts."""
    return actor_for(session.user, ip=ip)


def _asked(row: TerminalSession) -> Cause | None:
    if row.end_requested_at is None:
        return None
    by = row.end_requested_by
    if by is None or by.pk == row.user_id:
        return Cause("terminal.end.left")
    return Cause("terminal.end.ended_by", {"by": str(by), "message": row.end_message})


def _person(row: TerminalSession) -> Cause | None:
    """Disabled, or the login that opened it has ended: signed out, ended from elsewhere, or run out."""
    if not row.user.is_active:
        return Cause("terminal.end.disabled")
    if row.login_id is None or not row.is_signed_in:  # type: ignore[attr-defined]
        return Cause("terminal.end.signed_out")
    return None


def _right(row: TerminalSession, source: ManyPairs) -> Cause | None:
    pair = row.workload.project_environment
    where = {"project_id": row.project_id, "environment_id": row.environment_id}
    named = {"project": pair.project.slug, "environment": pair.environment.slug}
    if not allowed(actor_of_session(row), action_of(row), **where, source=source).allowed:
        return Cause("terminal.end.revoked", {"what": "role", **named})
    if pair.project.stage != Project.Stage.ACTIVE:
        return Cause("terminal.end.revoked", {"what": "project", **named})
    ticket = row.ticket
    if ticket is not None and (ticket.status not in TICKET_LETS_IN or ticket.cancel_requested_at is not None):
        status = ticket.status if ticket.cancel_requested_at is None else TicketStatus.CANCELED
        return Cause("terminal.end.ticket_ended", {"ticket": ticket.pk, "status": status})
    return None


def _place(row: TerminalSession) -> Cause | None:
    pair = row.workload.project_environment
    lasts = pair.locked_until is None or pair.locked_until > _now(row)
    if pair.locked_by is not None and pair.locked_by_id != row.user_id and lasts:
        params = {"environment": pair.environment.slug, "by": str(pair.locked_by), "reason": pair.lock_reason}
        return Cause("terminal.end.environment_locked", params)
    if not row.cluster.is_enabled or row.cluster.credential_set_at != row.credential_set_at:
        return Cause("terminal.end.cluster_withdrawn", {"cluster": row.cluster.name})
    return None


def _time(row: TerminalSession) -> Cause | None:
    now = _now(row)
    if row.ends_at is not None and row.ends_at <= now:
        return Cause("terminal.end.time_limit", {"minutes": row.minutes})
    if row.first_used_at is None and row.opened_at is not None and row.opened_at + FIRST_USE_WITHIN <= now:
        return Cause("terminal.end.time_limit", {"minutes": int(FIRST_USE_WITHIN.total_seconds() // 60)})
    return None


def _now(row: TerminalSession) -> datetime:
    now: datetime = row.now  # type: ignore[attr-defined]
    return now
