"""Object storage over a real socket: what reached the store is read from its journal."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import pytest
from django.core.exceptions import ImproperlyConfigured

from apps.integrations.kubernetes.exec import FRAME_LIMIT
from apps.sandbox.base.faults import Fault
from apps.terminals.recording import s3, writer
from apps.terminals.recording.errors import RecordingError
from apps.terminals.recording.reader import read_page
from apps.terminals.recording.s3 import ObjectStore
from apps.terminals.recording.verify import Anchor, check
from apps.terminals.recording.writer import Recorder
from tests.support.objects import ObjectServer, object_server
from tests.terminals.recording.stores import reaches, shown


@pytest.fixture
def server() -> Iterator[ObjectServer]:
    with object_server(page_size=3) as running:
        yield running


@pytest.fixture
def store(server: ObjectServer) -> ObjectStore:
    return ObjectStore.from_url(server.address("portal"), 5.0)


def filled(store: ObjectStore, session_id: int = 7, number: int = 8) -> bytes:
    """Segments of ten bytes."""
    store.create(session_id)
    for seq in range(1, number + 1):
        store.append(session_id, seq, (seq - 1) * 10, b"line %04d\n" % seq)
    return b"".join(b"line %04d\n" % seq for seq in range(1, number + 1))


def refused(code: str) -> pytest.RaisesExc[RecordingError]:
    return pytest.RaisesExc(RecordingError, check=lambda error: error.code == code)


def test_a_segment_is_an_object_whose_name_tells_its_place(server: ObjectServer, store: ObjectStore) -> None:
    filled(store, number=2)
    assert server.objects == {
        "portal/7/000000000000000-000000001.cast": b"line 0001\n",
        "portal/7/000000000000010-000000002.cast": b"line 0002\n",
    }
    assert [entry.subject for entry in server.journal.find("object.put")] == list(server.objects)


def test_the_stream_is_read_in_its_order_over_several_pages_of_the_listing(store: ObjectStore) -> None:
    data = filled(store)
    assert b"".join(store.stream(7)) == data
    assert store.find_size(7) == 80
    for offset in range(80):
        assert store.read(7, offset, 25) == data[offset : offset + 25]
    assert store.read(7, 80, 25) == b""
    page = read_page(store, 7, 15, limit=30)
    assert (page.data, page.size) == (data[15:40], 80)


def test_only_what_is_asked_for_is_fetched(
    server: ObjectServer, store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3, "LONGEST_OBJECT", 10)
    filled(store)
    assert store.read(7, 65, 10) == b"0007\nline "
    asked = {(entry.subject[-8:-5], entry.detail["range"]) for entry in server.journal.find("object.get")}
    assert asked == {("007", "bytes=5-9"), ("008", "bytes=0-4")}
    assert [entry.detail["keys"] for entry in server.journal.find("object.list")][1:] == [2]


def test_the_longest_segment_there_can_be_is_read_to_its_end(store: ObjectStore) -> None:
    async def session() -> None:
        recorder = Recorder(7, store)
        await recorder.open("t", 80, 24)
        recorder.output(b"\0" * (writer.GATHER_BYTES - 1))  # six bytes each, as JSON
        recorder.output(b"\0" * FRAME_LIMIT)
        await recorder.close()

    asyncio.run(session())
    at, read = 0, []
    while page := read_page(store, 7, at).data:
        read.append(page)
        at += len(page)
    assert b"".join(read) == b"".join(store.stream(7))
    assert b"".join(read).count(b"\\u0000") == writer.GATHER_BYTES - 1 + FRAME_LIMIT
    longest = max(size for _, _, size in store._objects(7))
    assert 6 * writer.GATHER_BYTES < longest < s3.LONGEST_OBJECT


def test_one_reading_fetches_no_more_than_so_many_small_objects(
    server: ObjectServer, store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3, "OBJECTS_AT_ONCE", 3)
    data = filled(store)
    page = read_page(store, 7, 0)
    assert (page.data, page.size) == (data[:30], 80)
    assert len(server.journal.find("object.get")) == 3
    assert b"".join(store.stream(7)) == data


def test_sessions_are_told_apart_and_deleted_whole(server: ObjectServer, store: ObjectStore) -> None:
    filled(store, 7)
    filled(store, 70, number=1)
    assert sorted(store.ids()) == [7, 70]
    store.delete(7)
    store.delete(7)
    assert list(server.objects) == ["portal/70/000000000000000-000000001.cast"]
    assert store.find_size(7) is None
    with refused("recording.missing"):
        store.read(7, 0, 10)
    with refused("recording.missing"):
        list(store.stream(7))
    with refused("recording.exists"):
        store.create(70)


def test_a_segment_that_is_gone_is_no_silent_gap(server: ObjectServer, store: ObjectStore) -> None:
    filled(store)
    del server.objects["portal/7/000000000000020-000000003.cast"]
    assert store.read(7, 0, 80) == b"line 0001\nline 0002\n"
    with refused("recording.lost_segment"):
        store.read(7, 20, 80)


def test_a_late_segment_is_taken_back(server: ObjectServer, store: ObjectStore) -> None:
    filled(store, number=2)
    store.cut(7, 2, 10)
    assert list(server.objects) == ["portal/7/000000000000000-000000001.cast"]


def test_the_probe_writes_reads_and_leaves_nothing(server: ObjectServer, store: ObjectStore) -> None:
    store.check()
    assert server.objects == {}
    assert [entry.kind for entry in server.journal.find("*")] == ["object.put", "object.get", "object.delete"]


@pytest.mark.parametrize(
    ("change", "said"),
    [(("s3cret", "other"), "SignatureDoesNotMatch"), (("/recordings", "/nowhere"), "NoSuchBucket")],
)
def test_what_the_store_says_no_to_is_told_without_the_secret(
    server: ObjectServer, change: tuple[str, str], said: str
) -> None:
    store = ObjectStore.from_url(server.address().replace(*change), 5.0)
    with pytest.raises(RecordingError) as error:
        store.check()
    assert (error.value.code, error.value.params) == ("recording.refused", {"said": said})


def test_a_full_store_is_told(server: ObjectServer, store: ObjectStore) -> None:
    full = "<?xml version='1.0'?><Error><Code>XMinioStorageFull</Code></Error>"
    server.faults.add(Fault("object.put", "status", status=507, times=-1, body=full))
    with refused("recording.no_space"):
        store.append(7, 1, 0, b"x")
    assert server.objects == {}


def test_one_dropped_connection_is_tried_again(server: ObjectServer, store: ObjectStore) -> None:
    server.faults.add(Fault("object.put", "drop"))
    store.append(7, 1, 0, b"x")
    assert list(server.objects.values()) == [b"x"]
    assert server.faults.unused() == []


@pytest.mark.parametrize(
    "url",
    ["https://key:mine@host/bucket", "s3://host/bucket", "s3://key:mine@host/", "s3://key:mine@/bucket"],
)
def test_another_form_of_address_stops_the_start(url: str) -> None:
    with pytest.raises(ImproperlyConfigured) as error:
        ObjectStore.from_url(url, 5.0)
    assert "mine" not in str(error.value)


def test_a_session_recorded_into_the_bucket_holds(store: ObjectStore) -> None:
    async def session() -> None:
        recorder = Recorder(7, store)
        await recorder.open("api · web-1", 80, 24)
        await shown(recorder, b"one")
        await shown(recorder, b"two")
        sealed = await recorder.close()
        assert (sealed.segments, sealed.bytes) == (4, store.find_size(7))
        assert check(store, 7, Anchor(sealed, is_final=True)).is_intact

    asyncio.run(asyncio.wait_for(session(), 30))


def test_a_store_that_hangs_ends_the_recording_in_time_and_takes_back_what_came_late(
    server: ObjectServer, store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def session() -> None:
        recorder = Recorder(7, store)
        await recorder.open("api · web-1", 80, 24)
        monkeypatch.setattr(writer, "FLUSH_SECONDS", 0.3)
        server.faults.add(Fault("object.put", "delay", seconds=1.0))
        recorder.output(b"late")
        began = time.monotonic()
        assert await recorder.failed == "recording.too_slow"
        sealed = await recorder.close()
        assert time.monotonic() - began < 5
        assert sealed.segments == 1
        await reaches(lambda: len(server.journal.find("object.delete")) == 1)
        assert check(store, 7, Anchor(sealed, is_final=True)).is_intact

    asyncio.run(asyncio.wait_for(session(), 30))
    assert len(server.objects) == 1


def test_without_a_store_there_is_no_session(server: ObjectServer, store: ObjectStore) -> None:
    server.faults.add(Fault("object.*", "status", status=503, times=-1))

    async def session() -> None:
        with pytest.raises(RecordingError):
            await Recorder(7, store).open("api · web-1", 80, 24)

    asyncio.run(asyncio.wait_for(session(), 30))
    assert server.objects == {}
