"""Open, type, resume, end: through a real portal, a real socket and the cluster's stand-in."""

from __future__ import annotations

from apps.accounts.models import UserSession
from apps.terminals.models import TerminalSession
from tests.terminals.live.support import Stage, wait_until


def test_what_is_typed_runs_in_the_container_and_the_end_is_noted_once(stage: Stage, login: UserSession) -> None:
    session, terminal = stage.opened(login)
    assert terminal.attached["from"] == 0 and terminal.attached["window"] == 524288
    assert b"hello there" in terminal.run(b"echo hello  there", b"hello there\r\n")
    shown = terminal.run(b"echo $OPSPORTAL_SESSION $TERM", b"xterm-256color\r\n")
    assert f"{session.marker} xterm-256color".encode() in shown
    terminal.type(b"exit 3\r")
    end = terminal.text("end")
    assert (end["code"], end["params"], end["exit_code"]) == ("terminal.end.exited", {"code": 3}, 3)
    assert end["detail"]["en"] == "The shell ended by itself with exit code 3."
    assert terminal.closed() == 4000
    session = wait_until(lambda: TerminalSession.objects.filter(pk=session.pk, state="ended").first())
    assert (session.end_code, session.exit_code, session.shell) == ("terminal.end.exited", 3, "/bin/bash")
    assert session.recording_segments >= 1 and session.first_used_at is not None
