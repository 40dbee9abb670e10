"""Statements of wire/registry.md about ping, names, passwords, lists and blobs, for distribution 3.x and for 2.8.

Asked of the stand-in as either, and of real ones (`registry_fixtures.py`). Every test uses a repository of its own, so
that a registry with content is as good as an empty one.
"""

from __future__ import annotations

import dataclasses
import uuid

import pytest

from tests.contracts.registry_fixtures import edition, registry, repo
from tests.contracts.registry_wire import (
    OCI_INDEX,
    OCI_MANIFEST,
    ZERO,
    Wire,
    told,
)
from tests.contracts.statements import statement

__all__ = ["edition", "registry", "repo"]


# -- §1 ping, errors, methods ---------------------------------------------------------------------------------
@statement("registry.ping", "registry.md §1")
def test_a_ping_answers_an_empty_object(registry: Wire) -> None:
    answer = registry.call("GET", "/v2/")
    assert (answer.status, answer.json) == (200, {})
    assert answer.headers["Docker-Distribution-Api-Version"] == "registry/2.0"
    assert answer.headers["Content-Type"] == registry.as_of("application/json", "application/json; charset=utf-8")
    assert registry.call("POST", "/v2/").status == 200


@statement("registry.ping-without-slash", "registry.md §1")
def test_the_ping_path_without_a_slash_is_moved(registry: Wire) -> None:
    answer = registry.call("GET", "/v2")
    assert (answer.status, answer.headers["Location"]) == (301, "/v2/")
    root = registry.call("GET", "/")
    assert (root.status, root.body) == (200, b"")


@statement("registry.path-text-404", "registry.md §1")
@pytest.mark.parametrize(
    "path", ["/anything-else", "/v2/UPPER/tags/list", "/v2/a/b/manifests/!!", "/v2/a/b/referrers/x"]
)
def test_a_path_that_matches_nothing_is_a_plain_404_without_a_challenge(registry: Wire, path: str) -> None:
    for login in (None, ""):
        answer = registry.call("GET", path, login=login)
        assert (answer.status, answer.body) == (404, b"404 page not found\n")
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert answer.headers["WWW-Authenticate"] is None


@statement("registry.unknown-names", "registry.md §1")
def test_an_unknown_repository_is_name_unknown_for_tags_and_manifest_unknown_for_manifests(
    registry: Wire, repo: str
) -> None:
    tags = registry.tags(repo)
    assert told(tags) == (404, "NAME_UNKNOWN")
    assert tags.json == {
        "errors": [
            {"code": "NAME_UNKNOWN", "message": "repository name not known to registry", "detail": {"name": repo}}
        ]
    }
    manifest = registry.manifest(repo, "1")
    assert manifest.json["errors"] == [
        {
            "code": "MANIFEST_UNKNOWN",
            "message": "manifest unknown",
            "detail": registry.as_of("unknown tag=1", {"Tag": "1"}),
        }
    ]
    assert told(registry.manifest(repo, ZERO)) == (404, "MANIFEST_UNKNOWN")
    blob = registry.call("GET", f"/v2/{repo}/blobs/{ZERO}")
    assert blob.json["errors"][0] == {
        "code": "BLOB_UNKNOWN",
        "message": "blob unknown to registry",
        "detail": ZERO,
    }


@statement("registry.blobs-alone-are-no-repository", "registry.md §1")
def test_a_repository_with_blobs_only_is_unknown_to_the_tag_list(registry: Wire, repo: str) -> None:
    registry.push_blob(repo, uuid.uuid4().bytes)
    assert told(registry.tags(repo)) == (404, "NAME_UNKNOWN")


@statement("registry.short-digest", "registry.md §1")
def test_a_short_digest_is_refused_as_invalid_but_an_old_registry_trips_over_it(registry: Wire, repo: str) -> None:
    assert told(registry.call("GET", f"/v2/{repo}/blobs/sha256:12")) == (400, "DIGEST_INVALID")
    manifest = registry.call("GET", f"/v2/{repo}/manifests/sha256:12")
    assert told(manifest) == registry.as_of((400, "DIGEST_INVALID"), (500, "UNKNOWN"))


