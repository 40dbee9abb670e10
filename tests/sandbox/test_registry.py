"""The registry stand-in beyond the wire: journal, faults, restart, bounded memory, broken connections.

What it answers is stated in tests/contracts/test_registry*.py.
"""

from __future__ import annotations

import socket
import time
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import RemoteDisconnected
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from apps.sandbox.base.faults import Fault
from apps.sandbox.registry.server import RegistryServer
from tests.contracts.registry_wire import OCI_MANIFEST, Wire, sha
from tests.support.servers import serving


def registry_in(folder: Path | None) -> RegistryServer:
    return RegistryServer(folder, user="ci", password="pw")


def wire_to(server: RegistryServer) -> Wire:
    return Wire(server.url, "ci", "pw")


def eventually(is_so: Callable[[], bool], seconds: float = 5) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.01)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RegistryServer]:
    with serving(registry_in(tmp_path / "registry")) as running:
        yield running


def test_the_journal_tells_every_step_of_a_push_and_a_pull(server: RegistryServer) -> None:
    wire = wire_to(server)
    wire.call("GET", "/v2/")
    digest, _ = wire.push_image("team/app", "1.0")
    config = wire.manifest("team/app", "1.0").json["config"]["digest"]
    wire.call("HEAD", "/v2/team/app/manifests/1.0", accept=OCI_MANIFEST)
    wire.call("GET", f"/v2/team/app/blobs/{config}")
    wire.call("HEAD", f"/v2/team/app/blobs/{config}")
    wire.tags("team/app")
    wire.call("GET", "/v2/_catalog")
    wire.call("DELETE", "/v2/team/app/manifests/1.0")
    entries = server.journal.find(accepted=True)
    assert [entry.kind for entry in entries] == [
        "ping",
        *["upload.start", "blob.put"] * 2,
        "manifest.put",
        "manifest.get",
        "manifest.head",
        "blob.get",
        "blob.head",
        "tag.list",
        "catalog",
        "manifest.delete",
    ]
    assert {entry.agent for entry in entries} == {"ci"}
    put = server.journal.find("manifest.put", subject="team/app:1.0")[0]
    assert put.detail == {"digest": digest, "media_type": OCI_MANIFEST}
    assert server.journal.find("blob.get")[0].subject == f"team/app:{config}"
    assert server.journal.find("tag.list")[0].subject == "team/app"


def test_the_journal_names_a_moved_tag_and_a_refusal(server: RegistryServer) -> None:
    wire = wire_to(server)
    before, _ = wire.push_image("team/app", "latest")
    after, _ = wire.push_image("team/app", "latest")
    wire.manifest("team/app", "nope")
    wire.call("GET", "/v2/team/app/tags/list", login="ci:wrong")
    moved = server.journal.find("manifest.put")[-1]
    assert (moved.detail["moved_from"], moved.detail["digest"]) == (before, after)
    refused = server.journal.find(accepted=False)
    assert [(e.kind, e.status, e.subject, e.detail) for e in refused] == [
        ("manifest.get", 404, "team/app:nope", {"code": "MANIFEST_UNKNOWN"}),
        ("tag.list", 401, "team/app", {}),
    ]


def test_content_tags_and_deletions_survive_a_restart_on_the_same_port(tmp_path: Path) -> None:
    with serving(registry_in(tmp_path / "r")) as server:
        port, wire = server.port, wire_to(server)
        digest, content = wire.push_image("team/app", "1.0")
        wire.put_manifest("team/app", "stable", OCI_MANIFEST, content)
        gone, _ = wire.push_image("team/gone", "1")
        wire.call("DELETE", f"/v2/team/gone/manifests/{gone}")
        layer = wire.manifest("team/app", "1.0").json["layers"][0]["digest"]
        catalog = wire.call("GET", "/v2/_catalog").json
    for _ in range(2):
        with serving(registry_in(tmp_path / "r"), port) as server:
            wire = wire_to(server)
            assert wire.call("GET", "/v2/_catalog").json == catalog == {"repositories": ["team/app", "team/gone"]}
            assert wire.tags("team/app").json["tags"] == ["1.0", "stable"]
            assert wire.tags("team/gone").json["tags"] == []
            assert wire.manifest("team/app", digest).body == content
            assert sha(wire.call("GET", f"/v2/team/app/blobs/{layer}").body) == layer


def test_a_line_cut_off_by_a_kill_is_forgotten(tmp_path: Path) -> None:
    with serving(registry_in(tmp_path / "r")) as server:
        wire_to(server).push_image("team/app", "1.0")
    with (tmp_path / "r" / "index.jsonl").open("a") as log:
        log.write('["tag", "team/app", "2.0", "sha256:')
    with serving(registry_in(tmp_path / "r")) as server:
        wire = wire_to(server)
        assert wire.tags("team/app").json["tags"] == ["1.0"]
        wire.push_image("team/app", "3.0")
    with serving(registry_in(tmp_path / "r")) as server:
        assert wire_to(server).tags("team/app").json["tags"] == ["1.0", "3.0"]


