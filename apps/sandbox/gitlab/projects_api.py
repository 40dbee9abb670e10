"""Endpoints: version, user, token, projects, members.

Must not: touch refs.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from apps.sandbox.base.server import call
from apps.sandbox.gitlab import render
from apps.sandbox.gitlab.access import Caller
from apps.sandbox.gitlab.delivery import VERSION
from apps.sandbox.gitlab.errors import ApiError, answer, not_found
from apps.sandbox.gitlab.hub import Hub
from apps.sandbox.gitlab.model import Project, User
from apps.sandbox.gitlab.params import flag, integer, one_of, params

ORDERS = ("id", "name", "path", "created_at", "updated_at", "last_activity_at", "similarity", "star_count")


class ProjectsApi:
    """Who am I, what is there, who belongs to it."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    def routes(self, router: web.UrlDispatcher) -> None:
        """Add the routes."""
        router.add_get("/api/v4/version", self.version)
        router.add_get("/api/v4/user", self.user)
        router.add_get("/api/v4/personal_access_tokens/self", self.token)
        router.add_get("/api/v4/projects", self.list_all)
        router.add_get("/api/v4/projects/{id}", self.get)
        for path in ("members/all", "members"):
            router.add_get(f"/api/v4/projects/{{id}}/{path}", self.members)
            router.add_get(f"/api/v4/projects/{{id}}/{path}/{{user_id}}", self.member)

    @call("version.get")
    async def version(self, request: web.Request) -> web.Response:
        """`GET /version`."""
        self.hub.access.user(request, "api", "read_api", "read_user")
        docs = f"{self.hub.url}/help"
        kas = {"enabled": False, "externalUrl": None, "version": None}
        return answer({"version": VERSION, "revision": "5a4ba9c5ffd", "kas": kas, "enterprise": False, "docs": docs})

    @call("user.get")
    async def user(self, request: web.Request) -> web.Response:
        """`GET /user`."""
        caller = self.hub.access.user(request, "api", "read_api", "read_user")
        own = {"email": caller.user.email, "is_admin": False, "bot": False, "two_factor_enabled": False}
        return answer(render.user_basic(caller.user, self.hub.url) | own)

    @call("token.get")
    async def token(self, request: web.Request) -> web.Response:
        """`GET /personal_access_tokens/self`: any scope will do."""
        secret_caller = self.hub.access.user(request, "api", "read_api", "read_user", "read_repository")
        return answer(render.token_json(secret_caller.token))

    @call("project.get")
    async def get(self, request: web.Request) -> web.Response:
        """`GET /projects/:id`."""
        caller, project = self.hub.access.project(request)
        return answer(await self._full(project, caller))

    async def _full(self, project: Project, caller: Caller | None) -> dict[str, Any]:
        access = self.hub.access
        level = access.level(caller, project)
        code = access.reads_code(caller, project)
        empty = not (await self.hub.repo(project).refs()).branches
        return render.project_full(project, self.hub.url, caller, level, reads_code=code, empty=empty)

    @call("project.list")
    async def list_all(self, request: web.Request) -> web.Response:
        """`GET /projects`, offset or keyset (by id only)."""
        caller = self.hub.access.caller(request)
        values = await params(request)
        order = one_of(values, "order_by", ORDERS, "created_at")
        descending = one_of(values, "sort", ("asc", "desc"), "desc") == "desc"
        projects = [p for p in self.hub.state.projects.values() if self._listed(p, caller, values)]
        key = {"updated_at": "last_activity_at", "similarity": "id", "star_count": "id"}.get(order, order)
        projects.sort(key=lambda p: (getattr(p, key), p.id), reverse=descending)
        page = await self.hub.page(request)
        if page.keyset:
            if order != "id":
                raise ApiError(405, {"error": "Keyset pagination is not yet available for this type of request"})
            bound = "id_before" if descending else "id_after"
            after = integer(values, bound, 0)
            rest = [p for p in projects if not after or (p.id < after if descending else p.id > after)]
            shown = rest[: page.size]
            headers = {"Link": page.link("next", **{bound: shown[-1].id})} if len(rest) > page.size else {}
        else:
            shown, headers = page.cut(projects)
        if flag(values, "simple") or caller is None:
            return answer([await self._simple(p, caller) for p in shown], headers=headers)
        return answer([await self._full(p, caller) for p in shown], headers=headers)

    async def _simple(self, project: Project, caller: Caller | None) -> dict[str, Any]:
        code = self.hub.access.reads_code(caller, project)
        return render.project_basic(project, self.hub.url, reads_code=code, empty=False)

    def _listed(self, project: Project, caller: Caller | None, values: dict[str, Any]) -> bool:
        access = self.hub.access
        least = integer(values, "min_access_level", 1 if flag(values, "membership") else 0)
        if not access.visible(caller, project) or access.level(caller, project) < least:
            return False
        if flag(values, "owned") and access.level(caller, project) < 50:
            return False
        if values.get("visibility") and values["visibility"] != project.visibility:
            return False
        if "archived" in values and flag(values, "archived") is not project.archived:
            return False
        place = project.path if flag(values, "search_namespaces") else project.name
        return str(values.get("search") or "").lower() in f"{place} {project.description}".lower()

    # -- members ------------------------------------------------------------------------------------------
    def _members(self, project: Project, *, inherited: bool) -> list[tuple[User, int]]:
        state = self.hub.state
        found = {state.ensure_user(name).id: level for name, level in project.members.items()}
        if inherited:
            for token in state.tokens.values():
                if token.access_level and not token.revoked and not token.expired:
                    found[token.user_id] = max(found.get(token.user_id, 0), token.access_level)
        return [(state.users[number], level) for number, level in sorted(found.items())]

    def _member_json(self, user: User, level: int, project: Project) -> dict[str, Any]:
        extra = {
            "access_level": level,
            "created_at": project.created_at,
            "expires_at": None,
            "membership_state": "active",
        }
        return render.user_basic(user, self.hub.url) | extra

    @call("member.list")
    async def members(self, request: web.Request) -> web.Response:
        """`GET …/members` (direct) and `…/members/all` (with inherited)."""
        _caller, project = self.hub.access.project(request)
        query = str((await params(request)).get("query") or "").lower()
        everyone = self._members(project, inherited=request.path.endswith("/all"))
        found = [(u, level) for u, level in everyone if query in f"{u.name} {u.username} {u.email}".lower()]
        shown, headers = (await self.hub.page(request)).cut(found)
        return answer([self._member_json(u, level, project) for u, level in shown], headers=headers)

    @call("member.get")
    async def member(self, request: web.Request) -> web.Response:
        """One member by user id."""
        _caller, project = self.hub.access.project(request)
        for user, level in self._members(project, inherited="/members/all/" in request.path):
            if str(user.id) == request.match_info["user_id"]:
                return answer(self._member_json(user, level, project))
        raise not_found()