@statement("registry.wrong-method", "registry.md §1")
@pytest.mark.parametrize(
    ("path", "allow"),
    [
        ("manifests/1", "DELETE, GET, HEAD, PUT"),
        ("tags/list", "GET"),
        (f"blobs/{ZERO}", "DELETE, GET, HEAD"),
    ],
)
def test_a_wrong_method_names_the_right_ones(registry: Wire, repo: str, path: str, allow: str) -> None:
    answer = registry.call("PATCH", f"/v2/{repo}/{path}")
    assert (answer.status, answer.body, answer.headers["Allow"]) == (405, b"Method not allowed\n", allow)


@statement("registry.wrong-method-of-an-upload", "registry.md §8")
def test_a_wrong_method_for_an_upload_is_no_405(registry: Wire, repo: str) -> None:
    start = f"/v2/{repo}/blobs/uploads/"
    assert told(registry.call("PATCH", start)) == (404, "BLOB_UPLOAD_UNKNOWN")
    assert told(registry.call("POST", f"{start}{uuid.uuid4()}")) == (404, "BLOB_UPLOAD_INVALID")


@statement("registry.head-errors-have-no-body", "registry.md §1")
def test_an_error_to_head_has_a_length_and_no_body(registry: Wire, repo: str) -> None:
    answer = registry.call("HEAD", f"/v2/{repo}/manifests/x")
    length = str(len(registry.call("GET", f"/v2/{repo}/manifests/x").body))
    assert length == registry.as_of("95", "91")
    assert (answer.status, answer.headers["Content-Length"], answer.body) == (404, length, b"")


# -- §2 authentication ------------------------------------------------------------------------------------------
@statement("registry.basic-challenge", "registry.md §2")
@pytest.mark.parametrize("login", ["", "nobody:wrong"])
def test_no_credentials_and_wrong_ones_get_the_same_challenge(registry: Wire, repo: str, login: str) -> None:
    ping = registry.call("GET", "/v2/", login=login)
    assert ping.status == 401
    assert ping.body == b'{"errors":[{"code":"UNAUTHORIZED","message":"authentication required","detail":null}]}\n'
    assert ping.headers["WWW-Authenticate"].startswith('Basic realm="')
    pull = registry.call("GET", f"/v2/{repo}/tags/list", login=login)
    needed = {"Type": "repository", "Class": "", "Name": repo, "Action": "pull"}
    assert (pull.status, pull.json["errors"][0]["detail"]) == (401, [needed])
    catalog = registry.call("GET", "/v2/_catalog", login=login)
    needed = {"Type": "registry", "Class": "", "Name": "catalog", "Action": "*"}
    assert catalog.json["errors"][0]["detail"] == [needed]


@statement("registry.challenge-names-both-repositories-of-a-mount", "registry.md §2")
def test_the_challenge_to_a_mount_names_both_repositories(registry: Wire, repo: str) -> None:
    answer = registry.call("POST", f"/v2/{repo}/blobs/uploads/?from=x%2Fy&mount={ZERO}", login="")
    rights = [(one["Name"], one["Action"]) for one in answer.json["errors"][0]["detail"]]
    assert (answer.status, rights) == (401, [(repo, "pull"), (repo, "push"), ("x/y", "pull")])


@statement("registry.bearer-on-basic", "registry.md §2")
def test_a_bearer_header_is_challenged_like_none(registry: Wire) -> None:
    answer = registry.call("GET", "/v2/", login="", Authorization="Bearer abc")
    assert told(answer) == (401, "UNAUTHORIZED")


