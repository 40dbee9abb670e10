"""The registry's adapter: against the stand-in, and against a token registry with storage elsewhere."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime

import pytest
from aiohttp import web

from apps.common.errors import Invalid, NotFound, Rejected, Unavailable
from apps.integrations.loop import run
from apps.integrations.registry.client import RegistryClient
from apps.integrations.registry.parse import sha256
from apps.integrations.registry.types import Manifest
from apps.sandbox.base.faults import Fault
from apps.sandbox.images import Image, Registry, build_image, build_layer, push_image
from apps.sandbox.registry.server import RegistryServer
from tests.integrations.odd_servers import OddServer, TokenRegistry, basic
from tests.support.servers import serving

CREATED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
OCI = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"


def image(content: str = "one") -> Image:
    layer = build_layer({"app/run": content.encode()}, "COPY . /app", CREATED)
    return build_image([layer], labels={"opsportal.tag": "1.0"}, created=CREATED)


def client(url: str, password: str = "s3cret", **more: str) -> RegistryClient:
    return RegistryClient(url, "ci", password, name="main", timeout=3, allow_loopback=True, **more)


@pytest.fixture(scope="module")
def server() -> Iterator[RegistryServer]:
    with serving(RegistryServer(None, user="ci", password="s3cret")) as running:
        yield running


@pytest.fixture(scope="module")
def registry(server: RegistryServer) -> RegistryClient:
    target = Registry(server.url, "ci", "s3cret")
    for tag in ("1.9", "1.10", "alpha"):
        assert asyncio.run(push_image(target, "team/app", tag, image())) == image().digest
    return client(server.url)


# -- the stand-in -----------------------------------------------------------------------------------------
def test_a_tag_and_its_digest_are_the_same_manifest(registry: RegistryClient) -> None:
    wanted = Manifest(image().digest, OCI, len(image().manifest))
    assert run(registry.head_manifest("team/app", "1.9"), 5) == wanted
    assert run(registry.head_manifest("team/app", image().digest), 5) == wanted


def test_an_image_has_its_labels_time_and_compressed_size(registry: RegistryClient) -> None:
    found = run(registry.get_image("team/app", "1.9"), 5)
    assert found.digest == image().digest
    assert found.labels == {"opsportal.tag": "1.0"}
    assert found.created == CREATED
    assert found.size_compressed == len(image().config) + sum(len(layer.blob) for layer in image().layers)
    assert found.config_digest == sha256(image().config)


def test_what_is_not_there_is_absent_and_not_an_error(registry: RegistryClient) -> None:
    assert run(registry.head_manifest("team/app", "2.0"), 5) is None
    assert run(registry.head_manifest("no/such", "1.0"), 5) is None
    assert run(registry.has_digest("team/app", "sha256:" + "0" * 64), 5) is False
    assert run(registry.has_digest("team/app", image().digest), 5) is True
    assert run(registry.list_tags("no/such"), 5) == []
    with pytest.raises(NotFound) as caught:
        run(registry.get_image("team/app", "2.0"), 5)
    assert (caught.value.code, caught.value.params["image"]) == ("registry.image_missing", "team/app:2.0")


def test_tags_come_in_bytewise_order(registry: RegistryClient) -> None:
    assert run(registry.list_tags("team/app"), 5) == ["1.10", "1.9", "alpha"]


@pytest.mark.parametrize(
    ("repo", "reference"), [("Team/App", "1"), ("team/app", "sha256:12"), ("a/../b", "1"), ("a", "!")]
)
def test_a_name_a_registry_chokes_on_is_never_sent(
    server: RegistryServer, registry: RegistryClient, repo: str, reference: str
) -> None:
    before = server.journal.last
    with pytest.raises(Invalid) as caught:
        run(registry.head_manifest(repo, reference), 5)
    assert caught.value.code == "image.reference_invalid"
    assert server.journal.last == before


def test_a_wrong_password_names_the_field(server: RegistryServer) -> None:
    with pytest.raises(Rejected) as caught:
        run(client(server.url, "wrong").head_manifest("team/app", "1.9"), 5)
    assert (caught.value.code, caught.value.retryable) == ("outside.unauthorized", False)
    assert caught.value.params["field"] == "password"


def test_an_error_of_the_registry_is_not_taken_for_absence(server: RegistryServer, registry: RegistryClient) -> None:
    server.faults.add(Fault("manifest.*", "status", status=503, times=2))
    with pytest.raises(Unavailable):
        run(registry.head_manifest("team/app", "1.9"), 5)
    server.faults.clear()


def test_the_connection_test_tries_to_read_a_repository_when_one_is_named(registry: RegistryClient) -> None:
    assert [(c.name, c.outcome) for c in run(registry.check("team/app"), 5)] == [
        ("address", "passed"),
        ("credential", "passed"),
        ("pull", "passed"),
    ]
    assert run(registry.check(), 5)[-1].code == "registry.no_repository_given"


# -- a token service and storage elsewhere ----------------------------------------------------------------
def test_a_token_is_fetched_once_and_the_blob_elsewhere_gets_no_credential() -> None:
    async def blob(request: web.Request) -> web.Response:
        return web.Response(body=image().config)

    behaviour = TokenRegistry(image())
    with ExitStack() as stack:
        storage = stack.enter_context(serving(OddServer(blob)))
        odd = stack.enter_context(serving(OddServer(behaviour.answer)))
        behaviour.storage = storage.url
        registry = client(odd.url)
        assert run(registry.get_image("team/app", "1.0"), 5).labels == {"opsportal.tag": "1.0"}
        assert run(registry.has_digest("team/app", image().digest), 5)
        assert behaviour.issued == ["repository:team/app:pull"]
        assert storage.seen == [("/data", "")]
        assert [seen for seen in odd.seen if seen[1].startswith("Basic")] == [("/token", basic("ci", "s3cret"))]


def test_a_token_that_ended_is_replaced_once() -> None:
    behaviour = TokenRegistry(image())
    with serving(OddServer(behaviour.answer)) as odd:
        registry = client(odd.url)
        assert run(registry.head_manifest("team/app", "1.0"), 5) is not None
        behaviour.valid.clear()
        assert run(registry.head_manifest("team/app", "1.0"), 5) is not None
        assert len(behaviour.issued) == 2


def test_a_token_without_the_right_is_not_retried_for_ever() -> None:
    behaviour = TokenRegistry(image(), grants=False)
    with serving(OddServer(behaviour.answer)) as odd:
        with pytest.raises(Rejected) as caught:
            run(client(odd.url).head_manifest("team/app", "1.0"), 5)
        assert (caught.value.code, caught.value.retryable) == ("registry.right_missing", False)
        assert len(odd.seen) == 3


def test_a_password_is_not_sent_to_a_token_service_elsewhere_unless_its_host_was_named() -> None:
    behaviour = TokenRegistry(image())
    with ExitStack() as stack:
        service = stack.enter_context(serving(OddServer(behaviour.answer)))
        odd = stack.enter_context(serving(OddServer(behaviour.answer)))
        behaviour.realm = f"{service.url}/token"
        with pytest.raises(Rejected) as caught:
            run(client(odd.url).head_manifest("team/app", "1.0"), 5)
        assert caught.value.code == "registry.realm_refused"
        assert service.seen == []
        named = client(odd.url, token_host=f"127.0.0.1:{service.port}")
        assert run(named.head_manifest("team/app", "1.0"), 5) is not None
        assert [path for path, _ in service.seen] == ["/token"]


# -- answers that mislead ---------------------------------------------------------------------------------
def only(status: int, body: bytes, **headers: str) -> OddServer:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=status, body=body, headers={k.replace("_", "-"): v for k, v in headers.items()})

    return OddServer(answer)


def test_a_404_for_another_manifest_type_is_not_absence() -> None:
    said = "OCI index found, but accept header does not support OCI indexes"
    body = json.dumps({"errors": [{"code": "MANIFEST_UNKNOWN", "message": said}]}).encode()
    with serving(only(404, body, Content_Type="application/json")) as odd:
        with pytest.raises(Rejected) as caught:
            run(client(odd.url).head_manifest("team/app", "1.0"), 5)
        assert caught.value.code == "registry.unexpected"


def test_a_plain_404_of_a_proxy_is_not_absence() -> None:
    with serving(only(404, b"404 page not found", Content_Type="text/plain")) as odd, pytest.raises(Rejected):
        run(client(odd.url).has_digest("team/app", image().digest), 5)


def test_a_converted_manifest_of_another_type_is_refused() -> None:
    kind = "application/vnd.docker.distribution.manifest.v1+prettyjws"
    with serving(only(200, b"{}", Content_Type=kind, Docker_Content_Digest="sha256:" + "1" * 64)) as odd:
        with pytest.raises(Rejected) as caught:
            run(client(odd.url).head_manifest("team/app", "1.0"), 5)
        assert (caught.value.code, caught.value.params["media_type"]) == ("registry.media_type", kind)


def test_bytes_that_do_not_match_their_digest_are_refused() -> None:
    with serving(only(200, b'{"x":1}', Content_Type=OCI, Docker_Content_Digest=image().digest)) as odd:
        with pytest.raises(Rejected) as caught:
            run(client(odd.url).get_image("team/app", image().digest), 5)
        assert caught.value.code == "registry.digest_mismatch"


def test_tags_may_be_null_and_a_next_link_in_a_circle_ends() -> None:
    link = '</v2/team/app/tags/list?n=1000>; rel="next"'
    with serving(only(200, b'{"name":"team/app","tags":null}', Content_Type="application/json", Link=link)) as odd:
        assert run(client(odd.url).list_tags("team/app"), 5) == []
        assert len(odd.seen) == 1


def test_an_index_shows_the_labels_of_its_linux_image() -> None:
    index = {
        "schemaVersion": 2,
        "mediaType": INDEX,
        "manifests": [
            {"digest": "sha256:" + "9" * 64, "platform": {"os": "unknown", "architecture": "unknown"}},
            {"digest": image().digest, "platform": {"os": "linux", "architecture": "amd64"}},
        ],
    }
    raw = json.dumps(index).encode()
    bodies = {"1.0": (INDEX, raw), image().digest: (OCI, image().manifest)}

    async def answer(request: web.Request) -> web.Response:
        if "/blobs/" in request.path:
            return web.Response(body=image().config)
        kind, body = bodies[request.path.rsplit("/", 1)[1]]
        return web.Response(body=body, headers={"Content-Type": kind, "Docker-Content-Digest": sha256(body)})

    with serving(OddServer(answer)) as odd:
        found = run(client(odd.url).get_image("team/app", "1.0"), 5)
        assert (found.digest, found.media_type, found.labels) == (sha256(raw), INDEX, {"opsportal.tag": "1.0"})
