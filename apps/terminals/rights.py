"""What a session lives by, looked at for many sessions at once: its cause to end, or none.

One statement for the rows, one for each kind of thing that hangs on them, one for the grants, whatever the number of
sessions. Must not: decide rights (the policy table does), or change a row.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any

from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef
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


@dataclass(slots=True)
class Row:
    """A session's row as far as a look needs it, and what hangs on it. `now` is the database's clock.

    Not a model: two hundred of those, looked at every one and a half seconds, would be a tenth of the process's idle time.
    """

    pk: int
    state: str
    host: str
    is_break_glass: bool
    minutes: int
    credential_set_at: datetime | None
    opened_at: datetime | None
    first_used_at: datetime | None
    ends_at: datetime | None
    extended_at: datetime | None
    end_requested_at: datetime | None
    end_message: str
    end_code: str
    end_params: dict[str, Any]
    end_requested_by_id: int | None
    user_id: int
    login_id: int | None
    ticket_id: int | None
    project_id: int
    environment_id: int
    workload_id: int
    cluster_id: int
    is_signed_in: bool
    now: datetime = field(init=False)
    user: User = field(init=False)
    end_requested_by: User | None = field(init=False)
    ticket: Ticket | None = field(init=False)
    workload: Workload = field(init=False)
    cluster: Cluster = field(init=False)


_COLUMNS = tuple(each.name for each in fields(Row) if each.init)


def rows_of(ids: Iterable[int]) -> list[Row]:
    """Sessions with everything that may end them; six statements at most. Joined into one it would be eight objects a
    session, most of them the same ones again."""
    live = Session.objects.filter(session_key=OuterRef("login__session_key"), expire_date__gt=Now())
    now = db_now()
    found = TerminalSession.objects.filter(IsAnyOf("pk", ids)).annotate(is_signed_in=Exists(live))
    rows = [Row(*values) for values in found.values_list(*_COLUMNS)]
    users = User.objects.in_bulk({row.user_id for row in rows} | {row.end_requested_by_id for row in rows} - {None})
    tickets = Ticket.objects.in_bulk({row.ticket_id for row in rows} - {None})
    clusters = Cluster.objects.in_bulk({row.cluster_id for row in rows})
    pairs = ("project_environment__project", "project_environment__environment", "project_environment__locked_by")
    workloads = Workload.objects.select_related(*pairs).in_bulk({row.workload_id for row in rows})
    for row in rows:
        row.now, row.user, row.cluster = now, users[row.user_id], clusters[row.cluster_id]
        row.ticket, row.workload = tickets.get(row.ticket_id), workloads[row.workload_id]
        row.end_requested_by = users.get(row.end_requested_by_id)
    return rows


def causes(rows: Iterable[Row]) -> dict[int, Cause]:
    """For each of `rows_of` that has to end, why; one more statement for all of them."""
    rows = list(rows)
    source = ManyPairs((row.user_id, row.project_id, row.environment_id) for row in rows)
    found = {row.pk: _asked(row) or _person(row) or _right(row, source) or _place(row) or _time(row) for row in rows}
    return {pk: cause for pk, cause in found.items() if cause is not None}


def action_of(session: TerminalSession | Row) -> str:
    """The row of the policy table by which its user has it."""
    if session.is_break_glass:
        return "terminal.break_glass"
    return "terminal.open" if session.ticket_id is None else "emergency_shell.request"


def actor_of_session(session: TerminalSession | Row, *, ip: str = "") -> Actor:
    """Its user as the one who acts."""
    return actor_for(session.user, ip=ip)


def _asked(row: Row) -> Cause | None:
    if row.end_requested_at is None:
        return None
    by = row.end_requested_by
    if by is None or by.pk == row.user_id:
        return Cause("terminal.end.left")
    return Cause("terminal.end.ended_by", {"by": str(by), "message": row.end_message})


def _person(row: Row) -> Cause | None:
    """Disabled, or the login that opened it has ended: signed out, ended from elsewhere, or run out."""
    if not row.user.is_active:
        return Cause("terminal.end.disabled")
    if row.login_id is None or not row.is_signed_in:
        return Cause("terminal.end.signed_out")
    return None


def _right(row: Row, source: ManyPairs) -> Cause | None:
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


def _place(row: Row) -> Cause | None:
    pair = row.workload.project_environment
    lasts = pair.locked_until is None or pair.locked_until > row.now
    if pair.locked_by is not None and pair.locked_by_id != row.user_id and lasts:
        params = {"environment": pair.environment.slug, "by": str(pair.locked_by), "reason": pair.lock_reason}
        return Cause("terminal.end.environment_locked", params)
    if not row.cluster.is_enabled or row.cluster.credential_set_at != row.credential_set_at:
        return Cause("terminal.end.cluster_withdrawn", {"cluster": row.cluster.name})
    return None


def _time(row: Row) -> Cause | None:
    if row.ends_at is not None and row.ends_at <= row.now:
        return Cause("terminal.end.time_limit", {"minutes": row.minutes})
    if row.first_used_at is None and row.opened_at is not None and row.opened_at + FIRST_USE_WITHIN <= row.now:
        return Cause("terminal.end.time_limit", {"minutes": int(FIRST_USE_WITHIN.total_seconds() // 60)})
    return None
