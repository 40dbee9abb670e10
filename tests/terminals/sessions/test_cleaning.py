"""After a session: what it left in the container is ended, nothing else is, and that it is gone was seen."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from apps.audit.models import AuditEvent
from apps.integrations.clients import get_kubernetes
from apps.integrations.kubernetes.exec import run_in
from apps.integrations.kubernetes.types import TOUCHED
from apps.integrations.loop import run
from apps.terminals import cleaning
from apps.terminals.chores import clean_up
from apps.terminals.live.opening import argv_of
from apps.terminals.models import TerminalSession
from apps.terminals.services import live
from tests.releases.hand import Cluster
from tests.support.sandbox import fault
from tests.support.story import Company
from tests.terminals.sessions.paper import HOST
from tests.terminals.sessions.web import key_of, opened
from tests.tickets.web import signed_in

pytestmark = pytest.mark.django_db(transaction=True)


def ended(company: Company, *, used: bool = True) -> TerminalSession:
    """A session that ran in a container of test and is over."""
    client, made = opened(company)
    live.redeem(made["id"], made["claim"], key_of(client), host=HOST)
    live.note_opened(made["id"], HOST, "/bin/sh")
    if used:
        live.note_first_use(made["id"])
    live.note_ended(made["id"], "terminal.end.network")
    return TerminalSession.objects.select_related("cluster").get(pk=made["id"])


def inside(session: TerminalSession, script: str, marker: str = "") -> str:
    """What a script says in the session's container; with a marker as a shell of that session would run it."""
    argv = ["/bin/sh", "-c", script]
    if marker:
        exported = argv_of("/bin/sh", marker)[2].replace('exec "$0"', script)
        argv = ["/bin/sh", "-c", exported, "/bin/sh", marker]
    client = get_kubernetes(session.cluster)
    output, _ = run(run_in(client, session.namespace, session.pod, session.container, argv), 20)
    return output.decode()


def left(session: TerminalSession, marker: str) -> int:
    script = f'for d in /proc/[0-9]*; do if grep -q "OPSPORTAL_SESSION={marker}" "$d/environ" 2>/dev/null; then echo one; fi; done'
    return inside(session, script).count("one")


def test_what_a_shell_left_behind_is_ended_and_others_processes_are_not(company: Company) -> None:
    session = ended(company)
    marker, other = str(session.marker), "22222222-0000-0000-0000-000000000000"
    inside(session, "nohup sleep 300 & nohup sleep 301 &", marker)
    inside(session, "nohup sleep 302 &", other)
    assert (left(session, marker), left(session, other)) == (2, 1)
    clean_up("")
    assert (left(session, marker), left(session, other)) == (0, 1)
    session.refresh_from_db()
    assert session.cleanup_state == "done"
    assert session.cleanup_reason == {"code": "terminal.cleanup.done", "params": {"found": 2}}
    event = AuditEvent.objects.get(action="terminal.cleaned")
    assert (event.target_id, event.params["state"]) == (str(session.pk), "done")


def test_the_pod_says_who_touched_it_and_one_that_nobody_typed_into_says_nothing(company: Company) -> None:
    session = ended(company)
    clean_up("")
    pod = Cluster(company, "test-1").call("GET", f"/api/v1/namespaces/test/pods/{session.pod}")
    assert session.touched_at is not None
    assert pod["metadata"]["annotations"][TOUCHED] == f"{session.pk} {session.touched_at.isoformat(timespec='seconds')}"


def test_a_session_without_any_input_leaves_no_mark(company: Company) -> None:
    session = ended(company, used=False)
    clean_up("")
    session.refresh_from_db()
    assert session.cleanup_state == "done"
    pod = Cluster(company, "test-1").call("GET", f"/api/v1/namespaces/test/pods/{session.pod}")
    assert f"{session.pk} " not in (pod["metadata"].get("annotations") or {}).get(TOUCHED, "")


def test_a_pod_that_is_gone_took_everything_with_it(company: Company) -> None:
    session = ended(company)
    Cluster(company, "test-1").call("DELETE", f"/api/v1/namespaces/test/pods/{session.pod}?gracePeriodSeconds=0")
    clean_up("")
    session.refresh_from_db()
    assert (session.cleanup_state, session.pod_gone_at is not None) == ("not_needed", True)
    assert session.cleanup_reason["code"] == "terminal.cleanup.container_gone"


def test_a_cluster_that_does_not_answer_is_asked_again_later_and_not_for_ever(company: Company) -> None:
    session = ended(company)
    server = company.sandbox.clusters["test-1"]
    fault(server, "pods.get", "status", status=503, times=100)
    clean_up("")
    session.refresh_from_db()
    assert (session.cleanup_state, session.cleanup_attempts) == ("pending", 1)
    assert session.cleanup_due_at > timezone.now()
    clean_up("")
    assert TerminalSession.objects.get().cleanup_attempts == 1  # not before its time
    TerminalSession.objects.update(
        cleanup_attempts=cleaning.ATTEMPTS_MOST - 1, cleanup_due_at=timezone.now() - timedelta(1)
    )
    clean_up("")
    session.refresh_from_db()
    assert (session.cleanup_state, session.cleanup_due_at) == ("failed", None)
    told = signed_in(company.people["developer"]).get(f"/api/v1/terminal-sessions/{session.pk}/").json()["cleanup"]
    assert (told["state"], bool(told["reason"]["detail"])) == ("failed", True)


def test_an_answer_that_is_none_is_never_taken_for_clean(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    session = ended(company)
    monkeypatch.setattr(cleaning, "SCRIPT", "echo found=0")
    clean_up("")
    session.refresh_from_db()
    assert (session.cleanup_state, session.cleanup_reason["code"]) == ("pending", "terminal.cleanup.unclear")
    monkeypatch.setattr(cleaning, "SCRIPT", "echo found=3 left=1")
    TerminalSession.objects.update(cleanup_due_at=timezone.now())
    clean_up("")
    session.refresh_from_db()
    assert session.cleanup_reason == {"code": "terminal.cleanup.left", "params": {"found": 3, "left": 1}}


def test_a_container_without_a_shell_is_told(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    session = ended(company)
    monkeypatch.setattr(settings.CONFIG, "terminal_shells", "/bin/zsh, /bin/fish")
    clean_up("")
    session.refresh_from_db()
    assert (session.cleanup_state, session.cleanup_reason["code"]) == ("failed", "terminal.cleanup.no_shell")


def test_a_cluster_that_was_switched_off_is_not_looked_into(company: Company) -> None:
    session = ended(company)
    type(session.cluster).objects.filter(pk=session.cluster_id).update(is_enabled=False)
    clean_up("")
    session.refresh_from_db()
    assert (session.cleanup_state, session.cleanup_reason["code"]) == ("failed", "terminal.cleanup.withdrawn")
