"""Statements of wire/registry.md §3: what is stored, and who is served what, by distribution 3.x and by 2.8."""

from __future__ import annotations

import hashlib
import json
import uuid

import pytest

from tests.contracts.registry_fixtures import edition, registry, repo
from tests.contracts.registry_wire import (
    ALL_FOUR,
    DOCKER_CONFIG,
    DOCKER_LAYER,
    DOCKER_LIST,
    DOCKER_MANIFEST,
    OCI_INDEX,
    OCI_MANIFEST,
    ZERO,
    Wire,
    sha,
    told,
)
from tests.contracts.statements import statement

__all__ = ["edition", "registry", "repo"]

SCHEMA1 = "application/vnd.docker.distribution.manifest.v1+prettyjws"


@statement("registry.put-manifest", "registry.md §3")
def test_a_put_manifest_is_created_every_time_and_kept_byte_by_byte(registry: Wire, repo: str) -> None:
    digest, content = registry.push_image(repo, "1.0")
    again = registry.call("PUT", f"/v2/{repo}/manifests/1.0", body=content, Content_Type=OCI_MANIFEST)
    assert (again.status, again.headers["Docker-Content-Digest"], again.body) == (201, digest, b"")
    assert again.headers["Location"] == f"{registry.url}/v2/{repo}/manifests/{digest}"
    for reference in ("1.0", digest):
        got = registry.manifest(repo, reference)
        assert (got.status, got.body, got.headers["Content-Type"]) == (200, content, OCI_MANIFEST)
        assert got.headers["Docker-Content-Digest"] == digest == sha(content)
        assert got.headers["Etag"] == f'"{digest}"'


@statement("registry.head-manifest", "registry.md §3")
def test_head_gives_the_headers_of_get_without_a_body(registry: Wire, repo: str) -> None:
    _, content = registry.push_image(repo, "1")
    head = registry.call("HEAD", f"/v2/{repo}/manifests/1", accept=ALL_FOUR)
    got = registry.manifest(repo, "1")
    for name in ("Content-Length", "Content-Type", "Docker-Content-Digest", "Etag"):
        assert head.headers[name] == got.headers[name]
    assert (head.status, head.body, head.headers["Content-Length"]) == (200, b"", str(len(content)))


@statement("registry.accept-oci-manifest", "registry.md §3")
@pytest.mark.parametrize("accept", [None, "*/*", DOCKER_MANIFEST, OCI_INDEX])
def test_an_oci_manifest_is_a_404_to_who_does_not_accept_it(registry: Wire, repo: str, accept: str | None) -> None:
    registry.push_image(repo, "1")
    answer = registry.manifest(repo, "1", accept)
    assert told(answer) == (404, "MANIFEST_UNKNOWN")
    assert answer.message == "OCI manifest found, but accept header does not support OCI manifests"


@statement("registry.accept-schema2", "registry.md §3")
@pytest.mark.parametrize("accept", [None, "*/*", "application/json", OCI_MANIFEST, DOCKER_MANIFEST])
def test_a_schema2_manifest_is_served_to_everybody_but_converted_by_an_old_registry(
    registry: Wire, repo: str, accept: str | None
) -> None:
    digest, content = push_schema2(registry, repo, ["1", "2"])
    answers = [registry.manifest(repo, reference, accept) for reference in ("1", "2", digest)]
    served = [(one.status, one.headers["Content-Type"]) for one in answers]
    if registry.edition.is_old and accept != DOCKER_MANIFEST:
        assert served == [(200, SCHEMA1), (200, SCHEMA1), (200, DOCKER_MANIFEST)]
        assert [one.json["schemaVersion"] for one in answers[:2]] == [1, 1]
        digests = {one.headers["Docker-Content-Digest"] for one in answers}
        assert len(digests) == 3, "one image, three digests"
        again = registry.manifest(repo, "1", accept)
        assert again.headers["Docker-Content-Digest"] == answers[0].headers["Docker-Content-Digest"]
        assert again.headers["Docker-Content-Digest"] != sha(again.body), "its signatures are not part of it"
        return
    assert served == [(200, DOCKER_MANIFEST)] * 3
    assert {(one.body, one.headers["Docker-Content-Digest"]) for one in answers} == {(content, digest)}


