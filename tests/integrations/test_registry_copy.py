"""Copying an image between two registries: the journals say what was really sent."""

from __future__ import annotations

import asyncio
import json
import random
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime

import pytest
from aiohttp import web

from apps.common.errors import NotFound, Rejected, Unavailable
from apps.integrations.loop import run
from apps.integrations.registry.client import RegistryClient
from apps.integrations.registry.copy import Progress, copy_image
from apps.sandbox.base.faults import Fault
from apps.sandbox.images import Image, Registry, build_image, build_layer, digest_of, push_image
from apps.sandbox.registry.server import RegistryServer
from tests.integrations.odd_servers import OddServer, TokenRegistry
from tests.support.servers import serving

CREATED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
INDEX = "application/vnd.oci.image.index.v1+json"
REPO = "team/app"
WRITES = ("upload.start", "upload.patch", "blob.put", "manifest.put")


def image(content: bytes = b"one") -> Image:
    layer = build_layer({"app/run": content}, "COPY . /app", CREATED)
    return build_image([layer], labels={"opsportal.tag": "1.0"}, created=CREATED)


def client(url: str, name: str = "main", **more: str) -> RegistryClient:
    return RegistryClient(url, "ci", "s3cret", name=name, timeout=3, allow_loopback=True, **more)


def push(server: RegistryServer, made: Image, tag: str = "1.0") -> str:
    return asyncio.run(push_image(Registry(server.url, "ci", "s3cret"), REPO, tag, made))


def written(server: RegistryServer, since: int = 0) -> list[str]:
    return [e.kind for e in server.journal.find(accepted=True, since=since) if e.kind in WRITES]


@pytest.fixture
def pair() -> Iterator[tuple[RegistryServer, RegistryServer]]:
    with ExitStack() as stack:
        first = stack.enter_context(serving(RegistryServer(None, user="ci", password="s3cret")))
        second = stack.enter_context(serving(RegistryServer(None, user="ci", password="s3cret")))
        yield first, second


Pair = tuple[RegistryServer, RegistryServer]


def copy(pair: Pair, digest: str, tag: str = "1.0", seconds: float = 20, progress: Progress | None = None) -> bool:
    source, target = client(pair[0].url), client(pair[1].url, "second")
    return run(copy_image(source, target, REPO, digest, tag, progress=progress), seconds)


def test_an_image_arrives_byte_by_byte_the_same_and_a_second_copy_writes_nothing(pair: Pair) -> None:
    digest = push(pair[0], image())
    assert copy(pair, digest) is True
    blob = ["upload.start", "upload.patch", "blob.put"]
    assert written(pair[1]) == [*blob, *blob, "manifest.put"]
    there = client(pair[1].url)
    assert run(there.get_image(REPO, "1.0"), 5) == run(client(pair[0].url).get_image(REPO, "1.0"), 5)
    assert run(there.has_digest(REPO, digest), 5)
    before = [server.journal.last for server in pair]
    assert copy(pair, digest) is False
    assert written(pair[1], before[1]) == []
    assert pair[0].journal.find(since=before[0]) == []


def test_a_blob_of_five_megabytes_is_streamed(pair: Pair) -> None:
    made = image(random.Random(1).randbytes(5 * 1024 * 1024))
    progress = Progress()
    assert copy(pair, push(pair[0], made), progress=progress) is True
    assert (progress.blobs, progress.bytes) == (2, len(made.config) + len(made.layers[0].blob))
    assert pair[1].journal.find("blob.put")[-1].detail["size"] == len(made.layers[0].blob)


def test_blobs_that_are_there_are_not_sent_again(pair: Pair) -> None:
    made = image()
    digest = push(pair[0], made)
    pair[1].faults.add(Fault("manifest.put", "status", status=503))
    with pytest.raises(Unavailable):
        copy(pair, digest)
    before = pair[1].journal.last
    assert copy(pair, digest) is True
    assert written(pair[1], before) == ["manifest.put"]


def test_a_tag_that_is_missing_is_put_on_what_is_there(pair: Pair) -> None:
    digest = push(pair[0], image())
    push(pair[1], image(), "other")
    before = pair[1].journal.last
    assert copy(pair, digest) is True
    assert written(pair[1], before) == ["manifest.put"]
    assert copy(pair, digest, tag="") is False


def test_an_image_without_a_tag_is_put_by_its_digest(pair: Pair) -> None:
    digest = push(pair[0], image())
    assert copy(pair, digest, tag="") is True
    there = client(pair[1].url)
    assert (run(there.has_digest(REPO, digest), 5), run(there.list_tags(REPO), 5)) == (True, [])


def test_a_tag_that_names_another_image_is_not_moved(pair: Pair) -> None:
    digest, other = push(pair[0], image()), push(pair[1], image(b"two"))
    before = pair[1].journal.last
    with pytest.raises(Rejected) as caught:
        copy(pair, digest)
    assert (caught.value.code, caught.value.retryable) == ("registry.tag_moved", False)
    assert (caught.value.params["digest"], caught.value.params["name"]) == (other, "second")
    assert written(pair[1], before) == []


def test_an_image_that_neither_side_has_is_missing(pair: Pair) -> None:
    with pytest.raises(NotFound) as caught:
        copy(pair, image().digest)
    assert (caught.value.code, caught.value.params["name"]) == ("registry.image_missing", "main")
    assert written(pair[1]) == []


def test_a_target_that_is_down_may_be_asked_again() -> None:
    with serving(RegistryServer(None, user="ci", password="s3cret")) as source:
        digest = push(source, image())
        with serving(RegistryServer(None, user="ci", password="s3cret")) as target:
            gone = target.url
        with pytest.raises(Unavailable) as caught:
            run(copy_image(client(source.url), client(gone, "second"), REPO, digest, "1.0"), 10)
    assert (caught.value.code, caught.value.params["name"]) == ("outside.unavailable", "second")


