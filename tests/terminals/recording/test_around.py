"""What stands around the recorder: the doctor's look at the store, the choice of a store, the notes of progress."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from pydantic import SecretStr

from apps.sandbox.base.faults import Fault
from apps.terminals.live.anchoring import Anchoring
from apps.terminals.live.threads import in_thread
from apps.terminals.models import TerminalSession
from apps.terminals.recording.chain import Sealed
from apps.terminals.recording.directory import DirectoryStore
from apps.terminals.recording.s3 import ObjectStore
from apps.terminals.recording.store import recording_store
from opsportal.doctor import machines
from tests.accounts.factories import make_user
from tests.support.objects import ObjectServer, object_server
from tests.terminals.recording.rows import session_of, workload_of
from tests.terminals.recording.stores import reaches


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settings.CONFIG, "data_dir", tmp_path)
    return tmp_path


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ObjectServer]:
    with object_server() as running:
        monkeypatch.setattr(settings.CONFIG, "recording_url", SecretStr(running.address()))
        yield running


def test_without_an_address_recordings_lie_in_the_data_folder(folder: Path) -> None:
    store = recording_store()
    assert isinstance(store, DirectoryStore)
    assert store.root == folder / "recordings"
    assert recording_store() is store


def test_with_an_address_they_lie_in_the_bucket(server: ObjectServer) -> None:
    assert isinstance(recording_store(), ObjectStore)


def test_the_doctor_tries_the_store_and_leaves_nothing(folder: Path) -> None:
    found = machines.recordings()
    assert (found.name, found.ok) == ("recordings", True)
    assert found.text.startswith("directory, a probe went in and out in ")
    assert list((folder / "recordings").iterdir()) == []


def test_the_doctor_says_that_a_directory_cannot_be_written(folder: Path) -> None:
    (folder / "recordings").write_text("in the way")
    found = machines.recordings()
    assert (found.ok, found.text) == (
        False,
        "The store of the recordings refused: File exists. Look at its rights and its address. No terminal opens.",
    )


def test_the_doctor_says_that_a_bucket_refuses_and_prints_no_secret(server: ObjectServer) -> None:
    denied = "<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>"
    server.faults.add(Fault("object.put", "status", status=403, times=-1, body=denied))
    found = machines.recordings()
    assert (found.ok, "AccessDenied" in found.text, "s3cret" in found.text) == (False, True, False)


def test_the_doctor_waits_for_no_store_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = threading.Event()
    monkeypatch.setattr(DirectoryStore, "check", lambda self: go_on.wait(30))
    monkeypatch.setattr(machines, "STORE_SECONDS", 0.1)
    found = machines.recordings()
    go_on.set()
    assert (found.ok, found.text) == (False, "the store does not answer within 0 s; no terminal opens")


@pytest.mark.django_db(transaction=True)
def test_the_progress_of_running_recordings_is_noted_as_long_as_there_are_any() -> None:
    session = session_of(workload_of(), make_user())
    running = {session.pk: Sealed(100, 2, "a" * 64)}

    async def work() -> None:
        noting = Anchoring(lambda: running)
        noting.every = 0.01
        noting.start()
        task = noting._task
        assert task is not None
        noting.start()
        assert noting._task is task
        rows = TerminalSession.objects.filter(pk=session.pk, recording_head="a" * 64, recording_bytes=100)
        for _ in range(500):
            if await in_thread("notes", rows.exists):
                break
            await asyncio.sleep(0.01)
        assert await in_thread("notes", rows.exists)
        running.clear()
        await reaches(task.done)

    asyncio.run(asyncio.wait_for(work(), 30))
