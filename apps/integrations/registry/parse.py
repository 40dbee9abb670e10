"""From manifests, configurations and error bodies to our own words. Must not: send anything."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, datetime
from typing import Any

from apps.common.errors import Rejected
from apps.integrations.answers import Answer
from apps.integrations.registry.references import is_digest
from apps.integrations.registry.types import Blob, Image, Manifest

INDEXES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
MANIFESTS = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
# All four, always: without them a registry converts the manifest and answers another digest.
ACCEPT = ", ".join((*INDEXES, *MANIFESTS))
ELSEWHERE = re.compile(r"nondistributable|foreign")
ABSENT = frozenset({"MANIFEST_UNKNOWN", "NAME_UNKNOWN", "NOT_FOUND", "BLOB_UNKNOWN"})


def media_type(answer: Answer) -> str:
    """The Content-Type without parameters."""
    return answer.headers.get("Content-Type", "").split(";")[0].strip()


def manifest(answer: Answer, *, size: int) -> Manifest:
    """What a HEAD or GET found; its digest counts only if the registry answered one of the types we asked for."""
    kind = media_type(answer)
    digest = answer.headers.get("Docker-Content-Digest", "")
    if kind not in INDEXES + MANIFESTS:
        raise Rejected("registry.media_type", media_type=kind[:100], **answer.about)
    return Manifest(digest or sha256(answer.body), kind, size)


def sha256(body: bytes) -> str:
    """The digest of raw bytes."""
    return "sha256:" + hashlib.sha256(body).hexdigest()


def first_error(answer: Answer) -> tuple[str, str]:
    """Code and message of an error envelope; empty when the body is no envelope."""
    try:
        found = json.loads(answer.body)["errors"][0]
        return str(found.get("code", "")), str(found.get("message", ""))
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):
        return "", ""


def means_absent(answer: Answer) -> bool:
    """Whether a 404 says "not there": one that found a manifest of another type says something else."""
    code, message = first_error(answer)
    return code in ABSENT and "accept header" not in message


def platform_child(raw: dict[str, Any]) -> str:
    """The digest of an index's manifest that describes the image best: linux/amd64, else the first real platform."""
    real = [
        one
        for one in raw.get("manifests") or []
        if (one.get("platform") or {}).get("os", "") not in ("", "unknown")  # build attestations
    ]
    ours = [one for one in real if one["platform"].get("architecture") == "amd64"]
    chosen = ours or real or list(raw.get("manifests") or [])
    return str(chosen[0]["digest"])


def children(raw: dict[str, Any]) -> list[str]:
    """The digests of an index's manifests, attestations included: they are part of its bytes."""
    return [_digest(one) for one in raw.get("manifests") or []]


def blobs(raw: dict[str, Any]) -> list[Blob]:
    """Configuration and layers. Layers that may not be distributed stay where their own URLs point."""
    own = [one for one in raw.get("layers") or [] if not ELSEWHERE.search(str(one.get("mediaType", "")))]
    return [Blob(_digest(one), int(one["size"])) for one in [raw["config"], *own]]


def _digest(descriptor: dict[str, Any]) -> str:
    digest = str(descriptor["digest"])
    if not is_digest(digest):
        raise ValueError("not a digest")
    return digest


def image(found: Manifest, raw: dict[str, Any], config: dict[str, Any]) -> Image:
    """A manifest together with its configuration; labels win over annotations of the same name."""
    labels = {**(raw.get("annotations") or {}), **((config.get("config") or {}).get("Labels") or {})}
    sizes = [raw["config"].get("size", 0), *(layer.get("size", 0) for layer in raw.get("layers") or [])]
    return Image(
        digest=found.digest,
        media_type=found.media_type,
        size_compressed=sum(int(size) for size in sizes),
        created=_instant(config.get("created")),
        labels={str(key): str(value) for key, value in labels.items()},
        config_digest=str(raw["config"]["digest"]),
    )


def _instant(text: object) -> datetime | None:
    """RFC 3339 with up to nine digits of a second; None when absent or unreadable."""
    if not isinstance(text, str):
        return None
    whole, dot, rest = text.partition(".")
    if dot:
        digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
        text = f"{whole}.{digits[:6].ljust(6, '0')}{rest[len(digits) :]}"
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
