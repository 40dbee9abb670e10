"""The recording over the API: who reads what, from where, and that he did is in the trail."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db.models import F
from django.test import Client

from apps.accounts.models import User
from apps.audit.models import AuditEvent
from apps.terminals import views_recording
from apps.terminals.models import TerminalSession
from apps.terminals.recording import reader
from apps.terminals.recording.directory import DirectoryStore
from apps.terminals.recording.store import recording_store
from apps.terminals.services.notes import note_ended
from apps.workloads.models import Workload
from tests.accounts.factories import browser, make_user
from tests.support.factories import grant
from tests.terminals.recording.rows import record, recorded, session_of, workload_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DirectoryStore:
    monkeypatch.setattr(settings.CONFIG, "data_dir", tmp_path)
    found = recording_store()
    assert isinstance(found, DirectoryStore)
    return found


@pytest.fixture
def workload() -> Workload:
    return workload_of()


def person(name: str, workload: Workload, role: str = "developer") -> User:
    user = make_user(name)
    pair = workload.project_environment
    grant(user, pair.project, pair.environment, role)
    return user


@pytest.fixture
def user(workload: Workload) -> User:
    return person("li.wei", workload)


def read(client: Client, session: TerminalSession, **query: Any) -> Any:
    return client.get(f"/api/v1/terminal-sessions/{session.pk}/recording/", query)


def replays() -> list[tuple[str, str]]:
    rows = AuditEvent.objects.filter(action="terminal.replayed", outcome="done").order_by("id")
    return list(rows.values_list("actor_name", "target_id"))


def test_a_recording_is_read_page_by_page_until_it_is_complete(
    store: DirectoryStore, workload: Workload, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader.read_page, "__defaults__", (200,))
    session, client = recorded(store, workload, user), browser(user)
    after, content = 0, b""
    while True:
        answer = read(client, session, after=after)
        assert answer.status_code == 200
        assert answer["Content-Type"] == "application/x-asciicast"
        assert answer["X-Recording-Complete"] == "true"
        assert int(answer["X-Recording-Size"]) == session.recording_bytes
        content += answer.content
        after += len(answer.content)
        if after == int(answer["X-Recording-Size"]):
            break
        assert answer.content.endswith(b"\n")
    assert content == store.path(session.pk).read_bytes()
    assert [json.loads(line)[1] for line in content.splitlines()[1:]] == ["h", "o", "h", "o", "h"]


def test_who_looked_is_in_the_trail_once_in_ten_minutes_also_when_he_begins_in_the_middle(
    store: DirectoryStore, workload: Workload, user: User
) -> None:
    session, ops = recorded(store, workload, user), person("ops", workload, "ops")
    for after in (100, 0, 0):
        assert read(browser(ops), session, after=after).status_code == 200
    assert read(browser(user), session).status_code == 200
    assert replays() == [("ops", str(session.pk)), ("li.wei", str(session.pk))]


def test_after_ten_minutes_it_is_another_replay(
    store: DirectoryStore, workload: Workload, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = recorded(store, workload, user)
    assert read(browser(user), session).status_code == 200
    monkeypatch.setattr("apps.terminals.recording.replays.ONCE_IN", timedelta(0))
    assert read(browser(user), session).status_code == 200
    assert len(replays()) == 2


def test_members_without_the_right_and_strangers_read_nothing_and_leave_no_replay(
    store: DirectoryStore, workload: Workload, user: User
) -> None:
    session = recorded(store, workload, user)
    for name, role, status in (("dev", "developer", 403), ("tester", "tester", 403)):
        answer = read(browser(person(name, workload, role)), session)
        assert (answer.status_code, "X-Recording-Size" in answer) == (status, False)
        verify = browser(User.objects.get(username=name)).get(
            f"/api/v1/terminal-sessions/{session.pk}/recording/verify/"
        )
        assert verify.status_code == status
    assert read(browser(make_user("stranger")), session).status_code == 404
    assert read(Client(), session).status_code == 401
    assert replays() == []


def test_an_administrator_and_ops_of_the_pair_may_look(store: DirectoryStore, workload: Workload, user: User) -> None:
    session = recorded(store, workload, user)
    assert read(browser(person("ops", workload, "ops")), session).status_code == 200
    assert read(browser(make_user("root", is_instance_admin=True)), session).status_code == 200


def test_a_running_session_is_read_at_its_head(store: DirectoryStore, workload: Workload, user: User) -> None:
    session, client = session_of(workload, user), browser(user)
    answer = read(client, session)
    assert (answer.status_code, answer.content, answer["X-Recording-Size"]) == (200, b"", "0")
    sealed = record(store, session.pk)
    answer = read(client, session)
    assert answer["X-Recording-Complete"] == "false"
    assert len(answer.content) == sealed.bytes
    answer = read(client, session, after=sealed.bytes)
    assert (answer.status_code, answer.content) == (200, b"")
    note_ended(session.pk, "terminal.end.left", {}, 0, sealed)
    assert read(client, session, after=sealed.bytes)["X-Recording-Complete"] == "true"


@pytest.mark.parametrize("after", ["-1", "1.5", "x", "9" * 16, "1e3", "²"])
def test_an_offset_that_is_none_is_refused(store: DirectoryStore, workload: Workload, user: User, after: str) -> None:
    answer = read(browser(user), recorded(store, workload, user), after=after)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["after"])
    assert replays() == []


def test_what_never_was_and_what_went_by_its_age_is_told(store: DirectoryStore, workload: Workload, user: User) -> None:
    never = session_of(workload, user)
    note_ended(never.pk, "terminal.end.refused", {"said": "no"})
    answer = read(browser(user), never)
    assert (answer.status_code, answer.json()["code"]) == (404, "recording.none")
    old = recorded(store, workload, user)
    TerminalSession.objects.filter(pk=old.pk).update(recording_deleted_at=F("ended_at"))
    answer = read(browser(user), old)
    assert (answer.status_code, answer.json()["code"]) == (410, "recording.deleted")
    assert answer.json()["params"]["at"] == old.ended_at.date().isoformat()  # type: ignore[union-attr]


def test_a_recording_that_vanished_is_told_as_such(store: DirectoryStore, workload: Workload, user: User) -> None:
    session = recorded(store, workload, user)
    store.delete(session.pk)
    answer = read(browser(user), session)
    assert (answer.status_code, answer.json()["code"]) == (503, "recording.missing")
    assert replays() == []


def test_the_check_says_where_a_recording_does_not_hold(
    store: DirectoryStore, workload: Workload, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, client = recorded(store, workload, user), browser(user)
    url = f"/api/v1/terminal-sessions/{session.pk}/recording/verify/"
    assert client.get(url).json() == {"intact": True, "checked": 3, "segment": None, "position": None, "code": ""}
    path = store.path(session.pk)
    path.write_bytes(path.read_bytes().replace(b"root", b"boot"))
    third = path.read_bytes().index(b'[1.5,"o"')
    assert client.get(url).json() == {
        "intact": False,
        "checked": 2,
        "segment": 3,
        "position": third,
        "code": "recording.changed",
    }
    monkeypatch.setattr(views_recording, "CHECKED_BYTES", 100)
    answer = client.get(url)
    assert (answer.status_code, answer.json()["code"]) == (409, "recording.too_big_to_check")
