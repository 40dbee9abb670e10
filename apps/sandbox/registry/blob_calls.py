"""Handlers for finished blobs: get (whole or one range), head, delete. Content is streamed from disk.

Must not: read a blob into memory.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp import web

from apps.sandbox.base.server import call
from apps.sandbox.registry.names import is_digest
from apps.sandbox.registry.replies import RefusalError, empty_reply, text_reply
from apps.sandbox.registry.storage import Storage

CHUNK = 256 * 1024
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


class BlobCalls:
    """Handlers under `/v2/<repository>/blobs/<digest>`."""

    allowed = "DELETE, GET, HEAD"

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    @call("blob.get")
    async def get(self, request: web.Request) -> web.Response:
        """The bytes, or the one range that was asked for."""
        path, headers = self._serve(request)
        if request.headers.get("If-None-Match") == headers["Etag"]:
            return web.Response(status=304, headers={"Etag": headers["Etag"]})
        size = path.stat().st_size
        bounds = _bounds(request.headers.get("Range", ""), size)
        if bounds is None:
            return text_reply(416, "invalid range: failed to overlap", {"Content-Range": f"bytes */{size}"})
        start, end = bounds
        headers["Content-Length"] = str(end - start)
        status = 200
        if "Range" in request.headers and (start, end) != (0, size):
            status, headers["Content-Range"] = 206, f"bytes {start}-{end - 1}/{size}"
        return web.Response(status=status, body=_stream(path, start, end), headers=headers)

    @call("blob.head")
    async def head(self, request: web.Request) -> web.Response:
        """The headers of a whole `get`."""
        path, headers = self._serve(request)
        return empty_reply(200, {**headers, "Content-Length": str(path.stat().st_size)})

    @call("blob.delete")
    async def delete(self, request: web.Request) -> web.Response:
        """Unlink a blob, even one that a manifest uses: that image is broken from then on."""
        name, digest = self._named(request)
        if digest not in self._storage.find(name).layers:
            raise RefusalError("BLOB_UNKNOWN")
        self._storage.drop_layer(name, digest)
        return empty_reply(202)

    def _named(self, request: web.Request) -> tuple[str, str]:
        digest = request.match_info["digest"]
        if not is_digest(digest):
            raise RefusalError("DIGEST_INVALID", "invalid checksum digest length")
        return request.match_info["repository"], digest

    def _serve(self, request: web.Request) -> tuple[Path, dict[str, str]]:
        name, digest = self._named(request)
        if digest not in self._storage.find(name).layers:
            raise RefusalError("BLOB_UNKNOWN", digest)
        return self._storage.path(digest), {
            "Content-Type": "application/octet-stream",
            "Accept-Ranges": "bytes",
            "Cache-Control": "max-age=31536000",
            "Docker-Content-Digest": digest,
            "Etag": f'"{digest}"',
        }


def _bounds(header: str, size: int) -> tuple[int, int] | None:
    """First byte and the one after the last; None when the range lies beyond. Several ranges get the whole."""
    match = _RANGE.fullmatch(header.replace(" ", ""))
    if match is None or match[1] == match[2] == "":
        return 0, size
    if match[1] == "":
        return max(size - int(match[2]), 0), size
    start = int(match[1])
    end = min(int(match[2]) + 1, size) if match[2] else size
    return (start, end) if start < end else None


async def _stream(path: Path, start: int, end: int) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        file.seek(start)
        while start < end:
            chunk = file.read(min(CHUNK, end - start))
            if not chunk:
                return
            start += len(chunk)
            yield chunk
