"""Who gets in: the exact origins, a claim once and in time from its own login; what is no word of the protocol."""

from __future__ import annotations

import json

import pytest
from django.utils import timezone
from websockets.exceptions import InvalidHandshake, InvalidStatus

from apps.accounts.models import User, UserSession
from apps.audit.models import AuditEvent
from apps.terminals.live.socket import TerminalSocket
from apps.terminals.models import TerminalClaim, TerminalSession
from apps.terminals.services.claims import issue_claim
from tests.accounts.factories import make_user
from tests.terminals.live.support import Browser, Stage


def nothing_happened(stage: Stage, session: TerminalSession, execs: int) -> None:
    assert TerminalSession.objects.get(pk=session.pk).state == "opening"
    assert len(stage.execs()) == execs
    assert all(not house.shells for house in stage.portal.houses())


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "http://evil.example",
        "http://testserver.evil.example",
        "https://testserver",
        "http://testserver:81",
        "null",
    ],
)
def test_a_foreign_origin_is_refused_before_the_handshake(stage: Stage, login: UserSession, origin: str | None) -> None:
    session, execs = stage.session(login), len(stage.execs())
    claim = issue_claim(session, login)
    with pytest.raises((InvalidHandshake, InvalidStatus)):
        stage.browser(session, claim=claim, origin=origin)
    assert TerminalClaim.objects.get(session=session).used_at is None
    nothing_happened(stage, session, execs)


def test_a_claim_opens_once(stage: Stage, login: UserSession) -> None:
    session = stage.session(login)
    claim = issue_claim(session, login)
    first = stage.browser(session, claim=claim)
    first.until(b"# ")
    again = stage.browser(session, claim=claim, attaches=False)
    assert again.closed() == 4401
    first.run(b"echo still", b"\nstill")
    assert AuditEvent.objects.filter(action="terminal.connect", outcome="refused").count() == 1


@pytest.mark.parametrize("fault", ["expired", "other_login", "other_session", "other_user", "made_up", "no_cookie"])
def test_a_claim_that_is_not_this_login_s_for_this_session_in_time_opens_nothing(
    stage: Stage, login: UserSession, user: User, fault: str
) -> None:
    session, execs = stage.session(login), len(stage.execs())
    claim, cookie = issue_claim(session, login), stage.cookies[login.pk]
    if fault == "expired":
        TerminalClaim.objects.update(expires_at=timezone.now())
    elif fault == "other_login":
        cookie = stage.cookies[stage.login(user).pk]
    elif fault == "other_session":
        claim = issue_claim(stage.session(login), login)
    elif fault == "other_user":
        cookie = stage.cookies[stage.login(make_user("somebody")).pk]
    elif fault == "made_up":
        claim = "x" * 43
    elif fault == "no_cookie":
        cookie = ""
    terminal = Browser(stage.portal.url(session.pk), cookie, claim, attaches=False)
    stage.open.append(terminal)
    assert terminal.closed() == 4401
    assert terminal.texts == [] and terminal.output == b""
    nothing_happened(stage, session, execs)


def test_a_claim_in_the_url_is_no_claim(stage: Stage, login: UserSession, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TerminalSocket, "claim_within", 0.3)
    session, execs = stage.session(login), len(stage.execs())
    claim = issue_claim(session, login)
    url = stage.portal.url(session.pk) + f"?claim={claim}"
    terminal = Browser(url, stage.cookies[login.pk], "", attaches=False)
    assert terminal.closed() == 4401
    nothing_happened(stage, session, execs)


def test_who_says_nothing_is_not_kept(stage: Stage, login: UserSession, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TerminalSocket, "claim_within", 0.3)
    monkeypatch.setattr(Browser, "say", lambda self, content: None)
    session = stage.session(login)
    assert stage.browser(session, attaches=False).closed() == 4401


@pytest.mark.parametrize(
    "message",
    [
        json.dumps({"type": "watch"}),
        "x" * 5000,
        b"",
        b"\x01output",
        b"\x09",
        b"\x05" + (10**9).to_bytes(8, "big"),
        b"\x05short",
        b"\x00" + b"x" * 65537,
        json.dumps({"type": "claim", "claim": "again"}),
    ],
)
def test_a_browser_that_speaks_another_language_is_closed_and_its_shell_lives(
    stage: Stage, login: UserSession, message: bytes | str
) -> None:
    session, terminal = stage.opened(login)
    terminal.socket.send(message)
    assert terminal.closed() == 4400
    assert stage.browser(session, position=terminal.position).begins == terminal.position


@pytest.mark.parametrize(("size", "shown"), [((0, 0), b"1 1\r\n"), ((10_000, 10_000), b"1000 1000\r\n")])
def test_a_window_of_no_size_or_a_huge_one_is_clamped(
    stage: Stage, login: UserSession, size: tuple[int, int], shown: bytes
) -> None:
    _, terminal = stage.opened(login)
    terminal.resize(*size)
    terminal.run(b"stty size", shown)


def test_a_session_that_ended_says_so(stage: Stage, login: UserSession) -> None:
    session = stage.session(login)
    claim = issue_claim(session, login)
    now = timezone.now()
    TerminalSession.objects.filter(pk=session.pk).update(state="ended", ended_at=now, end_code="terminal.end.left")
    terminal = stage.browser(session, claim=claim, attaches=False)
    end = terminal.text("end")
    assert (end["code"], end["params"]) == ("terminal.ended_already", {"end": "terminal.end.left"})
    assert terminal.closed() == 4000


def test_a_session_of_another_living_process_is_elsewhere_and_its_claim_still_good(
    stage: Stage, login: UserSession
) -> None:
    session = stage.session(login, host="another:1:x", state="live", opened_at=timezone.now(), seen_at=timezone.now())
    claim = issue_claim(session, login)
    terminal = stage.browser(session, claim=claim, attaches=False)
    assert terminal.closed() == 4409 and terminal.close == (4409, "elsewhere")
    assert TerminalClaim.objects.get(session=session).used_at is None