# -- §5 lists ----------------------------------------------------------------------------------------------------
@statement("registry.tags-sorted", "registry.md §5")
def test_tags_are_sorted_bytewise_and_paged_by_a_relative_link_but_an_old_registry_knows_neither(
    registry: Wire, repo: str
) -> None:
    _, content = registry.push_image(repo, "2.0")
    for tag in ("alpha", "1.9", "1.10", "Zeta", "2.0-rc.1", "1.0"):
        registry.put_manifest(repo, tag, OCI_MANIFEST, content)
    expected = ["1.0", "1.10", "1.9", "2.0", "2.0-rc.1", "Zeta", "alpha"]
    if registry.edition.is_old:
        for query in ("", "?n=2", "?n=0", "?last=1.10&n=2"):
            answer = registry.tags(repo, query)
            assert (sorted(answer.json["tags"]), answer.headers["Link"]) == (expected, None)
        return
    assert registry.tags(repo).json == {"name": repo, "tags": expected}
    assert registry.tags(repo, "?n=100000").json["tags"] == expected
    first = registry.tags(repo, "?n=2")
    assert first.json["tags"] == ["1.0", "1.10"]
    assert first.headers["Link"] == f'</v2/{repo}/tags/list?last=1.10&n=2>; rel="next"'
    assert registry.tags(repo, "?last=1.10&n=2").json["tags"] == ["1.9", "2.0"]
    rest = registry.tags(repo, "?last=2.0-rc.0&n=4")
    assert (rest.json["tags"], rest.headers["Link"]) == (["2.0-rc.1", "Zeta", "alpha"], None)
    assert registry.tags(repo, "?n=0").json["tags"] == []


@statement("registry.tags-bad-number", "registry.md §5")
@pytest.mark.parametrize("n", ["-1", "abc"])
def test_a_bad_page_size_is_refused_but_overlooked_by_an_old_registry(registry: Wire, repo: str, n: str) -> None:
    registry.push_image(repo, "1")
    if registry.edition.is_old:
        assert registry.tags(repo, f"?n={n}").json == {"name": repo, "tags": ["1"]}
        assert registry.call("GET", f"/v2/_catalog?n={n}").status == 200
        return
    assert told(registry.tags(repo, f"?n={n}")) == (400, "PAGINATION_NUMBER_INVALID")
    assert told(registry.call("GET", f"/v2/_catalog?n={n}")) == (400, "PAGINATION_NUMBER_INVALID")


@statement("registry.catalog-pages", "registry.md §5")
def test_the_catalog_is_sorted_and_paged(registry: Wire, repo: str) -> None:
    for name in ("r2", "r0", "r1"):
        registry.push_image(f"{repo}/{name}", "1")
    registry.push_blob(f"{repo}/blobs-only", b"x")
    after = registry.as_of("a", "blobs-only")  # which an old registry lists
    page = registry.call("GET", f"/v2/_catalog?last={repo.replace('/', '%2F')}%2F{after}&n=2")
    assert page.json == {"repositories": [f"{repo}/r0", f"{repo}/r1"]}
    escaped = f"{repo}/r1".replace("/", "%2F")
    before = repo.replace("/", "%2F")
    everything = registry.call("GET", f"/v2/_catalog?last={before}%2Fa&n=1").json["repositories"]
    assert everything == registry.as_of([f"{repo}/r0"], [f"{repo}/blobs-only"])
    following = registry.call("GET", f"/v2/_catalog?last={escaped}&n=1")
    assert following.json == {"repositories": [f"{repo}/r2"]}
    assert registry.call("GET", "/v2/_catalog?n=0").json == {"repositories": []}
    assert page.headers["Link"] == f'</v2/_catalog?last={escaped}&n=2>; rel="next"'


@statement("registry.full-page-has-link", "registry.md §5")
def test_a_full_page_has_a_link_even_when_nothing_remains_but_an_old_registry_knows_the_end(
    registry: Wire, repo: str
) -> None:
    _, content = registry.push_image(repo, "1")
    if registry.edition.is_old:
        rest = registry.call("GET", "/v2/_catalog?n=1000")
        count = len(rest.json["repositories"])
        full = registry.call("GET", f"/v2/_catalog?n={count}")
        assert (len(full.json["repositories"]), full.headers["Link"]) == (count, None)
        return
    registry.put_manifest(repo, "2", OCI_MANIFEST, content)
    full = registry.tags(repo, "?n=2")
    assert full.headers["Link"] == f'</v2/{repo}/tags/list?last=2&n=2>; rel="next"'
    empty = registry.tags(repo, "?last=2&n=2")
    assert (empty.status, empty.json["tags"], empty.headers["Link"]) == (200, [], None)