def test_an_upload_left_open_does_not_survive_a_restart(tmp_path: Path) -> None:
    with serving(registry_in(tmp_path / "r")) as server:
        wire = wire_to(server)
        chunk = wire.call("PATCH", wire.call("POST", "/v2/a/b/blobs/uploads/").location, body=b"abc")
        port = server.port
    with serving(registry_in(tmp_path / "r"), port) as server:
        answer = wire_to(server).call("PUT", f"{chunk.location}&digest={sha(b'abc')}")
        assert (answer.status, answer.code) == (404, "BLOB_UPLOAD_UNKNOWN")
    assert list((tmp_path / "r" / "uploads").iterdir()) == []


def test_without_a_folder_everything_stays_in_a_temporary_one() -> None:
    with serving(registry_in(None)) as server:
        wire_to(server).push_image("team/app", "1.0")
        blob = server.storage.path(server.storage.find("team/app").tags["1.0"])
        assert blob.exists()
    assert not blob.exists()


def test_a_large_blob_passes_through_without_lying_in_memory(server: RegistryServer) -> None:
    wire, piece, pieces = wire_to(server), b"x" * 2**20, 64
    tracemalloc.start()
    try:
        started = wire.call("POST", "/v2/a/b/blobs/uploads/")
        chunk = wire.call("PATCH", started.location, body=(piece for _ in range(pieces)))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert chunk.headers["Range"] == f"0-{pieces * 2**20 - 1}"
    assert peak < 16 * 2**20


def test_a_manifest_above_four_mebibytes_is_refused(server: RegistryServer) -> None:
    answer = wire_to(server).call("PUT", "/v2/a/b/manifests/1", body=b" " * (4 * 2**20 + 1), Content_Type=OCI_MANIFEST)
    assert (answer.status, answer.code) == (400, "MANIFEST_INVALID")


def test_bytes_of_a_broken_upload_count_and_it_goes_on_from_there(server: RegistryServer) -> None:
    wire = wire_to(server)
    started = wire.call("POST", "/v2/a/b/blobs/uploads/")
    login = "Basic Y2k6cHc="
    with socket.create_connection((server.host, server.port), timeout=5) as broken:
        broken.sendall(
            f"PATCH {started.location} HTTP/1.1\r\nHost: x\r\nAuthorization: {login}\r\n"
            f"Content-Length: 10\r\n\r\n01234".encode()
        )
        eventually(lambda: wire.call("GET", started.location).headers["Range"] == "0-4")
    eventually(lambda: bool(server.journal.find("upload.patch")))
    entry = server.journal.find("upload.patch")[0]
    assert (entry.status, entry.accepted, entry.detail) == (0, False, {"size": 5, "broken": True})
    going_on = wire.call("GET", started.location).location
    assert wire.call("PUT", f"{going_on}&digest={sha(b'0123456789')}", body=b"56789").status == 201


def test_concurrent_pushes_of_the_same_layer_all_succeed(server: RegistryServer) -> None:
    wire = wire_to(server)
    with ThreadPoolExecutor(8) as pool:
        digests = set(pool.map(lambda n: wire.push_blob(f"team/app{n % 2}", b"same" * 1000), range(16)))
    assert digests == {sha(b"same" * 1000)}
    assert wire.call("GET", f"/v2/team/app1/blobs/{digests.pop()}").body == b"same" * 1000


def test_a_push_may_be_accepted_and_its_answer_lost(server: RegistryServer) -> None:
    wire = wire_to(server)
    _, content = wire.push_image("team/app", "1.0")
    server.faults.add(Fault("manifest.put", "accept_then_drop", match={"reference": "2.0"}))
    with pytest.raises(RemoteDisconnected):
        wire.put_manifest("team/app", "2.0", OCI_MANIFEST, content)
    assert wire.tags("team/app").json["tags"] == ["1.0", "2.0"]
    assert server.faults.unused() == []


def test_an_emptied_repository_may_answer_null_like_older_registries(server: RegistryServer) -> None:
    wire = wire_to(server)
    digest, _ = wire.push_image("team/app", "1.0")
    wire.call("DELETE", f"/v2/team/app/manifests/{digest}")
    server.faults.add(Fault("tag.list.null", "stale", seconds=60, match={"repository": "team/app"}))
    assert wire.tags("team/app").json == {"name": "team/app", "tags": None}


def test_the_catalog_walks_folders_before_longer_names(server: RegistryServer) -> None:
    wire = wire_to(server)
    for name in ("a-b", "a/b", "a"):
        wire.push_image(name, "1")
    assert wire.call("GET", "/v2/_catalog").json["repositories"] == ["a", "a/b", "a-b"]
    assert wire.call("GET", "/v2/_catalog?last=a/b").json["repositories"] == ["a-b"]


def test_a_location_keeps_the_host_the_client_used(server: RegistryServer) -> None:
    port = urlsplit(server.url).port
    local = Wire(f"http://localhost:{port}", "ci", "pw")
    answer = local.call("POST", "/v2/a/b/blobs/uploads/")
    assert answer.headers["Location"].startswith(f"http://localhost:{port}/v2/a/b/blobs/uploads/")
