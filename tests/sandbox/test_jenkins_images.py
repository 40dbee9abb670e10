"""Images as the stand-in Jenkins and the seeder make and push them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from apps.sandbox.images import (
    Image,
    ImageReference,
    PushError,
    Registry,
    build_image,
    build_layer,
    digest_of,
    push_image,
)
from apps.sandbox.registry.server import RegistryServer
from tests.support.servers import serving

WHEN = datetime(2026, 9, 1, 10, 32, 5, tzinfo=UTC)


@pytest.fixture(scope="module")
def registry() -> Iterator[RegistryServer]:
    with serving(RegistryServer(None, user="ci", password="secret")) as server:
        yield server


def image(label: str = "1") -> Image:
    layer = build_layer({"/app/a.txt": b"a"}, "COPY a.txt /app/", WHEN)
    return build_image([layer], labels={"n": label}, created=WHEN)


def test_the_same_input_gives_the_same_digest_and_another_label_another_one() -> None:
    assert image().digest == image().digest
    assert image("2").digest != image().digest
    assert image().digest == digest_of(image().manifest)


def test_a_second_push_sends_only_what_is_new(registry: RegistryServer) -> None:
    target = Registry(registry.url, "ci", "secret")
    assert asyncio.run(push_image(target, "team/app", "v1", image())) == image().digest
    since = registry.journal.last
    assert asyncio.run(push_image(target, "team/app", "v2", image())) == image().digest
    assert {e.method for e in registry.journal.find(since=since)} == {"HEAD", "PUT"}
    assert [e.status for e in registry.journal.find(since=since)] == [200, 200, 201]


def test_wrong_credentials_are_told_with_their_status_and_without_the_password(registry: RegistryServer) -> None:
    target = Registry(registry.url, "ci", "wrong-one")
    with pytest.raises(PushError, match="401 Unauthorized") as refused:
        asyncio.run(push_image(target, "team/app", "v3", image()))
    assert refused.value.status == 401
    assert "wrong-one" not in str(refused.value)
    assert "wrong-one" not in repr(target)


def test_a_registry_that_is_down_has_no_status() -> None:
    with pytest.raises(PushError, match=r"127\.0\.0\.1:9") as refused:
        asyncio.run(push_image(Registry("http://127.0.0.1:9"), "app", "v1", image()))
    assert refused.value.status == 0


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("127.0.0.1:5000/team/app:v1", ("127.0.0.1:5000", "team/app", "v1")),
        ("reg.example.org/app", ("reg.example.org", "app", "")),
        ("localhost/app:v1", ("localhost", "app", "v1")),
        ("team/app:v1", ("", "team/app", "v1")),
        ("app:v1", ("", "app", "v1")),
    ],
)
def test_a_reference_is_taken_apart_at_host_and_tag(text: str, parts: tuple[str, str, str]) -> None:
    reference = ImageReference.parse(text)
    assert (reference.host, reference.repository, reference.tag) == parts
