"""Endpoints of the admin port: tokens, projects, members. For tests and the demo, not GitLab's API.

Must not: be reachable on the public listener.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from apps.sandbox.gitlab.demo import LANGUAGES, Demo
from apps.sandbox.gitlab.hub import Hub
from apps.sandbox.gitlab.model import MAINTAINER

VISIBILITIES = ("public", "internal", "private")


class Admin:
    """`POST /tokens`, `/projects`, `/projects/{id}/move`, `/projects/{id}/members`."""

    def __init__(self, hub: Hub, demo: Demo) -> None:
        self.hub = hub
        self.demo = demo

    def routes(self, router: web.UrlDispatcher) -> None:
        """Add the routes."""
        router.add_post("/tokens", self.put_token)
        router.add_post("/projects", self.create_project)
        router.add_post("/projects/{id}/move", self.move_project)
        router.add_post("/projects/{id}/members", self.put_member)

    async def put_token(self, request: web.Request) -> web.Response:
        """Create or replace: {token, scopes, access_level, username, expires_at?, revoked?}."""
        raw: dict[str, Any] = await request.json()
        made = self.hub.state.put_token(
            str(raw["token"]),
            username=str(raw.get("username") or "developer"),
            scopes=[str(scope) for scope in raw.get("scopes", ["api"])],
            access_level=int(raw.get("access_level", MAINTAINER)),
            expires_at=raw.get("expires_at"),
            revoked=bool(raw.get("revoked", False)),
        )
        self.hub.save_soon()
        return web.json_response({"id": made.id, "user_id": made.user_id}, status=201)

    async def create_project(self, request: web.Request) -> web.Response:
        """A copy of a language's demo repository: {path, language, visibility}."""
        raw: dict[str, Any] = await request.json()
        path, language = str(raw["path"]).strip("/"), str(raw.get("language") or "")
        visibility = str(raw.get("visibility") or "public")
        if language and language not in LANGUAGES:
            return web.json_response({"error": f"language must be one of {', '.join(LANGUAGES)}"}, status=400)
        if visibility not in VISIBILITIES:
            return web.json_response({"error": f"visibility must be one of {', '.join(VISIBILITIES)}"}, status=400)
        if self.hub.state.find_project(path) is not None:
            return web.json_response({"error": f"{path} exists"}, status=409)
        project = await self.demo.add_project(path, language, visibility)
        return web.json_response({"id": project.id, "path_with_namespace": project.path}, status=201)

    async def move_project(self, request: web.Request) -> web.Response:
        """Rename: {path}; the old path redirects."""
        project = self.hub.state.find_project(request.match_info["id"])
        if project is None:
            raise web.HTTPNotFound
        self.hub.state.move_project(project, str((await request.json())["path"]).strip("/"))
        self.hub.save_soon()
        return web.json_response({"id": project.id, "path_with_namespace": project.path})

    async def put_member(self, request: web.Request) -> web.Response:
        """{username, access_level}; level 0 removes."""
        project = self.hub.state.find_project(request.match_info["id"])
        if project is None:
            raise web.HTTPNotFound
        raw = await request.json()
        user = self.hub.state.ensure_user(str(raw["username"]), str(raw.get("name") or ""))
        level = int(raw.get("access_level", MAINTAINER))
        if level:
            project.members[user.username] = level
        else:
            project.members.pop(user.username, None)
        self.hub.save_soon()
        return web.json_response({"id": user.id, "access_level": level}, status=201)
