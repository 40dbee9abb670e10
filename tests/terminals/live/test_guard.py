"""A right that is gone ends every shell that lives by it: promptly, wholly, and witnessed by the cluster's own journal."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import OperationalError, transaction
from django.utils import timezone
from websockets.exceptions import ConnectionClosed

from apps.accounts.models import User, UserSession
from apps.accounts.sessions import end_sessions
from apps.terminals.live import guard as guard_module
from apps.terminals.live.guard import Guard
from apps.terminals.models import TerminalSession
from apps.terminals.services import live
from apps.tickets import hints
from tests.terminals.live.support import Browser, Stage, wait_until

HOW_MANY = 50


def revoke_role(stage: Stage, user: User) -> str:
    with transaction.atomic():
        user.grants.update(revoked_at=timezone.now())
        hints.announce("grants", user.pk, stage.workload.project_environment.project_id)
    return "terminal.end.revoked"


def let_it_expire(stage: Stage, user: User) -> str:
    user.grants.update(expires_at=timezone.now())
    return "terminal.end.revoked"


def disable(stage: Stage, user: User) -> str:
    User.objects.filter(pk=user.pk).update(is_active=False)
    return "terminal.end.disabled"


def sign_out(stage: Stage, user: User) -> str:
    end_sessions(user)
    return "terminal.end.signed_out"


def end_by_ops(stage: Stage, user: User) -> str:
    TerminalSession.objects.update(end_requested_at=timezone.now(), end_requested_by=None, end_message="enough")
    return "terminal.end.left"


def withdraw(stage: Stage, user: User) -> str:
    cluster = stage.workload.placement.cluster
    type(cluster).objects.filter(pk=cluster.pk).update(is_enabled=False)
    return "terminal.end.cluster_withdrawn"


def ends_within(seconds: float, terminals: list[Browser], code: str) -> None:
    """Every browser is told `code` and closed in time."""
    end = time.monotonic() + seconds
    for terminal in terminals:
        assert terminal.ended(max(0.01, end - time.monotonic())) == (code, 4000)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("change", [revoke_role, let_it_expire, disable, sign_out, end_by_ops, withdraw])
def test_fifty_terminals_idle_and_busy_end_within_two_seconds_and_nothing_runs_after(
    stage: Stage, login: UserSession, user: User, change: Callable[[Stage, User], str]
) -> None:
    before = len(stage.execs())
    terminals = [stage.opened(login)[1] for _ in range(HOW_MANY)]
    for terminal in terminals[: HOW_MANY // 5]:
        terminal.type(b"yes\r")
    for terminal in terminals[: HOW_MANY // 5]:
        terminal.until(b"\ny\r\ny")
    changed_at = time.time()
    code = change(stage, user)
    ends_within(2, terminals[::-1], code)
    closed_at = time.time()
    for terminal in terminals:
        terminal.socket.close()
    shells = wait_until(lambda: found if len(found := stage.execs()) == before + HOW_MANY else None)[before:]
    assert all(entry.at < closed_at + 3 for entry in shells)
    assert all(entry.detail["last_input_at"] <= changed_at for entry in shells)
    wait_until(lambda: TerminalSession.objects.filter(state="ended", end_code=code).count() == HOW_MANY)


def test_what_is_typed_after_the_change_is_not_executed(stage: Stage, login: UserSession, user: User) -> None:
    before = len(stage.execs())
    _, terminal = stage.opened(login)
    terminal.run(b"echo ready", b"\nready")
    counted = terminal.accepted
    disable(stage, user)
    time.sleep(1.3)
    with suppress(ConnectionClosed):  # it may be closed already, which is as good
        terminal.type(b"touch /tmp/after\r")
    terminal.closed()
    (entry,) = wait_until(lambda: stage.execs()[before:])
    assert entry.detail["input_bytes"] == counted


def test_without_the_channel_layer_it_takes_a_look_of_the_guard_and_no_longer(
    stage: Stage, login: UserSession, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard_module, "get_channel_layer", lambda: None)
    terminals = [stage.opened(login)[1] for _ in range(10)]
    code = let_it_expire(stage, user)
    ends_within(10, terminals, code)


def test_rights_that_nobody_can_read_are_no_rights(
    stage: Stage, login: UserSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Guard, "unreadable_after", 1.5)
    _, terminal = stage.opened(login)

    def away(*_: object) -> None:
        raise OperationalError("the server is gone")

    monkeypatch.setattr(live, "orders", away)
    assert terminal.ended(6) == ("terminal.end.rights_unreadable", 4000)


def test_a_look_that_hangs_ends_the_shells_too(
    stage: Stage, login: UserSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Guard, "unreadable_after", 1.5)
    _, terminal = stage.opened(login)
    monkeypatch.setattr(live, "orders", lambda *_: [time.sleep(4), {}][1])
    assert terminal.ended(4) == ("terminal.end.rights_unreadable", 4000)


def test_one_look_serves_all_shells_whatever_their_number(
    stage: Stage, login: UserSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[int]] = []
    look = live.orders

    def counted(host: str, ids: list[int]) -> object:
        asked.append(list(ids))
        return look(host, ids)

    monkeypatch.setattr(live, "orders", counted)
    sessions = [stage.opened(login)[0].pk for _ in range(5)]
    asked.clear()
    time.sleep(3.2)
    assert all(sorted(ids) == sorted(sessions) for ids in asked)
    assert 2 <= len(asked) <= 6


def test_an_extension_reaches_the_browser(stage: Stage, login: UserSession) -> None:
    session, terminal = stage.opened(login)
    terminal.run(b"echo x", b"\nx")
    first = terminal.text("state")
    row = TerminalSession.objects.get(pk=session.pk)
    assert row.ends_at is not None
    TerminalSession.objects.filter(pk=session.pk).update(
        ends_at=row.ends_at + timedelta(minutes=20), extended_at=timezone.now(), extended_by=login.user
    )
    second = terminal.text("state")
    assert (first["extended"], second["extended"]) == (False, True)
    assert second["ends_at"] > first["ends_at"]
