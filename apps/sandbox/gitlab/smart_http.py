"""Real Git over HTTP: `git upload-pack` and `git receive-pack` behind GitLab's sign-in and access check.

Public projects are read without credentials, private ones with any user and the token. Must not: use a shell.
"""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress

from aiohttp import web

from apps.sandbox.base.server import call
from apps.sandbox.gitlab import git, pushes
from apps.sandbox.gitlab.access import Caller, basic_password
from apps.sandbox.gitlab.errors import ApiError
from apps.sandbox.gitlab.hub import Hub
from apps.sandbox.gitlab.model import DEVELOPER, Project
from apps.sandbox.gitlab.objects import ZERO
from apps.sandbox.gitlab.repository import Repository

UPLOAD, RECEIVE = "git-upload-pack", "git-receive-pack"
CHUNK = 64 * 1024
READ_SCOPES = {"api", "read_repository", "write_repository"}
WRITE_SCOPES = {"api", "write_repository"}
_PROTOCOL = re.compile(r"^[a-z0-9=:.-]{1,100}$")
NOT_FOUND = "The project you were looking for could not be found or you don't have permission to view it."


class SmartHttp:
    """Clone, fetch and push."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    def routes(self, router: web.UrlDispatcher) -> None:
        """Add the routes; a path without `.git` is sent to the one with it."""
        router.add_get("/{path:.+}.git/info/refs", self.advertise)
        router.add_post(f"/{{path:.+}}.git/{UPLOAD}", self.upload_pack)
        router.add_post(f"/{{path:.+}}.git/{RECEIVE}", self.receive_pack)
        router.add_get("/{path:.+}/info/refs", self.redirect)

    @call("git.redirect")
    async def redirect(self, request: web.Request) -> web.Response:
        """`/shop/app/info/refs` → `/shop/app.git/info/refs`."""
        path = f"/{request.match_info['path']}.git/info/refs"
        raise web.HTTPMovedPermanently(f"{self.hub.url}{path}?{request.query_string}")

    # -- access -------------------------------------------------------------------------------------------
    def _caller(self, request: web.Request) -> Caller | None:
        secret = basic_password(request)
        if secret is None:
            return None
        try:
            caller = self.hub.access.by_token(secret)
        except ApiError:
            raise _denied() from None
        request["agent"] = caller.user.username
        return caller

    def _open(self, request: web.Request, *, write: bool) -> tuple[Caller | None, Project]:
        """The project, for a caller who may read (or write) it."""
        caller = self._caller(request)
        project = self.hub.state.find_project(request.match_info["path"])
        access = self.hub.access
        if caller is None and (write or project is None or not access.reads_code(None, project)):
            raise _denied()  # anonymous callers are asked to sign in, whether the project exists or not
        if project is None or not access.visible(caller, project):
            raise web.HTTPNotFound(text=NOT_FOUND)
        request["subject"] = project.path
        if not access.reads_code(caller, project):
            raise web.HTTPForbidden(text="You are not allowed to download code from this project.")
        if caller is not None and not READ_SCOPES & set(caller.token.scopes):
            raise _denied()
        if write and caller is not None:
            if not WRITE_SCOPES & set(caller.token.scopes):
                raise _denied()
            if access.level(caller, project) < DEVELOPER:
                raise web.HTTPForbidden(text="You are not allowed to push code to this project.")
        return caller, project

    # -- the three calls ----------------------------------------------------------------------------------
    @call("git.info-refs")
    async def advertise(self, request: web.Request) -> web.StreamResponse:
        """`GET …/info/refs?service=`."""
        service = request.query.get("service", "")
        if service not in (UPLOAD, RECEIVE):
            raise web.HTTPForbidden(text="Use a Git client with the smart protocol.")
        _caller, project = self._open(request, write=service == RECEIVE)
        request["detail"]["service"] = service
        repo = self.hub.repo(project)
        args = (service.removeprefix("git-"), "--stateless-rpc", "--http-backend-info-refs", ".")
        out = await git.run(repo.path, *args, env=_protocol(request))
        version2 = "version=2" in request.headers.get("Git-Protocol", "") and service == UPLOAD
        head = b"" if version2 else pushes.advertisement(service)
        return web.Response(body=head + out, content_type=f"application/x-{service}-advertisement", headers=_NO_CACHE)

    @call("git.upload-pack")
    async def upload_pack(self, request: web.Request) -> web.StreamResponse:
        """`POST …/git-upload-pack`: streamed."""
        _caller, project = self._open(request, write=False)
        return await self._serve(request, self.hub.repo(project), UPLOAD, await request.read())

    @call("git.receive-pack")
    async def receive_pack(self, request: web.Request) -> web.StreamResponse:
        """`POST …/git-receive-pack`: checked, applied, announced."""
        caller, project = self._open(request, write=True)
        if caller is None:
            raise _denied()
        body = await request.read()
        try:
            commands, capabilities = pushes.parse(body)
        except pushes.BadPushError as error:
            raise web.HTTPBadRequest(text=str(error)) from None
        request["detail"]["refs"] = [command.ref for command in commands][:50]
        level = self.hub.access.level(caller, project)
        reasons = [reason for c in commands if (reason := pushes.refusal(c, project, level))]
        if reasons:
            request["detail"]["refused"] = reasons[0]
            reply = pushes.refuse(commands, capabilities, reasons[0])
            return web.Response(body=reply, content_type=f"application/x-{RECEIVE}-result", headers=_NO_CACHE)
        repo = self.hub.repo(project)
        guarded = any(c.ref == f"refs/heads/{project.default_branch}" for c in commands)
        config = ("-c", "receive.denyNonFastForwards=true") if guarded else ()
        async with repo.lock:
            before = (await repo.refs()).targets()
            try:
                return await self._serve(request, repo, RECEIVE, body, *config)
            finally:
                repo.touch()
                await self._announce(project, caller, before)

    async def _announce(self, project: Project, caller: Caller, before: dict[str, str]) -> None:
        after = (await self.hub.repo(project).refs()).targets()
        moved = [ref for ref in sorted(before.keys() | after.keys()) if before.get(ref) != after.get(ref)]
        changes = [(ref, before.get(ref, ZERO), after.get(ref, ZERO)) for ref in moved]
        if changes:
            await self.hub.changed(project, caller, changes)

    async def _serve(
        self, request: web.Request, repo: Repository, service: str, body: bytes, *config: str
    ) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": f"application/x-{service}-result", **_NO_CACHE})
        args = (*config, service.removeprefix("git-"), "--stateless-rpc", ".")
        async with git.slots():
            process = await git.start(repo.path, *args, env=_protocol(request))
            feed = asyncio.ensure_future(_feed(process, body))
            drain = asyncio.ensure_future(_drain(process))
            try:
                await response.prepare(request)
                if process.stdout is not None:
                    while chunk := await process.stdout.read(CHUNK):
                        await response.write(chunk)
                await process.wait()
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()
                await asyncio.gather(feed, drain)
        await response.write_eof()
        return response


_NO_CACHE = {"Cache-Control": "no-cache, max-age=0, must-revalidate"}


def _denied() -> web.HTTPUnauthorized:
    return web.HTTPUnauthorized(text="HTTP Basic: Access denied.", headers={"WWW-Authenticate": 'Basic realm="GitLab"'})


def _protocol(request: web.Request) -> dict[str, str]:
    """The protocol version a client asks for, when it is well formed."""
    wanted = request.headers.get("Git-Protocol", "")
    return {"GIT_PROTOCOL": wanted} if _PROTOCOL.match(wanted) else {}


async def _feed(process: asyncio.subprocess.Process, body: bytes) -> None:
    if process.stdin is None:
        return
    with suppress(BrokenPipeError, ConnectionResetError):
        process.stdin.write(body)
        await process.stdin.drain()
    process.stdin.close()


async def _drain(process: asyncio.subprocess.Process) -> None:
    """Keep the error pipe empty, so that git never blocks on it."""
    while process.stderr is not None and await process.stderr.read(CHUNK):
        continue