def test_an_upload_that_the_target_drops_is_made_again(pair: Pair) -> None:
    digest = push(pair[0], image())
    pair[1].faults.add(Fault("upload.patch", "accept_then_drop"))
    with pytest.raises(Unavailable) as caught:
        copy(pair, digest)
    assert caught.value.params["name"] == "second"
    assert copy(pair, digest) is True


def test_a_refused_write_says_what_the_registry_said(pair: Pair) -> None:
    digest = push(pair[0], image())
    pair[1].faults.add(Fault("upload.start", "status", status=405))
    with pytest.raises(Rejected) as caught:
        copy(pair, digest)
    assert (caught.value.code, caught.value.params["status"]) == ("registry.push_refused", 405)


def test_a_broken_source_is_named_and_its_bytes_are_not_kept(pair: Pair) -> None:
    made = image()
    digest = push(pair[0], made)
    path = pair[0].storage.path(digest_of(made.config))
    path.write_bytes(b"x" * len(made.config))
    with pytest.raises(Rejected) as caught:
        copy(pair, digest)
    assert (caught.value.code, caught.value.params["name"]) == ("registry.digest_mismatch", "main")
    assert not pair[1].journal.find("blob.put", accepted=True)


def test_an_index_comes_with_its_children_first(pair: Pair) -> None:
    first, second = image(), image(b"arm")
    children = [push(pair[0], first, "a"), push(pair[0], second, "b")]
    entries = [
        {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": one.digest, "size": len(one.manifest)}
        for one in (first, second)
    ]
    raw = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}).encode()
    sign = "Basic " + b64encode(b"ci:s3cret").decode()
    request = urllib.request.Request(
        f"{pair[0].url}/v2/{REPO}/manifests/all",
        method="PUT",
        data=raw,
        headers={"Content-Type": INDEX, "Authorization": sign},
    )
    with urllib.request.urlopen(request, timeout=5) as answer:
        assert answer.status == 201
    assert copy(pair, digest_of(raw), "all") is True
    put = [entry.subject for entry in pair[1].journal.find("manifest.put", accepted=True)]
    assert put == [f"{REPO}:{children[0]}", f"{REPO}:{children[1]}", f"{REPO}:all"]


def test_blobs_stored_elsewhere_come_without_our_credential(pair: Pair) -> None:
    made = image()

    async def blob(request: web.Request) -> web.Response:
        found = {digest_of(made.config): made.config, made.layers[0].digest: made.layers[0].blob}
        return web.Response(body=found[request.query["digest"]])

    behaviour = TokenRegistry(made)
    with ExitStack() as stack:
        storage = stack.enter_context(serving(OddServer(blob)))

        async def answer(request: web.Request) -> web.StreamResponse:
            if "/blobs/" in request.path and request.headers.get("Authorization"):
                where = f"{storage.url}/data?digest={request.path.rsplit('/', 1)[1]}"
                return web.Response(status=307, headers={"Location": where})
            return await behaviour.answer(request)

        odd = stack.enter_context(serving(OddServer(answer)))
        work = copy_image(client(odd.url), client(pair[1].url, "second"), REPO, made.digest, "1.0")
        assert run(work, 10) is True
    assert {credential for _, credential in storage.seen} == {""}
    assert len(storage.seen) == 4


def test_an_upload_is_not_followed_to_another_host(pair: Pair) -> None:
    digest = push(pair[0], image())

    async def answer(request: web.Request) -> web.Response:
        if request.method == "POST":
            return web.Response(status=202, headers={"Location": "http://elsewhere.example/upload?_state=1"})
        body = json.dumps({"errors": [{"code": "MANIFEST_UNKNOWN", "message": "unknown"}]}).encode()
        return web.Response(status=404, body=body, content_type="application/json")

    with serving(OddServer(answer)) as odd, pytest.raises(Rejected) as caught:
        run(copy_image(client(pair[0].url), client(odd.url, "odd"), REPO, digest, "1.0"), 10)
    assert (caught.value.code, caught.value.params["host"]) == ("registry.upload_elsewhere", "elsewhere.example")


def test_an_upload_goes_on_at_a_relative_location_and_keeps_its_query(pair: Pair) -> None:
    made = image()
    digest, asked = push(pair[0], made), []

    async def answer(request: web.Request) -> web.Response:
        asked.append((request.method, request.path_qs.replace("%3A", ":")))
        await request.read()
        if request.method in ("POST", "PATCH"):
            return web.Response(status=202, headers={"Location": f"/v2/up?_state={request.method}"})
        if request.method == "PUT":
            named = {"Docker-Content-Digest": digest} if "/manifests/" in request.path else {}
            return web.Response(status=201, headers=named)
        body = json.dumps({"errors": [{"code": "MANIFEST_UNKNOWN", "message": "unknown"}]}).encode()
        return web.Response(status=404, body=body, content_type="application/json")

    with serving(OddServer(answer)) as odd:
        assert run(copy_image(client(pair[0].url), client(odd.url, "odd"), REPO, digest, "1.0"), 10) is True
    config = digest_of(made.config)
    writes = [one for one in asked if one[0] not in ("GET", "HEAD")]
    assert writes[:3] == [
        ("POST", f"/v2/{REPO}/blobs/uploads/"),
        ("PATCH", "/v2/up?_state=POST"),
        ("PUT", f"/v2/up?_state=PATCH&digest={config}"),
    ]
