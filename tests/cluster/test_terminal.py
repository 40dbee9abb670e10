"""The emergency terminal's own bridge on a real Kubernetes: a shell with a terminal, cut off and resumed, interrupted,
recorded, and cleaned up after.

The API server and the kubelet's streaming library are the real ones, the commands are real processes of this machine.
The portal's account has the role of the documents and no other. Must not: repeat what tests/terminals/live shows on the
stand-in; here is what only a cluster can refute.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from apps.accounts.models import UserSession
from apps.audit.models import AuditEvent
from apps.integrations.clients import forget_clients
from apps.integrations.kubernetes.types import TOUCHED
from apps.terminals import cleaning
from apps.terminals.chores import clean_up
from apps.terminals.models import TerminalSession
from apps.terminals.recording.checking import check_session
from apps.terminals.recording.store import recording_store
from opsportal.asgi import application
from tests.accounts.factories import make_user
from tests.cluster.cluster import Known
from tests.contracts.kubernetes_fixtures import namespace_of, new_name
from tests.contracts.kubernetes_life_api import Api
from tests.support.factories import grant, make_cluster, make_environment, make_project
from tests.terminals.live.conftest import nobody_asks_the_database
from tests.terminals.live.support import Browser, Portal, Scene, wait_until
from tests.terminals.live.test_resume import joined
from tests.workloads.objects import make_workload

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
WEB = "web"
PROMPT = b"$ "  # of a user who is not root
COUNTED = b"".join(b"%d\r\n" % number for number in range(1, 200_001))
CUTS = (50_000, 300_000, 301_000, 900_000)
WIDE = "漢字🙂é"
# What a line editor tells the terminal around each line: pasted text is to be marked.
MARKS = re.compile(rb"\x1b\[\?2004[hl]\r?")


@pytest.fixture(scope="module")
def api(known: Known) -> Iterator[Api]:
    """A namespace of its own with one pod of one Deployment."""
    if known.images:
        pytest.skip("on a real node a container's processes are not the machine's, and its shell is another one")
    with namespace_of(Api(known.url, known.tokens["admin"], known.ca_pem, new_name())) as made:
        made.create("deployments", made.deployment(WEB, replicas=1))
        made.settled(WEB, 1)
        yield made


@pytest.fixture(scope="module")
def scene(
    known: Known, api: Api, tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: Any
) -> Iterator[Scene]:
    """One portal for all tests of the file; each has shells of its own."""
    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock():
        patch.setattr(settings.CONFIG, "data_dir", tmp_path_factory.mktemp("data"))
        patch.setattr(settings.CONFIG, "allow_loopback", True)
        access = {"api_url": known.url, "ca_pem": known.ca_pem, "token": known.tokens["portal"]}
        row = make_cluster("dc1", credential_set_at=timezone.now(), **access)
        workload = make_workload(make_project("book"), make_environment(api.namespace, "test"), row, WEB)
        (pod,) = api.list("pods")
        made = Scene(Portal(application), workload, pod, PROMPT)
        try:
            yield made
        finally:
            for terminal in made.open:
                terminal.socket.close()
            made.portal.stop()
            wait_until(nobody_asks_the_database)
            clean_up("")  # also what a test that failed left running
            forget_clients()
            call_command("flush", interactive=False, verbosity=0)


@pytest.fixture(scope="module")
def login(scene: Scene) -> UserSession:
    """A developer's browser."""
    person, pair = make_user("li.wei"), scene.workload.project_environment
    grant(person, pair.project, pair.environment, "developer")
    return scene.login(person)


def plain(shown: bytes) -> bytes:
    """Without a line editor's marks."""
    return MARKS.sub(b"", shown)


def says(terminal: Browser, command: str, prompt: bytes) -> str:
    """What a command shows between its own line, which may be wrapped, and the next prompt."""
    _, _, shown = plain(terminal.run(command.encode(), prompt)).partition(b"\r\n")
    assert shown.endswith(plain(prompt)), shown
    return shown.removesuffix(plain(prompt)).decode()


def ended(session: TerminalSession) -> TerminalSession:
    """The row once it says that it ended."""
    found: TerminalSession = wait_until(lambda: TerminalSession.objects.filter(pk=session.pk, state="ended").first())
    return found


def recorded(session: TerminalSession, code: str) -> list[str]:
    """The texts of the recording's events of one kind."""
    _, *events = b"".join(recording_store().stream(session.pk)).split(b"\n")
    return [text for _, kind, text in map(json.loads, filter(None, events)) if kind == code]


def processes(session: TerminalSession) -> list[str]:
    """The command lines of this machine's processes that carry the session's marker."""
    mark, found = f"OPSPORTAL_SESSION={session.marker}".encode(), []
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it went meanwhile, or is somebody else's
            if mark in (place / "environ").read_bytes().split(b"\0"):
                found.append((place / "cmdline").read_bytes().rstrip(b"\0").replace(b"\0", b" ").decode())
    return sorted(found)


