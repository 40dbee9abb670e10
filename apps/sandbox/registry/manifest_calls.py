"""Handlers for manifests by tag and by digest: put, get, head, delete.

Must not: change a byte of what was put; its digest is its identity.
"""

from __future__ import annotations

from aiohttp import web

from apps.sandbox.base.server import call
from apps.sandbox.registry import manifests
from apps.sandbox.registry.editions import Edition
from apps.sandbox.registry.names import digest_of, is_digest
from apps.sandbox.registry.replies import ABSENT, RefusalError, absolute, empty_reply
from apps.sandbox.registry.storage import Storage

MAX_MANIFEST = 4 * 1024 * 1024


class ManifestCalls:
    """Handlers under `/v2/<repository>/manifests/<reference>`."""

    allowed = "DELETE, GET, HEAD, PUT"

    def __init__(self, storage: Storage, edition: Edition) -> None:
        self._storage = storage
        self._edition = edition

    @call("manifest.get")
    async def get(self, request: web.Request) -> web.Response:
        """The manifest this client's Accept lets it have."""
        served = self._serve(request)
        if isinstance(served, web.Response):
            return served
        return web.Response(body=served.content, headers=_headers(served))

    @call("manifest.head")
    async def head(self, request: web.Request) -> web.Response:
        """The headers of `get`, without a body."""
        served = self._serve(request)
        if isinstance(served, web.Response):
            return served
        return empty_reply(200, {**_headers(served), "Content-Length": str(len(served.content))})

    @call("manifest.put")
    async def put(self, request: web.Request) -> web.Response:
        """Store raw bytes under their digest and, by tag, move the tag; a repeat is 201 as well."""
        name, reference = request.match_info["repository"], request.match_info["reference"]
        content = await _read(request)
        is_by_digest = ":" in reference
        if is_by_digest and reference != digest_of(content):
            raise RefusalError("DIGEST_INVALID")
        repository = self._storage.find(name)
        media_type = manifests.check(repository, request.headers.get("Content-Type", ""), content)
        before = None if is_by_digest else repository.tags.get(reference)
        digest = self._storage.keep_manifest(name, media_type, content, None if is_by_digest else reference)
        request["detail"].update(digest=digest, media_type=media_type)
        if before not in (None, digest):
            request["detail"]["moved_from"] = before
        location = absolute(request, f"/v2/{name}/manifests/{digest}")
        return empty_reply(201, {"Location": location, "Docker-Content-Digest": digest})

    @call("manifest.delete")
    async def delete(self, request: web.Request) -> web.Response:
        """By digest: the manifest and every tag on it. By tag: that tag alone, but 2.8 knows no such call."""
        name, reference = request.match_info["repository"], request.match_info["reference"]
        repository = self._storage.find(name)
        if ":" in reference:
            if not is_digest(reference):
                raise RefusalError("DIGEST_INVALID", "invalid checksum digest length", old=ABSENT)
            if reference not in repository.manifests:
                raise RefusalError("MANIFEST_UNKNOWN")
            request["detail"].update(digest=reference, tags=self._storage.drop_manifest(name, reference))
            return empty_reply(202)
        if self._edition.is_old:
            raise RefusalError("DIGEST_INVALID")
        if reference not in repository.tags:
            place = f"/docker/registry/v2/repositories/{name}/_manifests/tags/{reference}"
            raise RefusalError("MANIFEST_UNKNOWN", f"filesystem: Path not found: {place}")
        request["detail"].update(digest=repository.tags[reference], tags=[reference])
        self._storage.drop_tag(name, reference)
        return empty_reply(202)

    def _serve(self, request: web.Request) -> manifests.Served | web.Response:
        name, reference = request.match_info["repository"], request.match_info["reference"]
        digest = manifests.resolve(self._storage.find(name), name, reference, self._edition)
        if digest in (etag.strip('"') for etag in request.headers.getall("If-None-Match", [])):
            return web.Response(status=304)
        accepted = manifests.accepted_types(request.headers.getall("Accept", []))
        served = manifests.negotiate(self._storage, name, reference, digest, accepted, self._edition)
        request["detail"].update(digest=served.digest, media_type=served.media_type)
        return served


def _headers(served: manifests.Served) -> dict[str, str]:
    return {
        "Content-Type": served.media_type,
        "Docker-Content-Digest": served.digest,
        "Etag": f'"{served.digest}"',
    }


async def _read(request: web.Request) -> bytes:
    content = bytearray()
    async for chunk in request.content.iter_chunked(65536):
        content += chunk
        if len(content) > MAX_MANIFEST:
            raise RefusalError("MANIFEST_INVALID", "http: request body too large")
    return bytes(content)
