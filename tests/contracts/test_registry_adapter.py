"""The portal's own adapter against every registry of the contract suite: it reads, copies and pushes alike.

The source of a copy is a stand-in, so that its journal tells what was asked of it; what arrived is read by raw HTTP.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from apps.common.errors import NotFound, Rejected
from apps.integrations.loop import run
from apps.integrations.registry.client import RegistryClient
from apps.integrations.registry.copy import copy_image
from apps.sandbox.images import Image, Registry, build_image, build_layer, push_image
from apps.sandbox.registry.server import RegistryServer
from tests.contracts.registry_fixtures import edition, registry, repo, token_registry
from tests.contracts.registry_wire import DOCKER_LIST, OCI_INDEX, OCI_MANIFEST, ZERO, TokenWire, Wire, scopes, sha
from tests.contracts.statements import statement
from tests.support.servers import serving

__all__ = ["edition", "registry", "repo", "token_registry"]

CREATED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def image(content: bytes = b"one", architecture: str = "amd64") -> Image:
    layer = build_layer({"app/run": content + architecture.encode()}, "COPY . /app", CREATED)
    return build_image([layer], labels={"opsportal.tag": "1.0"}, created=CREATED)


def client(wire: Wire, password: str = "", token_host: str = "") -> RegistryClient:
    secret = password or wire.password
    return RegistryClient(
        wire.url, wire.user, secret, name="asked", timeout=10, allow_loopback=True, token_host=token_host
    )


def push(wire: Wire, repo: str, tag: str, made: Image) -> str:
    return asyncio.run(push_image(Registry(wire.url, wire.user, wire.password), repo, tag, made))


@pytest.fixture(scope="module")
def source() -> Iterator[RegistryServer]:
    with serving(RegistryServer(None, user="ci", password="s3cret")) as running:
        yield running


def source_client(source: RegistryServer) -> RegistryClient:
    return RegistryClient(source.url, "ci", "s3cret", name="source", timeout=10, allow_loopback=True)


def fill(source: RegistryServer, repo: str, made: Image, tag: str = "1.0") -> str:
    return asyncio.run(push_image(Registry(source.url, "ci", "s3cret"), repo, tag, made))


@statement("registry.adapter-reads", "registry.md §3, §4")
def test_the_adapter_reads_an_image_by_tag_and_by_digest(registry: Wire, repo: str) -> None:
    made = image()
    digest = push(registry, repo, "1.0", made)
    asked = client(registry)
    for reference in ("1.0", digest):
        found = run(asked.get_image(repo, reference), 20)
        assert (found.digest, found.media_type, found.labels) == (digest, OCI_MANIFEST, {"opsportal.tag": "1.0"})
        assert found.created == CREATED
        head = run(asked.head_manifest(repo, reference), 20)
        assert head is not None
        assert (head.digest, head.size) == (digest, len(made.manifest))


@statement("registry.adapter-schema2", "registry.md §3")
def test_the_adapter_gets_a_schema2_manifest_and_a_list_unconverted(registry: Wire, repo: str) -> None:
    digest, _ = registry.push_image(repo, "1", schema2=True)
    assert run(client(registry).get_image(repo, "1"), 20).digest == digest
    listed = registry.push_list(repo, "multi", DOCKER_LIST, {"amd64": digest})
    found = run(client(registry).get_image(repo, "multi"), 20)
    assert (found.digest, found.media_type) == (listed, DOCKER_LIST)


@statement("registry.adapter-absent", "registry.md §1")
def test_what_is_not_there_is_absent_to_the_adapter_and_no_error(registry: Wire, repo: str) -> None:
    asked = client(registry)
    assert run(asked.head_manifest(repo, "2.0"), 20) is None
    assert run(asked.has_digest(repo, ZERO), 20) is False
    assert run(asked.has_blob(repo, ZERO), 20) is False
    assert run(asked.list_tags(repo), 20) == []
    with pytest.raises(NotFound) as caught:
        run(asked.get_image(repo, "2.0"), 20)
    assert caught.value.code == "registry.image_missing"


@statement("registry.adapter-tags", "registry.md §5")
def test_the_adapter_lists_tags_in_order_and_none_of_an_emptied_repository(registry: Wire, repo: str) -> None:
    made = image()
    for tag in ("alpha", "1.9", "1.10"):
        digest = push(registry, repo, tag, made)
    assert run(client(registry).list_tags(repo), 20) == ["1.10", "1.9", "alpha"]
    assert registry.call("DELETE", f"/v2/{repo}/manifests/{digest}").status == 202
    assert run(client(registry).list_tags(repo), 20) == []


@statement("registry.adapter-password", "registry.md §2")
def test_the_adapter_names_the_field_of_a_wrong_password(registry: Wire, repo: str) -> None:
    with pytest.raises(Rejected) as caught:
        run(client(registry, "wrong").head_manifest(repo, "1"), 20)
    assert (caught.value.code, caught.value.params["field"]) == ("outside.unauthorized", "password")
    checks = run(client(registry).check(repo), 20)
    assert [(one.name, one.outcome) for one in checks] == [
        ("address", "passed"),
        ("credential", "passed"),
        ("pull", "passed"),
    ]


@statement("registry.adapter-copies", "registry.md §8")
def test_an_image_is_copied_byte_by_byte_and_a_second_copy_writes_nothing(
    registry: Wire, repo: str, source: RegistryServer
) -> None:
    made = image(random.Random(1).randbytes(3 * 1024 * 1024))
    digest = fill(source, repo, made)
    assert run(copy_image(source_client(source), client(registry), repo, digest, "1.0"), 60) is True
    got = registry.manifest(repo, "1.0")
    assert (got.body, got.headers["Docker-Content-Digest"]) == (made.manifest, digest)
    blob = registry.call("GET", f"/v2/{repo}/blobs/{made.layers[0].digest}")
    assert sha(blob.body) == made.layers[0].digest
    before = source.journal.last
    assert run(copy_image(source_client(source), client(registry), repo, digest, "1.0"), 60) is False
    assert source.journal.find(since=before) == []


@statement("registry.adapter-copies-from", "registry.md §7")
def test_an_image_is_copied_out_of_a_registry_into_the_stand_in(
    registry: Wire, repo: str, source: RegistryServer
) -> None:
    digest = push(registry, repo, "1.0", image(b"two"))
    assert run(copy_image(client(registry), source_client(source), repo, digest, "1.0"), 60) is True
    written = source.journal.find("manifest.put", subject=f"{repo}:1.0", accepted=True)
    assert [entry.detail["digest"] for entry in written] == [digest]


@statement("registry.adapter-copies-an-index", "registry.md §3")
def test_an_index_is_copied_with_its_children_before_it(registry: Wire, repo: str, source: RegistryServer) -> None:
    made = {name: image(b"three", name) for name in ("amd64", "arm64")}
    for name, one in made.items():
        fill(source, repo, one, name)
    wire = Wire(source.url, "ci", "s3cret", source.edition)
    digest = wire.push_list(repo, "all", OCI_INDEX, {name: one.digest for name, one in made.items()})
    assert run(copy_image(source_client(source), client(registry), repo, digest, "all"), 60) is True
    got = registry.manifest(repo, "all")
    assert (got.headers["Docker-Content-Digest"], got.headers["Content-Type"]) == (digest, OCI_INDEX)
    assert [registry.manifest(repo, one["digest"]).status for one in json.loads(got.body)["manifests"]] == [200, 200]
    assert run(client(registry).get_image(repo, "all"), 20).labels == {"opsportal.tag": "1.0"}


@statement("registry.adapter-moved-tag", "registry.md §6")
def test_a_tag_that_names_another_image_is_not_moved(registry: Wire, repo: str, source: RegistryServer) -> None:
    digest, other = fill(source, repo, image()), push(registry, repo, "1.0", image(b"other"))
    with pytest.raises(Rejected) as caught:
        run(copy_image(source_client(source), client(registry), repo, digest, "1.0"), 60)
    assert caught.value.code == "registry.tag_moved"
    assert registry.manifest(repo, "1.0").headers["Docker-Content-Digest"] == other


# -- a registry with a token service ------------------------------------------------------------------------------
def token_client(wire: TokenWire, password: str = "") -> RegistryClient:
    return client(wire, password, wire.tokens.url.removeprefix("http://"))


def fetched(wire: TokenWire, since: int) -> list[dict[str, set[str]]]:
    """The scopes of each token that was asked for."""
    return [scopes(entry.subject) for entry in wire.tokens.journal.find("token", since=since)]


@statement("registry.adapter-tokens", "registry.md §2")
def test_an_image_is_copied_and_read_with_tokens_each_fetched_once(
    token_registry: TokenWire, repo: str, source: RegistryServer
) -> None:
    made = image(random.Random(2).randbytes(300_000))
    digest = fill(source, repo, made)
    before = token_registry.tokens.journal.last
    asked = token_client(token_registry)
    assert run(copy_image(source_client(source), asked, repo, digest, "1.0"), 60) is True
    assert run(asked.get_image(repo, "1.0"), 20).digest == digest
    resource = f"repository:{repo}"
    assert fetched(token_registry, before) == [{resource: {"pull"}}, {resource: {"pull", "push"}}]
    read = token_registry.token(f"repository:{repo}:pull")
    tags = token_registry.bear("GET", f"/v2/{repo}/tags/list", read)
    assert tags.json == {"name": repo, "tags": ["1.0"]}


@statement("registry.adapter-token-ended", "registry.md §2")
def test_a_token_that_ended_early_is_replaced_once(
    token_registry: TokenWire, repo: str, source: RegistryServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = token_client(token_registry)
    issue = token_registry.tokens.issue
    monkeypatch.setattr(token_registry.tokens, "issue", lambda scopes: issue(scopes, ago=3600))
    before = token_registry.tokens.journal.last
    with pytest.raises(Rejected) as caught:
        run(asked.list_tags(repo), 20)
    assert caught.value.code == "outside.unauthorized", "every new one has ended too"
    assert len(fetched(token_registry, before)) == 1
    monkeypatch.undo()
    before = token_registry.tokens.journal.last
    assert run(asked.list_tags(repo), 20) == []
    assert len(fetched(token_registry, before)) == 1, "the one kept had ended"


@statement("registry.adapter-token-rights", "registry.md §2")
def test_a_token_service_that_grants_less_is_a_missing_right(
    token_registry: TokenWire, repo: str, source: RegistryServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_registry.tokens, "_policy", lambda _, actions: actions - {"push"})
    digest = fill(source, repo, image())
    with pytest.raises(Rejected) as caught:
        run(copy_image(source_client(source), token_client(token_registry), repo, digest, "1.0"), 60)
    assert (caught.value.code, caught.value.params["scope"]) == (
        "registry.right_missing",
        f"repository:{repo}:pull,push",
    )


@statement("registry.adapter-token-right-granted", "registry.md §0 rule 9, §2")
def test_a_right_that_was_granted_meanwhile_counts_at_once_though_the_old_token_still_lives(
    token_registry: TokenWire, repo: str, source: RegistryServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest, asked = fill(source, repo, image()), token_client(token_registry)
    monkeypatch.setattr(token_registry.tokens, "_policy", lambda _, actions: actions - {"push"})
    before = token_registry.tokens.journal.last
    for _ in range(2):
        with pytest.raises(Rejected, match=r"registry\.right_missing"):
            run(copy_image(source_client(source), asked, repo, digest, "1.0"), 60)
    writing = [one for one in fetched(token_registry, before) if one == {f"repository:{repo}": {"pull", "push"}}]
    assert len(writing) == 2, "one for each attempt"
    monkeypatch.undo()
    assert run(copy_image(source_client(source), asked, repo, digest, "1.0"), 60) is True


@statement("registry.adapter-token-password", "registry.md §2")
def test_a_wrong_password_of_a_token_service_names_the_field(token_registry: TokenWire, repo: str) -> None:
    with pytest.raises(Rejected) as caught:
        run(token_client(token_registry, "wrong").list_tags(repo), 20)
    assert (caught.value.code, caught.value.params["field"]) == ("outside.unauthorized", "password")
