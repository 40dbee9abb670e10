"""Rules about manifests: what may be stored, and which of the four types a client's Accept lets it have.

Pure functions over bytes and the storage's index; the answers follow distribution 3.x, or 2.8. Must not: change
anything, or re-serialise a manifest (its digest is that of the raw bytes).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from apps.sandbox.registry import schema1
from apps.sandbox.registry.editions import Edition
from apps.sandbox.registry.names import (
    DOCKER_LIST,
    DOCKER_MANIFEST,
    INDEX_TYPES,
    MANIFEST_TYPES,
    OCI_INDEX,
    OCI_MANIFEST,
    is_digest,
)
from apps.sandbox.registry.replies import RefusalError
from apps.sandbox.registry.storage import Repository, Storage


@dataclass(frozen=True)
class Served:
    """What a reader gets."""

    digest: str
    media_type: str
    content: bytes


def check(repository: Repository, content_type: str, content: bytes) -> str:
    """The media type under which the manifest may be stored; raises what the client is told otherwise."""
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type not in MANIFEST_TYPES:
        raise RefusalError(
            "MANIFEST_INVALID", f"unsupported manifest media type and no default available: {media_type}", old={}
        )
    try:
        manifest = json.loads(content)
    except ValueError as error:
        raise RefusalError("MANIFEST_INVALID", str(error), old={}) from error
    if not isinstance(manifest, dict) or manifest.get("schemaVersion") != 2:
        raise RefusalError("MANIFEST_INVALID", "unrecognized manifest schema version", old={})
    named = manifest.get("mediaType", "")
    if named != media_type and (named or media_type in (DOCKER_LIST, DOCKER_MANIFEST)):
        text = f"mediaType in manifest should be '{media_type}' not '{named}'"
        raise RefusalError("MANIFEST_INVALID", text, old={})
    missing = list(_missing(repository, media_type, manifest))
    if missing:
        raise RefusalError.several("MANIFEST_BLOB_UNKNOWN", missing)
    return media_type


def _missing(repository: Repository, media_type: str, manifest: dict[str, Any]) -> Iterable[str]:
    if media_type in INDEX_TYPES:
        for child in _descriptors(manifest.get("manifests")):
            if child["digest"] not in repository.manifests:
                yield child["digest"]
        return
    for blob in [*_descriptors([manifest.get("config")]), *_descriptors(manifest.get("layers"))]:
        if blob["digest"] not in repository.layers and not blob.get("urls"):
            yield blob["digest"]


def _descriptors(listed: Any) -> list[dict[str, Any]]:
    if not isinstance(listed, list) or not all(
        isinstance(one, dict) and isinstance(one.get("digest"), str) for one in listed
    ):
        raise RefusalError("MANIFEST_INVALID", "a descriptor without a digest")
    for one in listed:
        if not is_digest(one["digest"]):
            raise RefusalError("DIGEST_INVALID")
    return listed


def accepted_types(accept_headers: Iterable[str]) -> frozenset[str]:
    """The manifest types a client names, over all its Accept lines. `*/*` names none, as in distribution."""
    named = {part.partition(";")[0].strip().lower() for line in accept_headers for part in line.split(",")}
    return MANIFEST_TYPES & named


def resolve(repository: Repository, name: str, reference: str, edition: Edition) -> str:
    """The digest a tag or digest stands for; an unknown repository is MANIFEST_UNKNOWN, not NAME_UNKNOWN."""
    if ":" not in reference:
        digest = repository.tags.get(reference)
        if digest is None:
            raise RefusalError("MANIFEST_UNKNOWN", f"unknown tag={reference}", old={"Tag": reference})
        return digest
    if not is_digest(reference):
        if edition.is_old:  # it takes it for a tag and trips over its own storage
            place = f"/docker/registry/v2/repositories/{name}/_manifests/tags/{reference}/current/link"
            raise RefusalError("UNKNOWN", {"Path": place, "DriverName": "filesystem"})
        raise RefusalError("DIGEST_INVALID", "invalid checksum digest length")
    return reference


def negotiate(
    storage: Storage, name: str, reference: str, digest: str, accepted: frozenset[str], edition: Edition
) -> Served:
    """The manifest as this client gets it: as stored, the linux/amd64 child of a list, or a refusal.

    2.8 refuses an index as it does a manifest, and converts schema2 for who does not accept it, but only by tag.
    """
    repository = storage.find(name)
    media_type = _media_type(repository, name, digest)
    if media_type == OCI_MANIFEST and OCI_MANIFEST not in accepted:
        raise RefusalError(
            "MANIFEST_UNKNOWN", message="OCI manifest found, but accept header does not support OCI manifests"
        )
    if edition.is_old and media_type == OCI_INDEX and OCI_INDEX not in accepted:
        raise RefusalError(
            "MANIFEST_UNKNOWN", message="OCI index found, but accept header does not support OCI indexes"
        )
    is_by_tag = ":" not in reference
    if media_type == DOCKER_LIST and DOCKER_LIST not in accepted and is_by_tag:
        digest = _default_child(json.loads(storage.read(digest)))
        media_type = _media_type(repository, name, digest)
        if media_type == DOCKER_MANIFEST and DOCKER_MANIFEST not in accepted and not edition.is_old:
            raise RefusalError("MANIFEST_INVALID", message="Schema 2 manifest not supported by client")
    content = storage.read(digest)
    if edition.is_old and media_type == DOCKER_MANIFEST and DOCKER_MANIFEST not in accepted and is_by_tag:
        manifest = json.loads(content)
        config = json.loads(storage.read(manifest["config"]["digest"]))
        return _converted(name, reference, manifest, config)
    return Served(digest, media_type, content)


def _converted(name: str, tag: str, manifest: dict[str, Any], config: dict[str, Any]) -> Served:
    digest, content = schema1.convert(name, tag, manifest, config)
    return Served(digest, schema1.MEDIA_TYPE, content)


def _media_type(repository: Repository, name: str, digest: str) -> str:
    media_type = repository.manifests.get(digest)
    if media_type is None:
        raise RefusalError(
            "MANIFEST_UNKNOWN",
            f"unknown manifest name={name} revision={digest}",
            old={"Name": name, "Revision": digest},
        )
    return media_type


def _default_child(manifest_list: dict[str, Any]) -> str:
    for child in manifest_list["manifests"]:
        platform = child.get("platform") or {}
        if (platform.get("os"), platform.get("architecture")) == ("linux", "amd64"):
            return str(child["digest"])
    raise RefusalError("MANIFEST_UNKNOWN")
