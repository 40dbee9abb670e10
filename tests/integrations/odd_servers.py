"""Small servers with habits the stand-ins do not have: a token service, storage elsewhere, endless and huge bodies.

Each keeps what it was sent in `seen`, so that a test can tell which credential reached whom.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aiohttp import web

from apps.sandbox.base.server import StandIn
from apps.sandbox.images import Image
from apps.sandbox.registry.access import is_allowed

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class OddServer(StandIn):
    """One handler for everything; `seen` holds (path, Authorization) of each request."""

    name = "odd"

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self.seen: list[tuple[str, str]] = []
        super().__init__(None)

    def routes(self) -> None:
        self.app.router.add_route("*", "/{tail:.*}", self._answer)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.seen.append((request.path, request.headers.get("Authorization", request.headers.get("PRIVATE-TOKEN", ""))))
        return await self._handler(request)


@dataclass
class TokenRegistry:
    """The answers of a registry with a token service; blobs lie on another server (`storage`)."""

    image: Image
    user: str = "ci"
    password: str = "s3cret"
    realm: str = ""
    storage: str = ""
    grants: bool = True
    life: int = 300
    issued: list[str] = field(default_factory=list)
    valid: set[str] = field(default_factory=set)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """The registry and its token service in one."""
        if request.path == "/token":
            return self._token(request)
        given = request.headers.get("Authorization", "")
        token = given.removeprefix("Bearer ") if given.startswith("Bearer ") else ""
        scope = "" if request.path == "/v2/" else "repository:team/app:pull"
        if token not in self.valid:
            return self._challenge(request, scope, "invalid_token" if token else "")
        if scope and not self.grants:
            return self._challenge(request, scope, "insufficient_scope")
        return self._serve(request)

    def _challenge(self, request: web.Request, scope: str, error: str) -> web.Response:
        realm = self.realm or f"http://{request.host}/token"
        header = f'Bearer realm="{realm}",service="portal-reg"'
        header += f',scope="{scope}"' if scope else ""
        header += f',error="{error}"' if error else ""
        body = {"errors": [{"code": "UNAUTHORIZED", "message": "authentication required", "detail": None}]}
        return web.json_response(body, status=401, headers={"WWW-Authenticate": header})

    def _token(self, request: web.Request) -> web.Response:
        if not is_allowed(request, self.user, self.password):
            return web.json_response({"errors": [{"code": "UNAUTHORIZED", "message": "no"}]}, status=401)
        self.issued.append(request.query.get("scope", ""))
        token = f"t{len(self.issued)}"
        self.valid.add(token)
        return web.json_response({"token": token, "expires_in": self.life})

    def _serve(self, request: web.Request) -> web.Response:
        if request.path == "/v2/":
            return web.json_response({})
        if "/manifests/" in request.path:
            kind = json.loads(self.image.manifest)["mediaType"]
            headers = {"Docker-Content-Digest": self.image.digest, "Content-Type": kind}
            return web.Response(body=self.image.manifest, headers=headers)
        return web.Response(status=307, headers={"Location": f"{self.storage}/data?X-Amz-Signature=abc"})


def basic(user: str, password: str) -> str:
    """The Authorization of Basic credentials."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
