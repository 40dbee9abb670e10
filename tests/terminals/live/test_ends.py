"""How a shell ends: by itself, with its pod, by the clock, by the portal; and why one does not begin."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from apps.accounts.models import UserSession
from apps.audit.models import AuditEvent
from apps.sandbox.base.faults import Fault
from apps.terminals.live.house import drain
from apps.terminals.models import TerminalSession
from apps.terminals.recording.directory import DirectoryStore
from apps.terminals.recording.errors import RecordingError
from tests.integrations.kubernetes_support import NO_EXEC, client, raw
from tests.terminals.live.support import NAMESPACE, Stage, pods_of, wait_until


def ended(session: TerminalSession) -> TerminalSession:
    """The row once it says that it ended."""
    found = wait_until(lambda: TerminalSession.objects.filter(pk=session.pk, state="ended").first(), 30)
    assert AuditEvent.objects.filter(action="terminal.ended", target_id=str(session.pk)).count() == 1
    return TerminalSession.objects.get(pk=found.pk)


def test_leaving_a_shell_shows_what_it_wrote_last(stage: Stage, login: UserSession) -> None:
    session, terminal = stage.opened(login)
    terminal.type(b"seq 1 30000; exit\r")
    assert terminal.ended() == ("terminal.end.left", 4000)
    assert bytes(terminal.output).rstrip().endswith(b"\r\n30000")
    assert ended(session).exit_code == 0


def test_a_pod_that_is_replaced_is_told_and_its_successor_offered(stage: Stage, login: UserSession) -> None:
    session, terminal = stage.opened(login)
    cluster = client(stage.cluster)
    name, uid = stage.pod["metadata"]["name"], stage.pod["metadata"]["uid"]
    raw(cluster, "DELETE", f"/api/v1/namespaces/{NAMESPACE}/pods/{name}", {"gracePeriodSeconds": 0})
    end = terminal.text("end", 30)
    assert (end["code"], end["params"], end["offer"]) == ("terminal.end.pod_replaced", {"pod": name}, "successor")
    assert terminal.closed() == 4000
    assert ended(session).end_code == "terminal.end.pod_replaced"
    wait_until(lambda: [pod for pod in pods_of(stage.cluster) if pod["metadata"]["uid"] != uid])


def test_a_pod_that_went_between_click_and_connect_is_told(stage: Stage, login: UserSession) -> None:
    before = len(stage.execs())
    session = stage.session(login, pod="web-gone", pod_uid="u")
    terminal = stage.browser(session, attaches=False)
    assert terminal.ended() == ("terminal.end.pod_gone", 4000)
    assert ended(session).end_code == "terminal.end.pod_gone"
    assert len(stage.execs()) == before


def test_another_pod_under_the_same_name_is_not_entered(stage: Stage, login: UserSession) -> None:
    before = len(stage.execs())
    session = stage.session(login, pod_uid="another")
    terminal = stage.browser(session, attaches=False)
    assert terminal.ended() == ("terminal.end.pod_replaced", 4000)
    assert len(stage.execs()) == before


def test_a_container_without_any_shell_says_which_were_tried(
    stage: Stage, login: UserSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings.CONFIG, "terminal_shells", "/bin/zsh,/bin/fish")
    session = stage.session(login)
    terminal = stage.browser(session, attaches=False)
    end = terminal.text("end")
    assert (end["code"], end["params"]) == ("terminal.end.no_shell", {"tried": ["/bin/zsh", "/bin/fish"]})
    assert terminal.closed() == 4000
    assert ended(session).end_code == "terminal.end.no_shell"


def test_the_next_shell_of_the_list_is_taken_where_the_first_is_not_there(
    stage: Stage, login: UserSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings.CONFIG, "terminal_shells", "/bin/zsh,/bin/ash")
    session, terminal = stage.opened(login)
    assert terminal.attached["state"]["shell"] == "/bin/ash"
    assert TerminalSession.objects.get(pk=session.pk).shell == "/bin/ash"


def test_a_token_that_may_not_exec_is_named_with_the_right_it_needs(stage: Stage, login: UserSession) -> None:
    cluster = stage.workload.placement.cluster
    cluster.token = NO_EXEC
    cluster.save()
    session = stage.session(login)
    terminal = stage.browser(session, attaches=False)
    end = terminal.text("end")
    assert end["code"] == "terminal.end.refused" and "may not get pods/exec" in end["params"]["said"]
    assert ended(session).end_code == "terminal.end.refused"


@pytest.mark.parametrize(
    ("fault", "code"),
    [("exec.oversized", "terminal.end.refused"), ("exec.no_status", "terminal.end.cluster_silent")],
)
def test_a_cluster_that_misbehaves_ends_the_shell_with_a_reason(
    stage: Stage, login: UserSession, fault: str, code: str
) -> None:
    stage.cluster.faults.add(Fault(fault, "stale", seconds=30))
    session = stage.session(login)
    terminal = stage.browser(session, attaches=False)
    if fault == "exec.no_status":
        terminal.text("attached")
        terminal.begins = terminal.accepted = terminal._acknowledged = 0
        terminal.until(b"# ")
        terminal.type(b"exit\r")
    assert terminal.ended(15)[0] == code
    assert ended(session).end_code == code


def test_a_cluster_that_never_answers_the_upgrade_is_silent(
    stage: Stage, login: UserSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings.CONFIG, "outside_timeout", 0.7)
    stage.cluster.faults.add(Fault("pods.exec", "hang", times=-1, seconds=3))
    session = stage.session(login)
    terminal = stage.browser(session, attaches=False)
    assert terminal.ended(15) == ("terminal.end.cluster_silent", 4000)
    assert ended(session).end_code == "terminal.end.cluster_silent"


def test_the_time_runs_from_the_first_use_and_ends_the_shell(stage: Stage, login: UserSession) -> None:
    session, terminal = stage.opened(login)
    terminal.type(b"\x1b[24;80R")
    terminal.say({"type": "ping", "n": 5})
    assert terminal.text("pong")["n"] == 5
    assert TerminalSession.objects.get(pk=session.pk).first_used_at is None
    terminal.run(b"echo x", b"\nx")
    state = terminal.text("state")
    assert state["ends_at"] is not None and state["warn_at"] < state["ends_at"]
    row = TerminalSession.objects.get(pk=session.pk)
    assert row.first_used_at is not None
    TerminalSession.objects.filter(pk=session.pk).update(ends_at=timezone.now() + timedelta(seconds=2))
    assert terminal.text("warning")["ends_at"] is not None
    assert terminal.ended() == ("terminal.end.time_limit", 4000)
    assert ended(session).end_code == "terminal.end.time_limit"


def test_a_portal_that_stops_ends_every_shell_and_says_so(stage: Stage, login: UserSession) -> None:
    session, terminal = stage.opened(login)
    away, gone = stage.opened(login)
    gone.cut()
    drain()
    stage.portal.server.should_exit = True
    assert terminal.ended() == ("terminal.end.restarting", 1012)
    assert ended(session).end_code == ended(away).end_code == "terminal.end.restarting"


def test_no_session_begins_without_a_recording(
    stage: Stage, login: UserSession, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = len(stage.execs())
    (tmp_path / "full").write_text("no directory")
    monkeypatch.setattr(settings.CONFIG, "data_dir", tmp_path / "full")
    session = stage.session(login)
    terminal = stage.browser(session, attaches=False)
    assert terminal.ended() == ("terminal.end.recording_failed", 4000)
    assert ended(session).end_code == "terminal.end.recording_failed"
    assert len(stage.execs()) == before


def test_a_recording_that_fails_ends_the_shell_within_five_seconds(
    stage: Stage, login: UserSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, terminal = stage.opened(login)

    def refuse(*_: object) -> None:
        raise RecordingError("recording.no_space")

    monkeypatch.setattr(DirectoryStore, "append", refuse)
    terminal.type(b"echo x\r")
    assert terminal.ended(5) == ("terminal.end.recording_failed", 4000)
    assert ended(session).end_code == "terminal.end.recording_failed"