@statement("registry.catalog-maximum", "registry.md §5")
def test_the_catalog_refuses_more_than_a_thousand(registry: Wire) -> None:
    assert registry.call("GET", "/v2/_catalog?n=1000").status == 200
    refused = registry.call("GET", "/v2/_catalog?n=1001")
    assert told(refused) == (400, "PAGINATION_NUMBER_INVALID")
    assert refused.json["errors"][0]["detail"] == {"n": 1001}


@statement("registry.emptied-repository", "registry.md §5")
def test_an_emptied_repository_is_still_listed_with_no_tags(registry: Wire, repo: str) -> None:
    digest, _ = registry.push_image(repo, "1")
    assert registry.call("DELETE", f"/v2/{repo}/manifests/{digest}").status == 202
    assert registry.tags(repo).json == {"name": repo, "tags": registry.as_of([], None)}
    before = repo[:-1].replace("/", "%2F")
    assert repo in registry.call("GET", f"/v2/_catalog?last={before}&n=1000").json["repositories"]


# -- §6 delete, move ---------------------------------------------------------------------------------------------
@statement("registry.delete-by-digest", "registry.md §6")
def test_deleting_a_digest_removes_every_tag_on_it(registry: Wire, repo: str) -> None:
    digest, content = registry.push_image(repo, "1")
    registry.put_manifest(repo, "also-1", OCI_MANIFEST, content)
    registry.push_image(repo, "2")
    assert registry.call("DELETE", f"/v2/{repo}/manifests/{digest}").status == 202
    assert registry.tags(repo).json["tags"] == ["2"]
    assert told(registry.manifest(repo, digest)) == (404, "MANIFEST_UNKNOWN")
    assert told(registry.call("DELETE", f"/v2/{repo}/manifests/{digest}")) == (404, "MANIFEST_UNKNOWN")
    registry.put_manifest(repo, "1", OCI_MANIFEST, content)
    assert registry.manifest(repo, "1").body == content


@statement("registry.delete-by-tag", "registry.md §6")
def test_deleting_a_tag_removes_only_that_tag_and_is_no_call_of_an_old_registry(registry: Wire, repo: str) -> None:
    digest, content = registry.push_image(repo, "1")
    registry.put_manifest(repo, "also-1", OCI_MANIFEST, content)
    if registry.edition.is_old:
        for tag in ("1", "unknown"):
            assert told(registry.call("DELETE", f"/v2/{repo}/manifests/{tag}")) == (400, "DIGEST_INVALID")
        assert sorted(registry.tags(repo).json["tags"]) == ["1", "also-1"]
        return
    assert registry.call("DELETE", f"/v2/{repo}/manifests/1").status == 202
    assert registry.tags(repo).json["tags"] == ["also-1"]
    assert registry.manifest(repo, digest).status == 200
    assert told(registry.call("DELETE", f"/v2/{repo}/manifests/1")) == (404, "MANIFEST_UNKNOWN")


@statement("registry.delete-blob", "registry.md §6")
def test_a_blob_in_use_can_be_deleted_and_is_then_missing(registry: Wire, repo: str) -> None:
    registry.push_image(repo, "1")
    layer = registry.manifest(repo, "1").json["layers"][0]["digest"]
    assert registry.call("DELETE", f"/v2/{repo}/blobs/{layer}").status == 202
    assert told(registry.call("GET", f"/v2/{repo}/blobs/{layer}")) == (404, "BLOB_UNKNOWN")
    assert registry.manifest(repo, "1").status == 200


@statement("registry.delete-child", "registry.md §6")
def test_an_index_outlives_its_child(registry: Wire, repo: str) -> None:
    child, _ = registry.push_image(repo)
    registry.push_list(repo, "multi", OCI_INDEX, {"amd64": child})
    assert registry.call("DELETE", f"/v2/{repo}/manifests/{child}").status == 202
    assert registry.manifest(repo, "multi").status == 200
    assert told(registry.manifest(repo, child)) == (404, "MANIFEST_UNKNOWN")


