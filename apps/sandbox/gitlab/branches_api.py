"""Endpoints: branches. The list is cached per user and parameters, so a new branch may be missing from it.

Must not: change what the cache's age is (see Options).
"""

from __future__ import annotations

import re
import time
from typing import Any

from aiohttp import web

from apps.sandbox.base.server import call
from apps.sandbox.gitlab import render, writes
from apps.sandbox.gitlab.access import Caller
from apps.sandbox.gitlab.errors import answer, forbidden, invalid, message, not_found
from apps.sandbox.gitlab.hub import Hub
from apps.sandbox.gitlab.model import DEVELOPER, Project
from apps.sandbox.gitlab.names import found_by, is_valid_ref_name
from apps.sandbox.gitlab.objects import ZERO, Commit
from apps.sandbox.gitlab.params import one_of, params, require

SORTS = ("name_asc", "updated_asc", "updated_desc")
CACHE_KEPT = 2000


class BranchesApi:
    """List, get, create, delete."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self._cache: dict[tuple[Any, ...], tuple[float, list[dict[str, Any]], dict[str, str]]] = {}

    def routes(self, router: web.UrlDispatcher) -> None:
        """Add the routes."""
        base = "/api/v4/projects/{id}/repository/branches"
        router.add_get(base, self.list_all)
        router.add_post(base, self.create)
        router.add_head(base + "/{branch}", self.head)
        router.add_get(base + "/{branch}", self.get, allow_head=False)
        router.add_delete(base + "/{branch}", self.delete)

    @call("branch.list")
    async def list_all(self, request: web.Request) -> web.Response:
        """`GET …/branches`: up to 30 seconds old."""
        caller, project = self.hub.access.code(request)
        values = await params(request)
        key = (project.id, caller.user.id if caller else 0, repr(sorted(values.items(), key=str)))
        kept = self._cache.get(key)
        if kept is not None and time.monotonic() < kept[0]:
            return answer(kept[1], headers=kept[2])
        body, headers = await self._list(request, caller, project)
        age = self.hub.options.branch_cache_seconds
        if age > 0:
            if len(self._cache) > CACHE_KEPT:
                self._cache.clear()
            self._cache[key] = (time.monotonic() + age, body, headers)
        return answer(body, headers=headers)

    async def _list(
        self, request: web.Request, caller: Caller | None, project: Project
    ) -> tuple[list[dict[str, Any]], dict[str, str]]:
        values = await params(request)
        refs = await self.hub.repo(project).refs()
        sort = one_of(values, "sort", SORTS, "name_asc")
        names = [n for n in refs.branches if found_by(str(values.get("search") or ""), n)]
        pattern = values.get("regex")
        if pattern:
            try:
                names = [n for n in names if re.search(str(pattern), n)]
            except re.error:
                raise message(400, "Regex is invalid") from None
        commits = await self.hub.commits_by_sha(project, [refs.branches[n] for n in names])
        if sort != "name_asc":
            stamps = {n: commits[refs.branches[n]].committed_date for n in names}
            names.sort(key=lambda n: stamps[n], reverse=sort == "updated_desc")
        page = await self.hub.page(request)
        if page.keyset:
            start = 0
            if page.token:
                token = page.token.removeprefix("refs/heads/")
                if token not in names:
                    raise message(422, f"Invalid page token: refs/heads/{token}")
                start = names.index(token) + 1
            shown, headers = page.after_name(names, start)
        else:
            shown, headers = page.gitaly_first(names) if page.number == 1 else page.cut(names)
        return [await self._one(project, caller, n, commits[refs.branches[n]]) for n in shown], headers

    async def _one(self, project: Project, caller: Caller | None, name: str, commit: Commit) -> dict[str, Any]:
        merged = await self.hub.repo(project).merged_into(project.default_branch)
        level = self.hub.access.level(caller, project)
        return render.branch_json(name, commit, project, self.hub.url, merged=name in merged, level=level)

    @call("branch.get")
    async def get(self, request: web.Request) -> web.Response:
        """`GET …/branches/:branch`: never cached."""
        caller, project = self.hub.access.code(request)
        name = request.match_info["branch"]
        repo = self.hub.repo(project)
        sha = (await repo.refs()).branches.get(name)
        if sha is None:
            raise not_found("Branch")
        return answer(await self._one(project, caller, name, await repo.commit(sha)))

    @call("branch.head")
    async def head(self, request: web.Request) -> web.Response:
        """`HEAD …/branches/:branch`: 204 or 404."""
        _caller, project = self.hub.access.code(request)
        found = request.match_info["branch"] in (await self.hub.repo(project).refs()).branches
        return web.Response(status=204 if found else 404)

    @call("branch.create")
    async def create(self, request: web.Request) -> web.Response:
        """`POST …/branches {branch, ref}`: every refusal of the name or ref is a 400."""
        caller, project = self.hub.access.code(request)
        values = await params(request)
        require(values, "branch", "ref")
        caller = self.hub.access.require(caller, project, DEVELOPER)
        name, ref = str(values["branch"]), str(values["ref"])
        if not name:
            raise invalid("branch is empty")
        repo = self.hub.repo(project)
        async with repo.lock:
            if name in (await repo.refs()).branches:
                raise message(400, "Branch already exists")
            if not is_valid_ref_name(name):
                raise message(400, "Branch name is invalid")
            sha = await repo.resolve(ref)
            if sha is None:
                raise message(400, f"Failed to create branch '{name}': invalid reference name '{ref}'")
            await writes.create_branch(repo, name, sha)
        await self.hub.changed(project, caller, [(f"refs/heads/{name}", ZERO, sha)])
        return answer(await self._one(project, caller, name, await repo.commit(sha)), 201)

    @call("branch.delete")
    async def delete(self, request: web.Request) -> web.Response:
        """`DELETE …/branches/:branch`."""
        caller, project = self.hub.access.code(request)
        caller = self.hub.access.require(caller, project, DEVELOPER)
        name = request.match_info["branch"]
        repo = self.hub.repo(project)
        async with repo.lock:
            sha = (await repo.refs()).branches.get(name)
            if sha is None:
                raise not_found("Branch")
            if name == project.default_branch:
                raise forbidden()
            await writes.delete_ref(repo, f"refs/heads/{name}", sha)
        await self.hub.changed(project, caller, [(f"refs/heads/{name}", sha, ZERO)])
        return web.Response(status=204)
