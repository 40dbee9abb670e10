"""Handlers for finished blobs: get (whole or one range), head, delete. Content is streamed from disk.

Must not: read a blob into memory.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp import web

from apps.sandbox.base.server import call
from apps.sandbox.registry.editions import Edition
from apps.sandbox.registry.names import is_digest
from apps.sandbox.registry.replies import RefusalError, empty_reply, text_reply
from apps.sandbox.registry.storage import Storage

CHUNK = 256 * 1024
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


class BlobCalls:
    """Handlers under `/v2/<repository>/blobs/<digest>`."""

    allowed = "DELETE, GET, HEAD"

    def __init__(self, storage: Storage, edition: Edition) -> None:
        self._storage = storage
        self._edition = edition

    @call("blob.get")
    async def get(self, request: web.Request) -> web.StreamResponse:
        """The bytes, or the one range that was asked for."""
        return await self._answer(request)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        path, headers = self._serve(request)
        if request.headers.get("If-None-Match") == headers["Etag"]:
            del headers["Content-Type"], headers["Accept-Ranges"]
            return web.Response(status=304, headers=headers)
        size = path.stat().st_size
        bounds = _bounds(request.headers.get("Range", ""), size)
        if bounds is None:
            return await self._refuse_range(request, headers, size)
        start, end, is_part = bounds
        headers["Content-Length"] = str(end - start)
        if is_part:
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
        status, body = 206 if is_part else 200, None if request.method == "HEAD" else _stream(path, start, end)
        return web.Response(status=status, body=body, headers=headers)

    @call("blob.head")
    async def head(self, request: web.Request) -> web.StreamResponse:
        """The headers of `get`, of a range too."""
        return await self._answer(request)

    @call("blob.delete")
    async def delete(self, request: web.Request) -> web.Response:
        """Unlink a blob, even one that a manifest uses: that image is broken from then on."""
        name, digest = self._named(request)
        if digest not in self._storage.find(name).layers:
            raise RefusalError("BLOB_UNKNOWN")
        self._storage.drop_layer(name, digest)
        return empty_reply(202)

    async def _refuse_range(self, request: web.Request, headers: dict[str, str], size: int) -> web.StreamResponse:
        """2.8 declares the blob's length, sends the sentence if it is not longer than that, and hangs up."""
        text, where = "invalid range: failed to overlap", {"Content-Range": f"bytes */{size}"}
        if not self._edition.is_old:
            return text_reply(416, text, {**where, "Docker-Content-Digest": headers["Docker-Content-Digest"]})
        kind = {"Content-Type": "text/plain; charset=utf-8"}
        reply = web.StreamResponse(status=416, headers={**headers, **where, **kind, "Content-Length": str(size)})
        reply.force_close()
        await reply.prepare(request)
        if len(text) < size:
            await reply.write(f"{text}\n".encode())
        return reply

    def _named(self, request: web.Request) -> tuple[str, str]:
        digest = request.match_info["digest"]
        if not is_digest(digest):
            raise RefusalError("DIGEST_INVALID", "invalid checksum digest length", old={})
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


def _bounds(header: str, size: int) -> tuple[int, int, bool] | None:
    """First byte, the one after the last, and whether that is a range (the whole can be one); None when it lies
    beyond. Several ranges get the whole."""
    match = _RANGE.fullmatch(header.replace(" ", ""))
    if match is None or match[1] == match[2] == "":
        return 0, size, False
    if match[1] == "":
        return max(size - int(match[2]), 0), size, True
    start = int(match[1])
    end = min(int(match[2]) + 1, size) if match[2] else size
    return (start, end, True) if start < end else None


async def _stream(path: Path, start: int, end: int) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        file.seek(start)
        while start < end:
            chunk = file.read(min(CHUNK, end - start))
            if not chunk:
                return
            start += len(chunk)
            yield chunk
