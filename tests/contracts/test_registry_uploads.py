"""Statements of wire/registry.md §8: the upload state machine, asked of the stand-in and of a real registry."""

from __future__ import annotations

import uuid

import pytest

from tests.contracts.registry_fixtures import edition, registry, repo
from tests.contracts.registry_wire import ZERO, Answer, Wire, sha, told
from tests.contracts.statements import statement

__all__ = ["edition", "registry", "repo"]


def start(wire: Wire, repo: str, query: str = "") -> Answer:
    return wire.call("POST", f"/v2/{repo}/blobs/uploads/{query}")


@statement("registry.upload-start", "registry.md §8")
def test_an_upload_starts_with_an_absolute_location_and_an_empty_range(registry: Wire, repo: str) -> None:
    answer = start(registry, repo)
    ident = answer.headers["Docker-Upload-UUID"]
    assert (answer.status, answer.headers["Range"], answer.headers["Content-Length"]) == (202, "0-0", "0")
    assert answer.headers["Location"].startswith(f"{registry.url}/v2/{repo}/blobs/uploads/{ident}?_state=")
    assert answer.body == b""


@statement("registry.upload-without-slash", "registry.md §8")
def test_the_start_path_without_a_slash_is_moved(registry: Wire, repo: str) -> None:
    answer = registry.call("GET", f"/v2/{repo}/blobs/uploads")
    assert (answer.status, answer.headers["Location"]) == (301, f"/v2/{repo}/blobs/uploads/")


@statement("registry.upload-chunks", "registry.md §8")
def test_a_blob_is_pushed_in_chunks_with_a_length_and_chunked(registry: Wire, repo: str) -> None:
    content = uuid.uuid4().bytes * 20
    started = start(registry, repo)
    first = registry.call("PATCH", started.location, body=content[:100], Content_Type="application/octet-stream")
    assert (first.status, first.headers["Range"]) == (202, "0-99")
    second = registry.call("PATCH", first.location, body=iter([content[100:150], content[150:200]]))
    assert (second.status, second.headers["Range"]) == (202, "0-199")
    done = registry.call("PUT", f"{second.location}&digest={sha(content)}", body=content[200:])
    assert (done.status, done.headers["Docker-Content-Digest"]) == (201, sha(content))
    assert done.headers["Location"] == f"{registry.url}/v2/{repo}/blobs/{sha(content)}"
    assert registry.call("GET", f"/v2/{repo}/blobs/{sha(content)}").body == content


@statement("registry.upload-status", "registry.md §8")
def test_the_status_of_an_upload_tells_its_range_and_a_fresh_location(registry: Wire, repo: str) -> None:
    started = start(registry, repo)
    empty = registry.call("GET", started.location)
    assert (empty.status, empty.headers["Range"]) == (204, "0-0")
    patched = registry.call("PATCH", started.location, body=b"0123456789")
    used = registry.call("GET", started.location)
    if registry.edition.is_old:
        assert told(used) == (404, "BLOB_UPLOAD_INVALID")
    else:
        assert (used.status, used.headers["Range"]) == (204, "0-9")
    status = registry.call("GET", patched.location)
    assert (status.status, status.headers["Range"]) == (204, "0-9")
    assert registry.call("PATCH", status.location, body=b"x").headers["Range"] == "0-10"


@statement("registry.upload-wrong-digest", "registry.md §8")
def test_a_wrong_digest_is_refused_and_the_right_one_then_works(registry: Wire, repo: str) -> None:
    content = uuid.uuid4().bytes
    chunk = registry.call("PATCH", start(registry, repo).location, body=content)
    assert told(registry.call("PUT", f"{chunk.location}&digest={ZERO}")) == (400, "DIGEST_INVALID")
    done = registry.call("PUT", f"{chunk.location}&digest={sha(content)}")
    assert done.status == 201


@statement("registry.upload-no-digest", "registry.md §8")
def test_finishing_without_a_digest_is_refused(registry: Wire, repo: str) -> None:
    answer = registry.call("PUT", start(registry, repo).location)
    assert told(answer) == (400, "DIGEST_INVALID")
    assert answer.json["errors"][0]["detail"] == "digest missing"


@statement("registry.upload-finished-twice", "registry.md §8")
def test_a_finished_upload_is_unknown(registry: Wire, repo: str) -> None:
    chunk = registry.call("PATCH", start(registry, repo).location, body=b"abc")
    assert registry.call("PUT", f"{chunk.location}&digest={sha(b'abc')}").status == 201
    again = registry.call("PUT", f"{chunk.location}&digest={sha(b'abc')}")
    assert told(again) == (404, "BLOB_UPLOAD_UNKNOWN")


