"""What people do to a session that is there: join it again, watch it along, extend it, end it.

Must not: end a shell itself (its process does, told by the row within a second), or let a right be assumed: each asks.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from apps.accounts.models import UserSession
from apps.audit.services import record
from apps.common.db import ClockTimestamp, db_now
from apps.common.errors import Conflict, Denied
from apps.policy.actor import Actor
from apps.policy.services import require
from apps.terminals.models import TerminalSession, TerminalWatcher
from apps.terminals.rights import action_of
from apps.terminals.services.claims import issue_claim
from apps.terminals.services.notes import end_session
from apps.terminals.services.orders import WATCHING_FOR
from apps.tickets import hints

EXTENDED_BY_MOST = 30
BREAK_GLASS_MOST = 60
S = TerminalSession.State


def where(session: TerminalSession) -> dict[str, Any]:
    """Where the policy is asked about it, and the audit trail tells of it."""
    return {"project_id": session.project_id, "environment_id": session.environment_id}


def claim_again(session: TerminalSession, login: UserSession, *, actor: Actor) -> str:
    """A new claim for the same person and login, while the session lives: a reconnect, or another tab."""
    require(actor, action_of(session), **where(session), obj=session)
    if session.user_id != actor.user_id or session.login_id != login.pk:
        raise Denied("terminal.not_yours")
    with transaction.atomic():
        locked = _locked(session)
        claim = issue_claim(locked, login)
        record("terminal.claimed", target=locked, **where(locked), actor=actor)
    return claim


def request_end(session: TerminalSession, message: str, *, actor: Actor) -> None:
    """End it, with a sentence that its user sees; said again it changes nothing."""
    require(actor, "terminal.end", **where(session), obj=session)
    with transaction.atomic():
        locked = _locked(session)
        if locked.end_requested_at is not None:
            return
        TerminalSession.objects.filter(pk=locked.pk).update(
            end_requested_at=ClockTimestamp(), end_requested_by=actor.user_id, end_message=message
        )
        record("terminal.end_requested", target=locked, params={"message": message}, **where(locked), actor=actor)
        hints.announce("terminals", locked.pk, locked.project_id)
        if locked.host == "":  # nobody holds it, so nobody would end it
            own = locked.user_id == actor.user_id
            params = {} if own else {"by": actor.called, "message": message}
            end_session(locked.pk, "terminal.end.left" if own else "terminal.end.ended_by", params)


def extend(session: TerminalSession, minutes: int, *, actor: Actor) -> None:
    """More time, once, by somebody else who may approve there."""
    require(actor, "terminal.extend", **where(session), obj=session)
    with transaction.atomic():
        locked = _locked(session)
        if locked.extended_at is not None:
            raise Conflict("terminal.extended_already")
        if locked.is_break_glass and locked.minutes + minutes > BREAK_GLASS_MOST:
            raise Conflict("terminal.break_glass_limit", most=BREAK_GLASS_MOST)
        TerminalSession.objects.filter(pk=locked.pk).update(
            minutes=F("minutes") + minutes,
            ends_at=F("ends_at") + timedelta(minutes=minutes),
            extended_at=ClockTimestamp(),
            extended_by=actor.user_id,
        )
        record("terminal.extended", target=locked, params={"minutes": minutes}, **where(locked), actor=actor)
        hints.announce("terminals", locked.pk, locked.project_id)


def watch(session: TerminalSession, *, actor: Actor) -> None:
    """Say that one watches; its user is told who. Audited when one begins, not every ten seconds."""
    require(actor, "terminal.watch", **where(session), obj=session)
    if session.user_id == actor.user_id:
        raise Conflict("terminal.own_watch")
    with transaction.atomic():
        locked = _locked(session)
        now = db_now()
        rows = TerminalWatcher.objects.filter(session=locked, user=actor.person_id)
        if rows.filter(seen_at__gt=now - WATCHING_FOR).update(seen_at=now):
            return
        TerminalWatcher.objects.update_or_create(
            session=locked, user_id=actor.person_id, defaults={"started_at": now, "seen_at": now}
        )
        record("terminal.watched", target=locked, **where(locked), actor=actor)
        hints.announce("terminals", locked.pk, locked.project_id)


def watchers_of(session: TerminalSession) -> list[TerminalWatcher]:
    """Who watches now."""
    there = session.watchers.filter(seen_at__gt=Now() - WATCHING_FOR)
    return list(there.select_related("user").order_by("started_at", "id"))


def _locked(session: TerminalSession) -> TerminalSession:
    """The row, held; Conflict when it has ended."""
    locked = TerminalSession.objects.select_for_update(of=("self",)).select_related("user").get(pk=session.pk)
    if locked.state == S.ENDED:
        raise Conflict("terminal.ended_already", end=locked.end_code)
    return locked
