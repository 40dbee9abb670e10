"""Image references: what may be deployed, what is refused and why."""

from __future__ import annotations

import pytest

from apps.common.errors import Invalid
from apps.integrations.registry.references import Reference, parse_reference, read_reference

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (f"registry.lan:5000/team/app:1.0@{DIGEST}", ("registry.lan:5000", "team/app", "1.0", DIGEST)),
        (f"127.0.0.1:5000/app@{DIGEST}", ("127.0.0.1:5000", "app", "", DIGEST)),
        (f"[::1]:5000/app@{DIGEST}", ("[::1]:5000", "app", "", DIGEST)),
        (f"localhost/app@{DIGEST}", ("localhost", "app", "", DIGEST)),
        (f"team/app@{DIGEST}", ("", "team/app", "", DIGEST)),
    ],
)
def test_a_reference_with_a_digest_is_taken_apart_and_written_the_same(text: str, parts: tuple[str, ...]) -> None:
    assert parse_reference(text) == Reference(*parts)
    assert str(parse_reference(text)) == text


@pytest.mark.parametrize("text", [f"r.lan/app:latest@{DIGEST}", "r.lan/app:latest", "r.lan/app", "busybox"])
def test_latest_is_refused_even_with_a_digest_and_when_it_is_only_meant(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_reference(text)
    assert caught.value.as_reason() == {"code": "image.latest_refused", "params": {"image": text}}


def test_a_tag_alone_is_refused() -> None:
    with pytest.raises(Invalid) as caught:
        parse_reference("r.lan/app:20260901-183205-u17")
    assert caught.value.code == "image.digest_required"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "r.lan/App:1",
        "r.lan/app:1@sha256:12",
        f"r.lan/app:@{DIGEST}",
        "r.lan/app:1@",
        "r.lan/app:1@md5:abc",
        "r.lan//app:1",
        "r.lan/app/:1",
        "r.lan/app:1 ",
        "r.lan/app:1\n",
        "http://r.lan/app:1",
        "r.lan/../app:1",
        "r.lan/app:" + "t" * 129,
        "r.lan:port/app:1",
    ],
)
def test_what_is_no_reference_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        read_reference(text)
    assert caught.value.code == "image.reference_invalid"


def test_the_same_image_at_a_clusters_pull_host_keeps_its_digest() -> None:
    found = parse_reference(f"registry.lan/team/app:1@{DIGEST}").at("mirror.dc2:5000")
    assert str(found) == f"mirror.dc2:5000/team/app:1@{DIGEST}"
