"""A web process that is asked to stop: every shell ends with a reason, is sealed and noted before the process is gone."""

from __future__ import annotations

import http.client
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from apps.accounts.models import UserSession
from apps.terminals.models import TerminalSession
from tests.terminals.live.support import Stage, wait_until


class ProcessPortal:
    """A uvicorn as in production, in a process of its own."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        flags = ["--host", "127.0.0.1", "--port", str(self.port), "--lifespan", "off", "--no-access-log"]
        flags += ["--timeout-graceful-shutdown", "10", "--ws-per-message-deflate", "false"]
        command = [sys.executable, "-m", "uvicorn", "opsportal.asgi:application", *flags]
        with log.open("ab") as output:
            self.child = subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT)
        wait_until(self._answers, 60)

    def _answers(self) -> bool:
        assert self.child.poll() is None, "the web process ended"
        try:
            client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
            client.request("GET", "/api/v1/csrf")
            return client.getresponse().status == 200
        except OSError:
            return False

    def url(self, session_id: int) -> str:
        return f"ws://127.0.0.1:{self.port}/ws/terminals/{session_id}/"


@pytest.fixture
def process(
    stage: Stage, process_env: Callable[..., dict[str, str]], tmp_path: Path, server_folder: Path
) -> Iterator[ProcessPortal]:
    environment = process_env(OPSPORTAL_ALLOW_LOOPBACK="true", OPSPORTAL_DATA_DIR=str(tmp_path))
    made = ProcessPortal(environment, server_folder / "terminal-web.log")
    yield made
    if made.child.poll() is None:
        made.child.kill()
        made.child.wait()


def test_a_stopped_process_ends_every_shell_and_writes_it_down_before_it_goes(
    stage: Stage, login: UserSession, process: ProcessPortal
) -> None:
    thread, stage.portal = stage.portal, process  # type: ignore[assignment]
    try:
        here, terminal = stage.opened(login)
        terminal.run(b"echo before", b"\nbefore")
        away, gone = stage.opened(login)
        gone.cut()
        wait_until(lambda: TerminalSession.objects.get(pk=away.pk).state == "away")
        process.child.send_signal(signal.SIGTERM)
        assert terminal.ended() == ("terminal.end.restarting", 1012)
        process.child.wait(20)
    finally:
        stage.portal = thread
    for session in (here, away):
        row = TerminalSession.objects.get(pk=session.pk)
        assert (row.state, row.end_code) == ("ended", "terminal.end.restarting")
        assert row.recording_segments >= 1 and row.recording_head != ""


def test_a_killed_process_leaves_shells_that_another_one_reports_as_lost(
    stage: Stage, login: UserSession, process: ProcessPortal
) -> None:
    thread, stage.portal = stage.portal, process  # type: ignore[assignment]
    session, terminal = stage.opened(login)
    process.child.kill()
    process.child.wait()
    stage.portal = thread
    assert terminal.closed() == 1006
    TerminalSession.objects.filter(pk=session.pk).update(seen_at="2026-01-01T00:00:00Z")
    again = stage.browser(session, position=terminal.position, attaches=False)
    end = again.text("end")
    assert (end["code"], end["params"]) == ("terminal.ended_already", {"end": "terminal.end.host_lost"})
    assert again.closed() == 4000
