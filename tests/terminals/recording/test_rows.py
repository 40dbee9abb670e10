"""Recordings against their rows: what the command finds, what goes by its age, what a dead process left."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import F

from apps.accounts.models import User
from apps.audit.models import AuditEvent
from apps.audit.services import seal
from apps.common.hashchain import GENESIS
from apps.terminals.models import TerminalSession
from apps.terminals.recording import retention
from apps.terminals.recording.anchors import note_progress
from apps.terminals.recording.chain import Sealed
from apps.terminals.recording.directory import DirectoryStore
from apps.terminals.recording.errors import RecordingError
from apps.terminals.recording.store import recording_store
from apps.terminals.services.notes import note_ended
from apps.tickets import registry
from apps.workloads.models import Workload
from tests.support.factories import make_user
from tests.terminals.recording.rows import LINES, record, recorded, session_of, workload_of

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


@pytest.fixture
def user() -> User:
    return make_user("li.wei")


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    """The command's lines; the last one is its verdict."""
    try:
        call_command("verify_recordings", *arguments)
    except CommandError as error:
        return [*capsys.readouterr().out.splitlines(), str(error)]
    return capsys.readouterr().out.splitlines()


def events(action: str) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(action=action))


def tamper(event: AuditEvent, **values: object) -> None:
    """What only the owner of the database can do: past the triggers."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_auditevent DISABLE TRIGGER USER")
        AuditEvent.objects.filter(pk=event.pk).update(**values)
        cursor.execute("ALTER TABLE audit_auditevent ENABLE TRIGGER USER")


def test_untouched_recordings_are_counted(
    store: DirectoryStore, workload: Workload, user: User, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded(store, workload, user)
    running = session_of(workload, user)
    note_progress({running.pk: record(store, running.pk)})
    session_of(workload, user, state="opening", host="", opened_at=None)
    assert told(capsys) == ["2 recordings with 6 segments are intact."]


def test_session_segment_and_byte_of_every_tampering_are_named(
    store: DirectoryStore, workload: Workload, user: User, capsys: pytest.CaptureFixture[str]
) -> None:
    changed, cut, gone, good, swapped = (recorded(store, workload, user) for _ in range(5))
    path = store.path(changed.pk)
    path.write_bytes(path.read_bytes().replace(b"root", b"boot"))
    content = store.path(cut.pk).read_bytes()
    store.path(cut.pk).write_bytes(content[:-1])
    store.path(gone.pk).unlink()
    store.path(swapped.pk).write_bytes(store.path(good.pk).read_bytes())
    third = content.index(b'[1.5,"o"')
    assert told(capsys) == [
        f"session {changed.pk}, segment 3, byte {third}: Segment 3 was changed; it begins at byte {third}.",
        f"session {cut.pk}, segment 3, byte {third}: The recording was cut off: segment 3 should begin or go on"
        f" at byte {third}.",
        f"session {gone.pk}, segment 1, byte 0: The recording is gone from the store.",
        f"session {swapped.pk}, segment 1, byte 0: This is the recording of another session.",
        "4 of 5 recordings do not hold.",
    ]
    assert told(capsys, "--session", str(good.pk)) == ["1 recordings with 3 segments are intact."]
    assert told(capsys, "--session", "987654") == ["There is no session 987654."]


def test_a_forged_recording_with_a_forged_row_is_found_by_the_audit_trail(
    store: DirectoryStore, workload: Workload, user: User, capsys: pytest.CaptureFixture[str]
) -> None:
    session = recorded(store, workload, user)
    store.delete(session.pk)
    forged = record(store, session.pk, (*LINES[:2], b'[1.5,"o","uid=9(games)\\r\\n"]\n'))
    TerminalSession.objects.update(recording_head=forged.head, recording_bytes=forged.bytes)
    assert told(capsys)[0].startswith(f"session {session.pk}, segment 1, byte 0: The recording was written anew")


def test_a_forged_audit_row_is_found_by_its_own_seal(
    store: DirectoryStore, workload: Workload, user: User, capsys: pytest.CaptureFixture[str]
) -> None:
    session = recorded(store, workload, user)
    seal()
    store.delete(session.pk)
    forged = record(store, session.pk, (*LINES[:2], b'[1.5,"o","uid=9(games)\\r\\n"]\n'))
    (event,) = events("terminal.ended")
    params = {**event.params, "recording": {"bytes": forged.bytes, "segments": 3, "head": forged.head}}
    tamper(event, params=params)
    assert told(capsys)[0] == (
        f"session {session.pk}: The audit row that says where the recording ended was changed. Run `manage.py verify_audit`."
    )


def test_a_later_audit_row_does_not_take_the_place_of_the_first(
    store: DirectoryStore, workload: Workload, user: User, capsys: pytest.CaptureFixture[str]
) -> None:
    session = recorded(store, workload, user)
    store.delete(session.pk)
    forged = record(store, session.pk, (*LINES[:2], b'[1.5,"o","uid=9(games)\\r\\n"]\n'))
    TerminalSession.objects.update(state="live", ended_at=None, end_code="")
    note_ended(session.pk, "terminal.end.left", {}, 0, forged)
    assert told(capsys)[-1] == "1 of 1 recordings do not hold."


def test_of_a_running_session_what_was_noted_must_be_there(
    store: DirectoryStore, workload: Workload, user: User, capsys: pytest.CaptureFixture[str]
) -> None:
    session = session_of(workload, user)
    note_progress({session.pk: record(store, session.pk)})
    content = store.path(session.pk).read_bytes()
    store.path(session.pk).write_bytes(content + b'[2.5,"o","half')
    assert told(capsys) == ["1 recordings with 3 segments are intact."]
    third = content.index(b'[1.5,"o"')
    store.path(session.pk).write_bytes(content[:third])
    assert told(capsys)[0].startswith(f"session {session.pk}, segment 3, byte {third}: The recording was cut off")


def test_content_and_sessions_that_belong_to_nothing_are_named(
    store: DirectoryStore, workload: Workload, user: User, capsys: pytest.CaptureFixture[str]
) -> None:
    lost = recorded(store, workload, user)
    store.delete(lost.pk)
    record(store, 987_654)
    TerminalSession.objects.filter(pk=lost.pk).delete()
    assert told(capsys) == [
        f"session {lost.pk}: The audit trail knows this session, and its row is gone.",
        "session 987654, segment 1, byte 0: There is a recording, and no session that could have made it.",
        "2 of 2 recordings do not hold.",
    ]


def test_progress_only_grows_and_stops_with_the_session(store: DirectoryStore, workload: Workload, user: User) -> None:
    running, ended = session_of(workload, user), recorded(store, workload, user)
    note_progress({running.pk: Sealed(500, 5, "a" * 64), ended.pk: Sealed(999, 9, "b" * 64)})
    note_progress({running.pk: Sealed(400, 4, "c" * 64)})
    note_progress({})
    running.refresh_from_db()
    assert (running.recording_bytes, running.recording_segments, running.recording_head) == (500, 5, "a" * 64)
    assert TerminalSession.objects.get(pk=ended.pk).recording_segments == 3


# -- age ----------------------------------------------------------------------------------------------------
def age(session: TerminalSession, days: float) -> None:
    TerminalSession.objects.filter(pk=session.pk).update(ended_at=F("ended_at") - timedelta(days=days))


def test_what_is_older_than_the_setting_goes_and_the_trail_says_so(
    store: DirectoryStore, workload: Workload, user: User, capsys: pytest.CaptureFixture[str]
) -> None:
    old, young, running = recorded(store, workload, user), recorded(store, workload, user), session_of(workload, user)
    record(store, running.pk)
    age(old, 180.1)
    age(young, 179.9)
    registry.CHORES["terminals.recordings_age"].function("")
    assert sorted(store.ids()) == [young.pk, running.pk]
    old.refresh_from_db()
    assert old.recording_deleted_at is not None
    (event,) = events("terminal.recording_deleted")
    assert (event.target_id, event.params) == (str(old.pk), {"days": 180, "bytes": old.recording_bytes})
    assert (event.actor_name, event.project_id) == ("recordings", old.project_id)
    assert told(capsys)[-1] == "3 recordings with 6 segments are intact."
    registry.CHORES["terminals.recordings_age"].function("")
    assert len(events("terminal.recording_deleted")) == 1


def test_without_a_number_of_days_nothing_goes(
    store: DirectoryStore, workload: Workload, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings.CONFIG, "recording_days", 0)
    old = recorded(store, workload, user)
    age(old, 10_000)
    assert retention.delete_old() == 0
    assert list(store.ids()) == [old.pk]


def test_a_store_that_refuses_one_deletion_keeps_its_row_and_the_others_go(
    store: DirectoryStore, workload: Workload, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = recorded(store, workload, user), recorded(store, workload, user)
    age(first, 200)
    age(second, 190)
    stays = store.path(first.pk)
    data = stays.read_bytes()
    stays.unlink()
    stays.mkdir()
    with pytest.raises(RecordingError):
        retention.delete_old()
    assert TerminalSession.objects.get(pk=first.pk).recording_deleted_at is None
    assert TerminalSession.objects.get(pk=second.pk).recording_deleted_at is not None
    stays.rmdir()
    stays.write_bytes(data)
    assert retention.delete_old() == 1
    assert list(store.ids()) == []


def test_a_deletion_that_the_trail_does_not_know_is_named(
    store: DirectoryStore, workload: Workload, user: User, capsys: pytest.CaptureFixture[str]
) -> None:
    session = recorded(store, workload, user)
    store.delete(session.pk)
    TerminalSession.objects.update(recording_deleted_at=F("ended_at"))
    assert told(capsys)[0] == (
        f"session {session.pk}: The session says that its recording was deleted by its age; the audit trail does not."
    )


# -- a process that died ------------------------------------------------------------------------------------
def lost(store: DirectoryStore, workload: Workload, user: User, *, seconds: int = 60) -> TerminalSession:
    """A session whose process died in the middle of a flush."""
    session = session_of(workload, user)
    noted = record(store, session.pk)
    note_progress({session.pk: noted})
    with store.path(session.pk).open("ab") as file:
        file.write(b'[2.5,"o","half of a lin')
    note_ended(session.pk, "terminal.end.host_lost")
    age(session, seconds / 86400)
    return session


def test_the_end_of_a_recording_whose_process_died_is_found_out_and_kept_in_the_trail(
    store: DirectoryStore, workload: Workload, user: User, capsys: pytest.CaptureFixture[str]
) -> None:
    session = lost(store, workload, user)
    registry.CHORES["terminals.recordings_settle"].function("")
    session.refresh_from_db()
    size = store.find_size(session.pk)
    (event,) = events("terminal.recording_settled")
    assert event.params == {"recording": {"bytes": size, "segments": 3, "head": session.recording_head}}
    assert (session.recording_bytes, session.recording_segments) == (size, 3)
    assert told(capsys) == ["1 recordings with 3 segments are intact."]
    assert retention.settle_lost() == 0
    content = store.path(session.pk).read_bytes()
    store.path(session.pk).write_bytes(content[: content.index(b'[1.5,"o"')])
    assert told(capsys)[-1] == "1 of 1 recordings do not hold."


def test_a_process_that_may_still_be_writing_is_left_alone(
    store: DirectoryStore, workload: Workload, user: User
) -> None:
    lost(store, workload, user, seconds=0)
    assert retention.settle_lost() == 0
    assert events("terminal.recording_settled") == []


def test_a_session_whose_process_died_before_it_recorded_is_settled_with_nothing(
    store: DirectoryStore, workload: Workload, user: User, capsys: pytest.CaptureFixture[str]
) -> None:
    session = session_of(workload, user)
    note_ended(session.pk, "terminal.end.host_lost")
    age(session, 1)
    assert (retention.settle_lost(), retention.settle_lost()) == (1, 0)
    (event,) = events("terminal.recording_settled")
    assert event.params["recording"] == {"bytes": 0, "segments": 0, "head": GENESIS}
    assert told(capsys) == ["1 recordings with 0 segments are intact."]
    record(store, session.pk)
    assert told(capsys)[0].startswith(f"session {session.pk}, segment 1, byte 0: Something was added behind the end")
