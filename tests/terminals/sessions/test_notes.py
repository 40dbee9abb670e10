"""What the process that holds a shell writes down: time runs from the first use, an end is told once and anchored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.audit.models import AuditEvent
from apps.common.errors import Conflict
from apps.common.messages import LANGUAGES, catalogue
from apps.terminals.chores import sweep
from apps.terminals.models import TerminalClaim, TerminalSession
from apps.terminals.services import live, notes
from apps.terminals.services.claims import issue_claim
from tests.terminals.sessions.paper import HOST, Room


@dataclass(frozen=True)
class Sealed:
    bytes: int = 4096
    segments: int = 3
    head: str = "ab" * 32


def fresh(session: TerminalSession) -> TerminalSession:
    return TerminalSession.objects.get(pk=session.pk)


def test_time_runs_from_the_first_use_and_is_given_once(room: Room) -> None:
    session = room.session(minutes=20)
    assert fresh(session).ends_at is None
    ends_at = live.note_first_use(session.pk)
    used = fresh(session)
    assert used.ends_at == ends_at
    assert ends_at - used.first_used_at == timedelta(minutes=20)
    assert used.touched_at == used.first_used_at
    assert live.note_first_use(session.pk) == ends_at
    assert AuditEvent.objects.filter(action="terminal.used").count() == 1


def test_the_sessions_of_a_ticket_share_its_time(room: Room) -> None:
    ticket = room.ticket()
    first = room.session(where="production", ticket=ticket, minutes=20)
    ends_at = live.note_first_use(first.pk)
    live.note_ended(first.pk, "terminal.end.network")
    second = room.session(where="production", ticket=ticket, minutes=20)
    assert live.note_first_use(second.pk) == ends_at
    ticket.refresh_from_db()
    assert ticket.frozen_at is not None  # a cancel from here on is an abort, which keeps its review


def test_an_end_is_told_once_with_the_head_of_its_recording_in_the_trail(room: Room) -> None:
    session = room.session()
    issue_claim(session, session.login)
    assert live.note_ended(session.pk, "terminal.end.exited", {"code": 3}, 3, Sealed()) is True
    assert live.note_ended(session.pk, "terminal.end.network") is False
    ended = fresh(session)
    assert (ended.state, ended.end_code, ended.exit_code) == ("ended", "terminal.end.exited", 3)
    assert (ended.recording_bytes, ended.recording_segments, ended.recording_head) == (4096, 3, "ab" * 32)
    assert (ended.cleanup_state, TerminalClaim.objects.count()) == ("pending", 0)
    event = AuditEvent.objects.get(action="terminal.ended")
    assert event.params == {
        "code": 3,
        "end": "terminal.end.exited",
        "exit_code": 3,
        "recording": {"bytes": 4096, "segments": 3, "head": "ab" * 32},
    }


def test_an_ended_session_is_not_brought_back(room: Room) -> None:
    session = room.session(state="opening", opened_at=None)
    live.note_ended(session.pk, "terminal.end.left")
    for deed in (lambda: live.note_opened(session.pk, HOST, "/bin/sh"), lambda: live.note_first_use(session.pk)):
        with pytest.raises(Conflict) as caught:
            deed()
        assert caught.value.params == {"end": "terminal.end.left"}
    live.note_away(session.pk)
    live.note_back(session.pk)
    assert (fresh(session).state, fresh(session).touched_at) == ("ended", None)


def test_another_process_does_not_open_what_this_one_holds(room: Room) -> None:
    session = room.session(state="opening", opened_at=None)
    with pytest.raises(Conflict):
        live.note_opened(session.pk, "web-2:11:bb", "/bin/sh")
    assert fresh(session).state == "opening"


def test_away_and_back(room: Room) -> None:
    session = room.session()
    live.note_away(session.pk)
    assert fresh(session).state == "away"
    live.note_back(session.pk)
    assert fresh(session).state == "live"


def test_an_unknown_end_is_a_defect_and_every_known_one_has_its_sentence(room: Room) -> None:
    session = room.session()
    with pytest.raises(ValueError, match="no such end"):
        live.note_ended(session.pk, "terminal.end.boredom")
    assert fresh(session).state == "live"
    for language in LANGUAGES:
        assert set(catalogue(language)) >= notes.ENDS


def test_a_session_whose_process_is_silent_for_fifteen_seconds_ends_and_others_do_not(room: Room) -> None:
    now = timezone.now()
    lost = room.session(seen_at=now - timedelta(seconds=16))
    slow = room.session(seen_at=now - timedelta(seconds=13))
    sweep("")
    assert (fresh(lost).state, fresh(lost).end_code) == ("ended", "terminal.end.host_lost")
    assert fresh(lost).cleanup_state == "pending"
    assert fresh(slow).state == "live"


def test_a_session_nobody_connects_to_ends_once_its_claims_are_over(room: Room) -> None:
    opening = {"state": "opening", "host": "", "opened_at": None, "seen_at": None}
    old = timezone.now() - timedelta(seconds=61)
    forgotten, claimed, young = room.session(**opening), room.session(**opening), room.session(**opening)
    TerminalSession.objects.filter(pk__in=[forgotten.pk, claimed.pk]).update(created_at=old)
    issue_claim(claimed, claimed.login)
    sweep("")
    assert (fresh(forgotten).end_code, fresh(forgotten).cleanup_state) == ("terminal.end.never_connected", "not_needed")
    assert (fresh(claimed).state, fresh(young).state) == ("opening", "opening")


def test_old_claims_and_watchers_are_forgotten(room: Room) -> None:
    session = room.session()
    issue_claim(session, session.login)
    session.watchers.create(user=room.people["ops"], seen_at=timezone.now() - timedelta(hours=2))
    sweep("")
    assert TerminalClaim.objects.count() == 1
    assert session.watchers.count() == 0
    TerminalClaim.objects.update(expires_at=timezone.now() - timedelta(hours=2))
    sweep("")
    assert TerminalClaim.objects.count() == 0
