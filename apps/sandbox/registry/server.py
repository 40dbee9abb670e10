"""The registry stand-in: an image registry over plain HTTP that answers as distribution does, 3.x or Debian's 2.8.

This file routes, lets in and refuses; what a call does lies in the `*_calls` modules. Must not: know who pushes
or pulls, or treat any repository specially.
"""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web

from apps.sandbox.base.server import Handler, StandIn, call
from apps.sandbox.registry import access
from apps.sandbox.registry.blob_calls import BlobCalls
from apps.sandbox.registry.editions import Edition
from apps.sandbox.registry.list_calls import ListCalls
from apps.sandbox.registry.manifest_calls import ManifestCalls
from apps.sandbox.registry.names import DIGEST, REPOSITORY, TAG, UPLOAD
from apps.sandbox.registry.replies import RefusalError, text_reply
from apps.sandbox.registry.storage import Storage
from apps.sandbox.registry.tokens import Trust
from apps.sandbox.registry.upload_calls import UploadCalls

Call = Callable[[web.Request], Awaitable[web.StreamResponse]]


class RegistryServer(StandIn):
    """One registry with one user, or with a token service that it trusts. Without `data_dir` its content ends with it.

    Fault scripts match on `repository`, `reference` (tag or digest of a manifest), `digest` (of a blob) and `upload`.
    """

    name = "registry"

    def __init__(
        self,
        data_dir: Path | None,
        *,
        user: str = "",
        password: str = "",
        tokens: Trust | None = None,
        edition: Edition = Edition.V3,
    ) -> None:
        self.user = user
        self.password = password
        self.edition = edition
        self._door: access.Door = access.TokenDoor(tokens, edition) if tokens else access.PasswordDoor(user, password)
        self._temporary = None if data_dir else tempfile.TemporaryDirectory(prefix="registry-")
        self.storage = Storage(Path(self._temporary.name) if self._temporary else Path(data_dir or "."))
        super().__init__(data_dir)
        self.app.on_response_prepare.append(_name_api_version)

    def routes(self) -> None:
        """The API's paths; whatever matches none is a plain 404 without a challenge."""
        lists = ListCalls(self.storage, self.edition, lambda: self.faults)
        manifests = ManifestCalls(self.storage, self.edition)
        blobs, uploads = BlobCalls(self.storage, self.edition), UploadCalls(self.storage, self.edition)
        under = f"/v2/{{repository:{REPOSITORY}}}"
        self.app.router.add_route("*", "/", _alive)
        self.app.router.add_route("*", "/v2", _with_slash)
        self._add("/v2/", {"*": lists.ping}, "")
        self._add("/v2/_catalog", {"GET": lists.catalog}, "GET")
        self._add(f"{under}/tags/list", {"GET": lists.tags}, "GET")
        self._add(
            f"{under}/manifests/{{reference:{TAG}|{DIGEST}}}",
            {"GET": manifests.get, "HEAD": manifests.head, "PUT": manifests.put, "DELETE": manifests.delete},
            manifests.allowed,
        )
        self.app.router.add_route("*", f"{under}/blobs/uploads", _with_slash)
        self._add(f"{under}/blobs/uploads/", {"POST": uploads.start}, uploads.refuse)
        self._add(
            f"{under}/blobs/uploads/{{upload:{UPLOAD}}}",
            {
                "GET": uploads.status,
                "HEAD": uploads.status,
                "PATCH": uploads.patch,
                "PUT": uploads.finish,
                "DELETE": uploads.cancel,
            },
            uploads.refuse,
        )
        self._add(
            f"{under}/blobs/{{digest:{DIGEST}}}",
            {"GET": blobs.get, "HEAD": blobs.head, "DELETE": blobs.delete},
            blobs.allowed,
        )
        self.app.router.add_route("*", "/{tail:.*}", _no_route)

    async def stop_work(self) -> None:
        """Every change is on disk already; close the index."""
        self.storage.close()
        if self._temporary is not None:
            self._temporary.cleanup()

    def _add(self, path: str, calls: dict[str, Call], otherwise: str | Call) -> None:
        """One path; any other method gets the plain 405 that names these, or goes to a handler."""
        resource = self.app.router.add_resource(path)
        for method, handler in calls.items():
            resource.add_route(method, self._guarded(handler))
        if "*" not in calls:
            refuse = _refuse_method(otherwise) if isinstance(otherwise, str) else otherwise
            resource.add_route("*", self._guarded(refuse))

    def _guarded(self, handler: Call) -> Handler:
        """Name the subject, ask for credentials, turn a refusal into the error envelope."""

        @functools.wraps(handler)
        async def guarded(request: web.Request) -> web.StreamResponse:
            match = request.match_info
            parts = (match.get("repository"), match.get("reference") or match.get("digest") or match.get("upload"))
            request["subject"] = ":".join(part for part in parts if part)
            try:
                request["agent"] = self._door.agent(request)
            except access.NotLetInError as error:
                refusal = RefusalError("UNAUTHORIZED", access.needed(request))
                return refusal.reply(self.edition, {"WWW-Authenticate": str(error)})
            try:
                return await handler(request)
            except RefusalError as refusal:
                request["detail"]["code"] = refusal.errors[0]["code"]
                return refusal.reply(self.edition)

        return guarded


def _refuse_method(allowed: str) -> Call:
    @call("refused.method")
    async def refuse(request: web.Request) -> web.Response:
        return text_reply(405, "Method not allowed", {"Allow": allowed})

    return refuse


async def _name_api_version(request: web.Request, response: web.StreamResponse) -> None:
    if request.path != "/":
        response.headers["Docker-Distribution-Api-Version"] = "registry/2.0"


@call("alive")
async def _alive(request: web.Request) -> web.Response:
    return web.Response(headers={"Cache-Control": "no-cache"})


@call("refused.slash")
async def _with_slash(request: web.Request) -> web.Response:
    return web.Response(status=301, headers={"Location": request.path + "/"})


@call("refused.path")
async def _no_route(request: web.Request) -> web.Response:
    return text_reply(404, "404 page not found")