@statement("registry.upload-cancelled", "registry.md §8")
def test_a_cancelled_upload_is_unknown(registry: Wire, repo: str) -> None:
    started = start(registry, repo)
    assert registry.call("DELETE", started.location).status == 204
    assert told(registry.call("GET", started.location)) == (404, "BLOB_UPLOAD_UNKNOWN")
    assert told(registry.call("PATCH", started.location, body=b"x")) == (404, "BLOB_UPLOAD_UNKNOWN")


@statement("registry.upload-old-location", "registry.md §8")
def test_a_location_that_was_used_is_refused(registry: Wire, repo: str) -> None:
    started = start(registry, repo)
    registry.call("PATCH", started.location, body=b"0123456789")
    expected = registry.as_of((416, "RANGE_INVALID"), (404, "BLOB_UPLOAD_INVALID"))
    for method in ("PATCH", "PUT", "DELETE"):
        assert told(registry.call(method, started.location, body=b"0123456789")) == expected


@statement("registry.upload-state-stripped", "registry.md §8")
def test_a_location_without_its_state_is_invalid(registry: Wire, repo: str) -> None:
    path = start(registry, repo).location.partition("?")[0]
    assert told(registry.call("PATCH", path, body=b"x")) == (404, "BLOB_UPLOAD_INVALID")


@statement("registry.upload-content-range", "registry.md §8")
def test_a_content_range_must_go_on_where_the_upload_stands_but_an_old_registry_appends(
    registry: Wire, repo: str
) -> None:
    first = registry.call("PATCH", start(registry, repo).location, body=b"01234", Content_Range="0-4")
    assert first.status == 202
    if registry.edition.is_old:
        gap = registry.call("PATCH", first.location, body=b"56789", Content_Range="7-11")
        assert (gap.status, gap.headers["Range"]) == (202, "0-9")
        garbled = registry.call("PATCH", gap.location, body=b"ab", Content_Range="abc")
        assert (garbled.status, garbled.headers["Range"]) == (202, "0-11")
        content = b"0123456789ab"
        done = registry.call("PUT", f"{garbled.location}&digest={sha(content)}")
        assert done.status == 201, "what was appended is what is kept"
        return
    gap = registry.call("PATCH", first.location, body=b"56789", Content_Range="7-11")
    assert told(gap) == (416, "RANGE_INVALID")
    garbled = registry.call("PATCH", first.location, body=b"56789", Content_Range="abc")
    assert told(garbled) == (500, "UNKNOWN")
    size = registry.call("PATCH", first.location, body=b"56789", Content_Range="5-6")
    assert told(size) == (400, "SIZE_INVALID")
    assert registry.call("PATCH", first.location, body=b"56789", Content_Range="5-9").headers["Range"] == "0-9"


@statement("registry.upload-single-post", "registry.md §8")
def test_a_single_post_with_a_digest_is_accepted_and_its_body_dropped(registry: Wire, repo: str) -> None:
    content = uuid.uuid4().bytes
    answer = registry.call("POST", f"/v2/{repo}/blobs/uploads/?digest={sha(content)}", body=content)
    assert (answer.status, answer.headers["Range"]) == (202, "0-0")
    assert registry.call("HEAD", f"/v2/{repo}/blobs/{sha(content)}").status == 404


@statement("registry.mount", "registry.md §8")
def test_a_blob_is_mounted_from_another_repository(registry: Wire, repo: str) -> None:
    content = uuid.uuid4().bytes
    digest = registry.push_blob(f"{repo}/source", content)
    source = f"{repo}/source".replace("/", "%2F")
    answer = start(registry, repo, f"?from={source}&mount={digest}&origin=elsewhere%3A5000")
    assert (answer.status, answer.headers["Docker-Content-Digest"]) == (201, digest)
    assert answer.headers["Location"] == f"{registry.url}/v2/{repo}/blobs/{digest}"
    assert registry.call("GET", f"/v2/{repo}/blobs/{digest}").body == content


@statement("registry.mount-falls-back", "registry.md §8")
@pytest.mark.parametrize("query", [f"?from=no%2Fsuch&mount={ZERO}", "?from=no%2Fsuch&mount=junk", f"?mount={ZERO}"])
def test_a_mount_that_cannot_be_begins_an_ordinary_upload(registry: Wire, repo: str, query: str) -> None:
    answer = start(registry, repo, query)
    assert answer.status == 202
    content = uuid.uuid4().bytes
    assert registry.call("PUT", f"{answer.location}&digest={sha(content)}", body=content).status == 201
