"""Handlers of the upload state machine: start (or mount), status, patch, finish, cancel.

Every answer carries a fresh Location; only the newest one goes on. Must not: take a body on start (distribution
answers 202 to `POST ?digest=` and drops it), or hold a blob in memory.
"""

from __future__ import annotations

import re

from aiohttp import ClientError, web

from apps.sandbox.base.server import DroppedError, call
from apps.sandbox.registry.editions import Edition
from apps.sandbox.registry.names import is_digest
from apps.sandbox.registry.replies import RefusalError, absolute, empty_reply
from apps.sandbox.registry.storage import Storage
from apps.sandbox.registry.uploads import Upload, Uploads

CHUNK = 256 * 1024


class UploadCalls:
    """Handlers under `/v2/<repository>/blobs/uploads/`."""

    def __init__(self, storage: Storage, edition: Edition) -> None:
        self._storage = storage
        self._edition = edition
        self._uploads = Uploads(storage.uploads, edition)

    @call("upload.start")
    async def start(self, request: web.Request) -> web.Response:
        """Mount a blob of another repository, else open a session: a mount that cannot be is no error."""
        name = request.match_info["repository"]
        digest, source = request.query.get("mount", ""), request.query.get("from", "")
        if digest and digest in self._storage.find(source).layers:
            self._storage.link_layer(name, digest)
            request["subject"], request["detail"] = f"{name}:{digest}", {"mounted_from": source}
            return _created(request, name, digest)
        upload = self._uploads.start(name)
        request["subject"] = f"{name}:{upload.id}"
        return _progress(request, upload, 202)

    @call("upload.refused")
    async def refuse(self, request: web.Request) -> web.Response:
        """A method that is not for this path: unlike elsewhere no 405, the registry looks for the upload first."""
        if "upload" in request.match_info:
            raise RefusalError("BLOB_UPLOAD_INVALID", "invalid secret", old={})
        raise RefusalError("BLOB_UPLOAD_UNKNOWN")

    @call("upload.status")
    async def status(self, request: web.Request) -> web.Response:
        """How far the session is; any Location of it will do, but for 2.8 only the newest."""
        match = request.match_info
        if self._edition.is_old:
            upload = self._resume(request)
        else:
            upload = self._uploads.find(match["repository"], match["upload"])
        return _progress(request, upload, 204)

    @call("upload.patch")
    async def patch(self, request: web.Request) -> web.Response:
        """Append a chunk, sent with Content-Length or chunked."""
        upload = self._resume(request)
        async with upload.lock:
            self._resume(request)
            if request.headers.get("Content-Type", "application/octet-stream") != "application/octet-stream":
                raise RefusalError("UNKNOWN", "bad Content-Type", old={})
            await self._receive(request, upload)
            request["detail"]["size"] = upload.size
            return _progress(request, upload, 202)

    @call("blob.put")
    async def finish(self, request: web.Request) -> web.Response:
        """Take the last bytes, compare the digest, keep the blob; after a wrong digest the session goes on."""
        upload = self._resume(request)
        async with upload.lock:
            self._resume(request)
            digest = request.query.get("digest", "")
            if not is_digest(digest):
                raise RefusalError("DIGEST_INVALID", "digest parsing failed" if digest else "digest missing")
            request["subject"] = f"{upload.repository}:{digest}"
            await self._receive(request, upload)
            if upload.digest != digest:
                raise RefusalError(
                    "DIGEST_INVALID",
                    f"invalid digest for referenced layer: {digest}, content does not match digest",
                    old={"Digest": digest, "Reason": {}},
                )
            self._storage.keep_layer(upload.repository, digest, upload.path)
            self._uploads.close(upload)
            request["detail"]["size"] = upload.size
            return _created(request, upload.repository, digest)

    @call("upload.cancel")
    async def cancel(self, request: web.Request) -> web.Response:
        """End the session; afterwards it is unknown."""
        upload = self._resume(request)
        async with upload.lock:
            self._uploads.close(upload)
        return empty_reply(204, {"Docker-Upload-UUID": upload.id})

    def _resume(self, request: web.Request) -> Upload:
        match = request.match_info
        return self._uploads.resume(match["repository"], match["upload"], request.query.get("_state", ""))

    async def _receive(self, request: web.Request, upload: Upload) -> None:
        if not self._edition.is_old:  # 2.8 appends whatever comes
            _check_range(request, upload)
        try:
            await upload.append(request.content.iter_chunked(CHUNK))
        except (ClientError, ConnectionError, web.PayloadAccessError) as error:
            request["detail"].update(size=upload.size, broken=True)
            raise DroppedError from error


def _check_range(request: web.Request, upload: Upload) -> None:
    content_range, length = request.headers.get("Content-Range", ""), request.headers.get("Content-Length", "")
    if not content_range or not length:
        return
    match = re.fullmatch(r"(\d+)-(\d+)", content_range)
    if match is None:
        raise RefusalError("UNKNOWN", f"invalid content range format, {content_range}")
    first, last = int(match[1]), int(match[2])
    if first > last or first != upload.size:
        raise RefusalError("RANGE_INVALID")
    if int(length) != last - first + 1:
        raise RefusalError("SIZE_INVALID")


def _progress(request: web.Request, upload: Upload, status: int) -> web.Response:
    location = absolute(request, f"/v2/{upload.repository}/blobs/uploads/{upload.id}?_state={upload.state}")
    return empty_reply(status, {"Location": location, "Docker-Upload-UUID": upload.id, "Range": upload.range})


def _created(request: web.Request, name: str, digest: str) -> web.Response:
    location = absolute(request, f"/v2/{name}/blobs/{digest}")
    return empty_reply(201, {"Location": location, "Docker-Content-Digest": digest})