def push_schema2(wire: Wire, repo: str, tags: list[str]) -> tuple[str, bytes]:
    """An image whose configuration tells of its layers, as a converted manifest needs it."""
    layers = [uuid.uuid4().bytes * 8 for _ in range(2)]
    config = {
        "architecture": "amd64",
        "os": "linux",
        "created": "2026-01-02T03:04:05Z",
        "config": {"Labels": {"team": "ops"}},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(one).hexdigest()}" for one in layers]},
        "history": [
            {"created": "2026-01-02T03:04:05Z", "created_by": "ADD app.txt /"},
            {"created": "2026-01-02T03:04:05Z", "created_by": "ENV A=1", "empty_layer": True},
            {"created": "2026-01-02T03:04:05Z", "created_by": "COPY cfg.txt /"},
        ],
    }
    raw = json.dumps(config).encode()
    manifest = {
        "schemaVersion": 2,
        "mediaType": DOCKER_MANIFEST,
        "config": {"mediaType": DOCKER_CONFIG, "digest": wire.push_blob(repo, raw), "size": len(raw)},
        "layers": [
            {"mediaType": DOCKER_LAYER, "digest": wire.push_blob(repo, one), "size": len(one)} for one in layers
        ],
    }
    content = json.dumps(manifest).encode()
    for tag in tags:
        wire.put_manifest(repo, tag, DOCKER_MANIFEST, content)
    return sha(content), content


@statement("registry.schema2-that-cannot-be-converted", "registry.md §3")
def test_an_old_registry_refuses_a_schema2_manifest_that_it_cannot_convert(registry: Wire, repo: str) -> None:
    _, content = registry.push_image(repo, "1", schema2=True)  # its configuration has no history
    answer = registry.manifest(repo, "1", "*/*")
    if registry.edition.is_old:
        assert told(answer) == (400, "MANIFEST_INVALID")
    else:
        assert (answer.status, answer.body) == (200, content)


@statement("registry.accept-oci-index", "registry.md §3")
@pytest.mark.parametrize("accept", [None, "*/*", OCI_MANIFEST, ALL_FOUR])
def test_an_oci_index_is_served_to_everybody_but_by_an_old_registry(
    registry: Wire, repo: str, accept: str | None
) -> None:
    child, _ = registry.push_image(repo)
    index = registry.push_list(repo, "multi", OCI_INDEX, {"amd64": child})
    answer = registry.manifest(repo, "multi", accept)
    if registry.edition.is_old and accept != ALL_FOUR:
        assert told(answer) == (404, "MANIFEST_UNKNOWN")
        assert answer.message == "OCI index found, but accept header does not support OCI indexes"
        return
    assert (answer.status, answer.headers["Content-Type"]) == (200, OCI_INDEX)
    assert answer.headers["Docker-Content-Digest"] == index


@statement("registry.accept-manifest-list", "registry.md §3")
def test_a_manifest_list_becomes_its_amd64_child_to_who_does_not_accept_lists(registry: Wire, repo: str) -> None:
    amd64, content = registry.push_image(repo, schema2=True)
    arm64, _ = registry.push_image(repo, schema2=True)
    listed = registry.push_list(repo, "multi", DOCKER_LIST, {"arm64": arm64, "amd64": amd64})
    whole = registry.manifest(repo, "multi", ALL_FOUR)
    assert (whole.status, whole.headers["Docker-Content-Digest"]) == (200, listed)
    child = registry.manifest(repo, "multi", DOCKER_MANIFEST)
    assert (child.status, child.headers["Docker-Content-Digest"], child.body) == (200, amd64, content)
    for accept in (None, "*/*", OCI_INDEX):
        refused = registry.manifest(repo, "multi", accept)
        assert told(refused) == (400, "MANIFEST_INVALID")
        text = registry.as_of("Schema 2 manifest not supported by client", "manifest invalid")
        assert refused.message == text, "an old registry tried to convert the child"
    assert registry.manifest(repo, listed, None).headers["Docker-Content-Digest"] == listed


@statement("registry.accept-lines-are-joined", "registry.md §3")
def test_several_accept_lines_count_as_one(registry: Wire, repo: str) -> None:
    digest, _ = registry.push_image(repo, "1")
    answer = registry.manifest(repo, "1", ["application/json", f"{DOCKER_LIST};q=0.5", f"{OCI_MANIFEST};q=0.1"])
    assert (answer.status, answer.headers["Docker-Content-Digest"]) == (200, digest)