def test_a_shell_knows_its_size_echoes_what_is_typed_and_is_recorded_to_its_exit_code(
    scene: Scene, login: UserSession
) -> None:
    session, terminal = scene.opened(login)
    prompt = bytes(terminal.output)
    assert says(terminal, "stty size", prompt) == "24 80\r\n"
    assert says(terminal, "echo $OPSPORTAL_SESSION $TERM", prompt) == f"{session.marker} xterm-256color\r\n"
    assert says(terminal, f"echo {WIDE}", prompt) == f"{WIDE}\r\n"
    assert f"echo {WIDE}\r\n".encode() in plain(bytes(terminal.output))
    assert says(terminal, f"printf {WIDE} | wc -c", prompt) == f"{len(WIDE.encode())}\r\n"
    assert processes(session) == ["/bin/bash"]
    terminal.resize(100, 30)
    # A size travels on another channel than what is typed, and a kubelet takes each as it comes.
    wait_until(lambda: b"\r\n30 100\r\n" in plain(terminal.run(b"echo; stty size; echo told", b"\ntold\r\n")))

    terminal.type(b"exit 3\r")
    end = terminal.text("end")
    assert (end["code"], end["params"], end["exit_code"]) == ("terminal.end.exited", {"code": 3}, 3)
    assert terminal.closed() == 4000
    row = ended(session)
    assert (row.end_code, row.exit_code, row.shell) == ("terminal.end.exited", 3, "/bin/bash")
    verdict = check_session(recording_store(), row)
    assert (verdict.is_intact, verdict.sealed.segments) == (True, row.recording_segments)
    assert "".join(recorded(row, "o")) == terminal.output.decode()
    assert recorded(row, "r") == ["80x24", "100x30"]


def test_a_browser_cut_off_while_output_runs_goes_on_without_a_byte_lost_or_doubled(
    scene: Scene, login: UserSession
) -> None:
    session, terminal = scene.opened(login)
    prompt = bytes(terminal.output)
    terminal.type(b"seq 1 200000\r")
    for position in CUTS:
        while terminal.position < position:
            assert terminal.take()
        terminal.cut()
        after = scene.browser(session, position=terminal.position)
        assert after.begins == terminal.position < len(COUNTED)
        terminal = joined(terminal, after)
    terminal.until(b"\n200000\r\n" + prompt)
    _, _, shown = plain(bytes(terminal.output)).partition(b"\r\n")
    assert shown == COUNTED + plain(prompt)
    assert TerminalSession.objects.get(pk=session.pk).state == "live"


def test_ctrl_c_ends_what_writes_without_end_and_the_prompt_comes_back(scene: Scene, login: UserSession) -> None:
    session, terminal = scene.opened(login)
    prompt = bytes(terminal.output)
    terminal.type(b"yes\r")
    while terminal.position < 1_000_000:
        assert terminal.take()
    assert processes(session) == ["/bin/bash", "yes"]
    terminal.type(b"\x03")
    terminal.until(b"^C\r\n" + prompt)
    assert processes(session) == ["/bin/bash"]
    assert says(terminal, "echo $?", prompt) == "130\r\n"


def test_what_a_session_left_running_is_gone_from_the_machine_after_the_cleaning(
    scene: Scene, api: Api, login: UserSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cleaning, "SECONDS", 80.0)  # it looks at every process of this machine, not of one container
    session, terminal = scene.opened(login)
    prompt = bytes(terminal.output)
    # Apart from the terminal: a runtime closes it when its shell has gone, this rig when nobody holds it any more.
    assert re.fullmatch(r"\[1\] \d+\r\n", says(terminal, "sleep 1000 &> /dev/null < /dev/null &", prompt))
    assert re.fullmatch(r"\[2\] \d+\r\n", says(terminal, "nohup sleep 1001 &> /dev/null &", prompt))
    other, _ = scene.opened(login)
    terminal.type(b"exit\r")
    assert terminal.ended() == ("terminal.end.left", 4000)
    row = ended(session)
    assert (row.cleanup_state, processes(row)) == ("pending", ["sleep 1000", "sleep 1001"])

    clean_up("")
    row.refresh_from_db()
    assert (row.cleanup_state, row.cleanup_attempts) == ("done", 1)
    assert row.cleanup_reason == {"code": "terminal.cleanup.done", "params": {"found": 2}}
    assert processes(row) == []
    assert processes(other) == ["/bin/bash"]  # another session in the same container is left alone
    assert AuditEvent.objects.get(action="terminal.cleaned", target_id=str(row.pk)).params["state"] == "done"
    assert row.touched_at is not None
    told = api.get("pods", row.pod)["metadata"]["annotations"][TOUCHED]
    assert told == f"{row.pk} {row.touched_at.isoformat(timespec='seconds')}"
