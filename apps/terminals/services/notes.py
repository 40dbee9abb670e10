"""What the process that holds a shell writes down: opened, away, back, first used, ended. Each a compare-and-set.

Must not: bring an ended session back, end one twice, or change a row without its audit row.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Protocol

from django.db import transaction
from django.db.models import F, Min
from django.db.models.functions import Now

from apps.audit.services import record
from apps.common.db import ClockTimestamp, db_now
from apps.common.errors import Conflict
from apps.policy.actor import Actor
from apps.terminals.models import TerminalClaim, TerminalSession
from apps.terminals.rights import actor_of_session
from apps.tickets import bell, hints
from apps.tickets.engine import wake_step
from apps.tickets.models import OPEN_STEP, Step, Ticket, TicketStatus

S = TerminalSession.State
TERMINAL = Actor.system("terminal")
HOLD_OPEN = "hold_open"
ENDS = frozenset(
    {
        "terminal.end.left",
        "terminal.end.network",
        "terminal.end.time_limit",
        "terminal.end.revoked",
        "terminal.end.signed_out",
        "terminal.end.disabled",
        "terminal.end.ended_by",
        "terminal.end.ticket_ended",
        "terminal.end.environment_locked",
        "terminal.end.cluster_withdrawn",
        "terminal.end.exited",
        "terminal.end.out_of_memory",
        "terminal.end.pod_replaced",
        "terminal.end.pod_gone",
        "terminal.end.container_ended",
        "terminal.end.restarting",
        "terminal.end.recording_failed",
        "terminal.end.rights_unreadable",
        "terminal.end.cluster_silent",
        "terminal.end.refused",
        "terminal.end.no_shell",
        "terminal.end.too_slow",
        "terminal.end.host_lost",
        "terminal.end.never_connected",
        "terminal.end.broken",
    }
)


class Sealed(Protocol):
    """What a recording says of itself when it is closed."""

    @property
    def bytes(self) -> int: ...
    @property
    def segments(self) -> int: ...
    @property
    def head(self) -> str: ...


def note_opened(session_id: int, host: str, shell: str) -> None:
    """The shell runs. Conflict `terminal.ended_already` when the session ended meanwhile: then the shell must go."""
    with transaction.atomic():
        mine = TerminalSession.objects.filter(pk=session_id, host=host, state=S.OPENING)
        if not mine.update(state=S.LIVE, opened_at=ClockTimestamp(), shell=shell[:100], seen_at=ClockTimestamp()):
            raise _gone(session_id)
        _record("terminal.opened", session_id, {"shell": shell})


def note_away(session_id: int) -> None:
    """The browser is away; the shell lives on for a while."""
    TerminalSession.objects.filter(pk=session_id, state=S.LIVE).update(state=S.AWAY)


def note_back(session_id: int) -> None:
    """The browser is back."""
    TerminalSession.objects.filter(pk=session_id, state=S.AWAY).update(state=S.LIVE)


def note_first_use(session_id: int) -> datetime:
    """The first input goes in now: from here on time runs, and the pod counts as touched. Answers when it ends.

    Said again it changes nothing. The sessions of one ticket share its time, which runs from the first of them.
    """
    with transaction.atomic():
        session = TerminalSession.objects.select_for_update(of=("self",)).filter(pk=session_id).first()
        if session is None or session.state == S.ENDED:
            raise _gone(session_id)
        if session.ends_at is not None:
            return session.ends_at
        now = db_now()
        begun = _first_use_of_ticket(session.ticket_id) or now
        ends_at = begun + timedelta(minutes=session.minutes)
        TerminalSession.objects.filter(pk=session_id).update(first_used_at=now, touched_at=now, ends_at=ends_at)
        if session.ticket_id is not None:
            # it has changed something outside: a cancel from now on is an abort (D8). Of one that has not started the
            # worker says so when it comes to `hold_open`, for a frozen ticket would be taken for a retry at its start.
            running = Ticket.objects.filter(pk=session.ticket_id, status=TicketStatus.RUNNING)
            running.filter(frozen_at__isnull=True).update(frozen_at=Now())
        _record("terminal.used", session_id, {"ends_at": ends_at.isoformat()})
    return ends_at


def note_ended(
    session_id: int,
    code: str,
    params: dict[str, Any] | None = None,
    exit_code: int | None = None,
    sealed: Sealed | None = None,
) -> bool:
    """The shell is gone, or never came; `code` is whole (`terminal.end.left`). False when it had ended before.

    `sealed` is the closed recording; its head goes into the audit trail. What the shell left behind in the container
    is looked for by a chore.
    """
    return end_session(session_id, code, params or {}, exit_code=exit_code, sealed=sealed)


def end_session(
    session_id: int,
    code: str,
    params: dict[str, Any],
    *,
    exit_code: int | None = None,
    sealed: Sealed | None = None,
    only: dict[str, Any] | None = None,
) -> bool:
    """As `note_ended`; with `only`, conditions that the row must still fulfil."""
    if code not in ENDS:
        raise ValueError(f"no such end of a session: {code}")
    recording = {"bytes": 0, "segments": 0, "head": ""}
    if sealed is not None:
        recording = {"bytes": sealed.bytes, "segments": sealed.segments, "head": sealed.head}
    with transaction.atomic():
        rows = TerminalSession.objects.filter(pk=session_id, **(only or {})).exclude(state=S.ENDED)
        changes = {f"recording_{name}": value for name, value in recording.items()} if sealed is not None else {}
        ended = rows.update(
            state=S.ENDED,
            ended_at=ClockTimestamp(),
            end_code=code,
            end_params=params,
            exit_code=exit_code,
            **changes,
        )
        if not ended:
            return False
        TerminalClaim.objects.filter(session=session_id).delete()
        _plan_cleanup(session_id)
        told = {**params, "end": code, "exit_code": exit_code, "recording": recording}
        _record("terminal.ended", session_id, told)
        _wake_ticket(session_id)
    return True


def _plan_cleanup(session_id: int) -> None:
    """What no process ever took has left nothing; of everything else it is proved by a look into the container."""
    one = TerminalSession.objects.filter(pk=session_id)
    if not one.filter(host="").update(cleanup_state=TerminalSession.Cleanup.NOT_NEEDED):
        one.update(cleanup_state=TerminalSession.Cleanup.PENDING, cleanup_due_at=F("ended_at"))


def _wake_ticket(session_id: int) -> None:
    """The ticket looks whether that was its last."""
    steps = Step.objects.filter(ticket__terminal_sessions=session_id, name=HOLD_OPEN, status__in=OPEN_STEP)
    bell.ring_on_commit([pk for pk in steps.values_list("pk", flat=True) if wake_step(pk)])


def _first_use_of_ticket(ticket_id: int | None) -> datetime | None:
    if ticket_id is None:
        return None
    first: datetime | None = TerminalSession.objects.filter(ticket=ticket_id).aggregate(at=Min("first_used_at"))["at"]
    return first


def _record(action: str, session_id: int, params: dict[str, Any]) -> None:
    session = TerminalSession.objects.select_related("user").get(pk=session_id)
    actor = TERMINAL if action == "terminal.ended" else actor_of_session(session)
    record(
        action,
        target=session,
        params=params,
        project_id=session.project_id,
        environment_id=session.environment_id,
        actor=actor,
    )
    hints.announce("terminals", session_id, session.project_id)


def _gone(session_id: int) -> Conflict:
    code = TerminalSession.objects.filter(pk=session_id).values_list("end_code", flat=True).first()
    return Conflict("terminal.ended_already", end=code or "terminal.end.host_lost")