@statement("registry.tag-moves-silently", "registry.md §6")
def test_a_tag_moves_silently_and_the_old_manifest_stays(registry: Wire, repo: str) -> None:
    before, _ = registry.push_image(repo, "latest")
    after, _ = registry.push_image(repo, "latest")
    assert registry.manifest(repo, "latest").headers["Docker-Content-Digest"] == after != before
    assert registry.manifest(repo, before).status == 200


# -- §7 blobs ----------------------------------------------------------------------------------------------------
@statement("registry.blob-headers", "registry.md §7")
def test_a_blob_is_served_with_its_digest_and_a_cache_time(registry: Wire, repo: str) -> None:
    content = uuid.uuid4().bytes * 4
    digest = registry.push_blob(repo, content)
    head = registry.call("HEAD", f"/v2/{repo}/blobs/{digest}")
    got = registry.call("GET", f"/v2/{repo}/blobs/{digest}")
    assert (got.status, got.body, head.status, head.body) == (200, content, 200, b"")
    for answer in (head, got):
        assert answer.headers["Content-Length"] == "64"
        assert answer.headers["Accept-Ranges"] == "bytes"
        assert answer.headers["Cache-Control"] == "max-age=31536000"
        assert answer.headers["Docker-Content-Digest"] == digest
        assert answer.headers["Etag"] == f'"{digest}"'
        assert answer.headers["Content-Type"] == "application/octet-stream"


@statement("registry.blob-range", "registry.md §7")
@pytest.mark.parametrize(
    ("asked", "given", "body"),
    [
        ("bytes=0-9", "bytes 0-9/20", b"0123456789"),
        ("bytes=15-", "bytes 15-19/20", b"fghij"),
        ("bytes=-3", "bytes 17-19/20", b"hij"),
        ("bytes=18-99", "bytes 18-19/20", b"ij"),
        ("bytes=0-19", "bytes 0-19/20", b"0123456789abcdefghij"),
    ],
)
def test_a_range_of_a_blob_is_partial_content(registry: Wire, repo: str, asked: str, given: str, body: bytes) -> None:
    digest = registry.push_blob(repo, b"0123456789abcdefghij")
    answer = registry.call("GET", f"/v2/{repo}/blobs/{digest}", Range=asked)
    assert (answer.status, answer.headers["Content-Range"], answer.body) == (206, given, body)
    assert answer.headers["Content-Length"] == str(len(body))
    head = registry.call("HEAD", f"/v2/{repo}/blobs/{digest}", Range=asked)
    assert (head.status, head.headers["Content-Range"], head.body) == (206, given, b"")
    assert head.headers["Content-Length"] == str(len(body))


@statement("registry.blob-if-none-match", "registry.md §7")
def test_a_matching_etag_of_a_blob_is_not_modified_and_of_none_is_404(registry: Wire, repo: str) -> None:
    digest = registry.push_blob(repo, b"0123456789")
    answer = registry.call("GET", f"/v2/{repo}/blobs/{digest}", If_None_Match=f'"{digest}"')
    assert (answer.status, answer.body, answer.headers["Docker-Content-Digest"]) == (304, b"", digest)
    missing = registry.call("GET", f"/v2/{repo}/blobs/{ZERO}", If_None_Match=f'"{ZERO}"')
    assert told(missing) == (404, "BLOB_UNKNOWN")


@statement("registry.blob-range-beyond", "registry.md §7")
@pytest.mark.parametrize("size", [10, 60])
def test_a_range_beyond_a_blob_is_refused_with_a_length_that_lies_in_an_old_registry(
    registry: Wire, repo: str, size: int
) -> None:
    digest = registry.push_blob(repo, b"0" * size)
    wire = dataclasses.replace(registry, takes_cut_bodies=True)
    answer = wire.call("GET", f"/v2/{repo}/blobs/{digest}", Range=f"bytes={size}-99")
    text = b"invalid range: failed to overlap\n"
    # An old one declares the blob's length, sends the sentence if it fits into that, and hangs up.
    assert answer.body == registry.as_of(text, text if size == 60 else b"")
    assert answer.headers["Content-Length"] == registry.as_of(str(len(text)), str(size))
    assert (answer.status, answer.headers["Content-Range"]) == (416, f"bytes */{size}")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
