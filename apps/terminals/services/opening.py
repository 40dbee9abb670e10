"""Opening a session: by the environment's policy at once, or under a ticket; with a reason, within the person's limit.

What is opened here is a row and a claim; the shell starts when a socket redeems it. Must not: call the cluster inside a
transaction, or let a ticket be used by anybody but its requester, or for another workload.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.db import transaction

from apps.accounts.models import User, UserSession
from apps.audit.services import record
from apps.common.db import db_now
from apps.common.errors import Conflict
from apps.policy.actor import Actor
from apps.policy.services import require
from apps.projects.models import ProjectEnvironment, ShellPolicy
from apps.projects.services.projects import assert_active
from apps.terminals.models import TerminalSession
from apps.terminals.rights import TICKET_LETS_IN
from apps.terminals.services.claims import issue_claim
from apps.tickets import hints
from apps.tickets.models import Ticket, TicketStatus
from apps.workloads.api import tag_of
from apps.workloads.models import Workload
from apps.workloads.pods import own

KIND = "emergency_shell"
S = TerminalSession.State


@dataclass(frozen=True)
class Wanted:
    """What a person asks for; `workload` lies on the cluster that was chosen. With a ticket, its minutes count."""

    workload: Workload
    pod: str
    container: str
    reason: str
    minutes: int
    ticket_id: int | None = None


def open_session(wanted: Wanted, login: UserSession, *, actor: Actor) -> tuple[TerminalSession, str]:
    """The row of a new session and the claim for its socket. May call the cluster.

    Conflict `terminal.needs_ticket`, `.needs_approval`, `.ticket_not_yours`, `.environment_locked`, `.too_many`, and
    `pod.…` when the pod is not the workload's or its container does not run; what `require` raises.
    """
    pair = wanted.workload.project_environment
    ticket = _entitled(wanted, pair, actor)
    assert_active(pair.project)
    _assert_not_locked(pair, actor)
    pod = own.assert_own_pod(wanted.workload, wanted.pod, container=wanted.container)
    with transaction.atomic():
        _assert_few_enough(actor.person_id)
        session = TerminalSession.objects.create(
            project=pair.project,
            environment=pair.environment,
            workload=wanted.workload,
            cluster=wanted.workload.placement.cluster,
            namespace=wanted.workload.namespace,
            pod=pod.name,
            pod_uid=pod.uid,
            container=pod.container,
            image=pod.image[:500],
            version=tag_of(pod.image)[:200],
            user_id=actor.person_id,
            login=login,
            ticket=ticket,
            reason=wanted.reason,
            is_break_glass=ticket is not None and bool(ticket.form["break_glass"]),
            minutes=wanted.minutes if ticket is None else ticket.form["minutes"],
            credential_set_at=wanted.workload.placement.cluster.credential_set_at,
        )
        session.refresh_from_db(fields=["created_at"])
        claim = issue_claim(session, login)
        _record_requested(session, actor)
    return session, claim


def _entitled(wanted: Wanted, pair: ProjectEnvironment, actor: Actor) -> Ticket | None:
    """The ticket under which the shell may be opened, or none where the policy lets members in at once."""
    where = {"project_id": pair.project_id, "environment_id": pair.environment_id}
    ticket = Ticket.objects.filter(pk=wanted.ticket_id).first() if wanted.ticket_id is not None else None
    if wanted.ticket_id is None:
        require(actor, "terminal.open", **where, obj=wanted.workload)
        if pair.environment.shell_rule != ShellPolicy.OPEN:
            glass = pair.environment.shell_rule == ShellPolicy.TICKET_OR_BREAK_GLASS
            raise Conflict("terminal.needs_ticket", environment=pair.environment.slug, break_glass=glass)
        return None
    is_glass = ticket is not None and bool(ticket.form.get("break_glass"))
    require(actor, "terminal.break_glass" if is_glass else "emergency_shell.request", **where, obj=wanted.workload)
    if ticket is None or not _is_for(ticket, wanted.workload, actor):
        raise Conflict("terminal.ticket_not_yours", ticket=wanted.ticket_id)
    if ticket.status not in TICKET_LETS_IN or ticket.cancel_requested_at is not None:
        status = TicketStatus.CANCELED if ticket.cancel_requested_at is not None else ticket.status
        raise Conflict("terminal.needs_approval", ticket=ticket.pk, status=status)
    _assert_time_left(ticket)
    return ticket


def _is_for(ticket: Ticket, workload: Workload, actor: Actor) -> bool:
    """Whether it is the person's own, for this workload, on whichever of its clusters."""
    pair = workload.project_environment
    same_place = (ticket.project_id, ticket.environment_id) == (pair.project_id, pair.environment_id)
    mine = ticket.kind == KIND and ticket.requester_id == actor.person_id
    return mine and same_place and bool(ticket.facts.get("name") == workload.name)


def _assert_time_left(ticket: Ticket) -> None:
    """The time of a ticket runs from the first use of its first session, and is not given twice."""
    if ticket.terminal_sessions.exclude(ends_at=None).filter(ends_at__lte=db_now()).exists():
        raise Conflict("terminal.ticket_used_up", ticket=ticket.pk)


def _assert_not_locked(pair: ProjectEnvironment, actor: Actor) -> None:
    if pair.locked_by is None or pair.locked_by_id == actor.user_id:
        return
    if pair.locked_until is None or pair.locked_until > db_now():
        where = pair.environment.slug
        raise Conflict(
            "terminal.environment_locked", by=str(pair.locked_by), environment=where, reason=pair.lock_reason
        )


def _assert_few_enough(user_id: int) -> None:
    """One person's openings come one after the other, so that a hundred at once do not pass the limit together."""
    User.objects.select_for_update(no_key=True).get(pk=user_id)
    live, most = _live_sessions(user_id), settings.CONFIG.terminal_sessions_per_user
    if live >= most:
        raise Conflict("terminal.too_many", live=live, most=most)


def _live_sessions(user_id: int) -> int:
    return TerminalSession.objects.filter(user=user_id).exclude(state=S.ENDED).count()


def _record_requested(session: TerminalSession, actor: Actor) -> None:
    record(
        "terminal.requested",
        target=session,
        params={
            "cluster": session.cluster.name,
            "namespace": session.namespace,
            "pod": session.pod,
            "container": session.container,
            "version": session.version,
            "reason": session.reason,
            "minutes": session.minutes,
            "ticket": session.ticket_id,
            "break_glass": session.is_break_glass,
        },
        project_id=session.project_id,
        environment_id=session.environment_id,
        actor=actor,
    )
    hints.announce("terminals", session.pk, session.project_id)