@statement("registry.if-none-match", "registry.md §3")
def test_a_matching_etag_is_not_modified(registry: Wire, repo: str) -> None:
    digest, _ = registry.push_image(repo, "1")
    answer = registry.call("GET", f"/v2/{repo}/manifests/1", accept=ALL_FOUR, If_None_Match=f'"{digest}"')
    assert (answer.status, answer.body, answer.headers["Docker-Content-Digest"]) == (304, b"", None)


@statement("registry.if-none-match-is-no-existence-test", "registry.md §3")
def test_a_manifest_that_is_not_there_is_not_modified_either(registry: Wire, repo: str) -> None:
    answer = registry.call("GET", f"/v2/{repo}/manifests/{ZERO}", accept=ALL_FOUR, If_None_Match=f'"{ZERO}"')
    assert (answer.status, answer.body) == (304, b"")


@statement("registry.manifest-refusals", "registry.md §3")
def test_a_manifest_is_refused_for_its_type_its_json_and_its_digest(registry: Wire, repo: str) -> None:
    digest, content = registry.push_image(repo, "1")

    def put(reference: str, media_type: str | None, body: bytes) -> tuple[int, str]:
        headers = {"Content_Type": media_type} if media_type else {}
        return told(registry.call("PUT", f"/v2/{repo}/manifests/{reference}", body=body, **headers))

    assert put("2", None, content) == (400, "MANIFEST_INVALID")
    assert put("2", "application/json", content) == (400, "MANIFEST_INVALID")
    assert put("2", DOCKER_MANIFEST, content) == (400, "MANIFEST_INVALID")
    assert put("2", OCI_MANIFEST, b"{") == (400, "MANIFEST_INVALID")
    assert put(ZERO, OCI_MANIFEST, content) == (400, "DIGEST_INVALID")
    assert registry.tags(repo).json["tags"] == ["1"]
    assert registry.manifest(repo, "1").headers["Docker-Content-Digest"] == digest


@statement("registry.schema1-refused", "registry.md §8")
def test_a_schema1_manifest_is_refused(registry: Wire, repo: str) -> None:
    answer = registry.call(
        "PUT",
        f"/v2/{repo}/manifests/1",
        body=b'{"schemaVersion":1,"name":"a","tag":"1","fsLayers":[],"history":[]}',
        Content_Type="application/vnd.docker.distribution.manifest.v1+prettyjws",
    )
    assert told(answer) == (400, "MANIFEST_INVALID")


@statement("registry.children-first", "registry.md §3")
def test_what_a_manifest_names_must_be_in_the_same_repository_before_it(registry: Wire, repo: str) -> None:
    digest, content = registry.push_image(repo, "1")
    elsewhere = registry.call("PUT", f"/v2/{repo}-b/manifests/1", body=content, Content_Type=OCI_MANIFEST)
    assert elsewhere.status == 400
    assert {e["code"] for e in elsewhere.json["errors"]} == {"MANIFEST_BLOB_UNKNOWN"}
    assert len(elsewhere.json["errors"]) == 2
    index = f'{{"schemaVersion":2,"manifests":[{{"mediaType":"{OCI_MANIFEST}","size":2,"digest":"{ZERO}"}}]}}'
    refused = registry.call("PUT", f"/v2/{repo}/manifests/i", body=index.encode(), Content_Type=OCI_INDEX)
    assert refused.json["errors"] == [
        {"code": "MANIFEST_BLOB_UNKNOWN", "message": "blob unknown to registry", "detail": ZERO}
    ]
    assert digest != ZERO


@statement("registry.no-referrers", "registry.md §3")
def test_a_subject_is_stored_without_a_subject_header(registry: Wire, repo: str) -> None:
    digest, content = registry.push_image(repo, "1")
    subject = b'{ "subject": {"mediaType": "%s", "size": 2, "digest": "%s"},' % (OCI_MANIFEST.encode(), digest.encode())
    with_subject = content.replace(b"{", subject, 1)
    put = registry.call("PUT", f"/v2/{repo}/manifests/2", body=with_subject, Content_Type=OCI_MANIFEST)
    assert (put.status, put.headers["OCI-Subject"]) == (201, None)
    referrers = registry.call("GET", f"/v2/{repo}/referrers/{digest}")
    assert (referrers.status, referrers.body) == (404, b"404 page not found\n")
