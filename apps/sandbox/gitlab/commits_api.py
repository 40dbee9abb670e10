"""Endpoints: commits (list, one, refs, diff, create from actions), compare, merge base.

Must not: keep more than a page of history in an answer; compare is bounded by COMPARED commits.
"""

from __future__ import annotations

import time
from typing import Any

from aiohttp import web

from apps.sandbox.base.server import call
from apps.sandbox.gitlab import diffs, render, writes
from apps.sandbox.gitlab.actions import changes_of
from apps.sandbox.gitlab.errors import answer, forbidden, message, not_found
from apps.sandbox.gitlab.hub import Hub
from apps.sandbox.gitlab.model import DEVELOPER, MAINTAINER, Project
from apps.sandbox.gitlab.names import is_valid_ref_name
from apps.sandbox.gitlab.objects import ZERO
from apps.sandbox.gitlab.params import flag, one_of, params, require
from apps.sandbox.gitlab.repository import LogQuery, Repository

COMPARED = 1000
CACHE_KEPT = 500


class CommitsApi:
    """History and differences."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self._compared: dict[tuple[Any, ...], tuple[float, dict[str, Any]]] = {}

    def routes(self, router: web.UrlDispatcher) -> None:
        """Add the routes."""
        base = "/api/v4/projects/{id}/repository"
        router.add_get(base + "/commits", self.list_all)
        router.add_post(base + "/commits", self.create)
        router.add_get(base + "/commits/{sha}", self.get)
        router.add_get(base + "/commits/{sha}/refs", self.refs)
        router.add_get(base + "/commits/{sha}/diff", self.diff)
        router.add_get(base + "/compare", self.compare)
        router.add_get(base + "/merge_base", self.merge_base)

    @call("commit.list")
    async def list_all(self, request: web.Request) -> web.Response:
        """`GET …/commits`: no totals; an unknown ref has none."""
        _caller, project = self.hub.access.code(request)
        values = await params(request)
        order = one_of(values, "order", ("default", "topo"), "default")
        page = await self.hub.page(request)
        repo = self.hub.repo(project)
        everything = flag(values, "all")
        revision = await self._revision(repo, str(values.get("ref_name") or project.default_branch))
        if revision is None and not everything:
            return answer([], headers=page.uncounted([])[1])
        query = LogQuery(
            revision=revision or "",
            skip=page.start,
            limit=page.size + 1,
            since=str(values.get("since") or ""),
            until=str(values.get("until") or ""),
            author=str(values.get("author") or ""),
            path=str(values.get("path") or ""),
            first_parent=flag(values, "first_parent"),
            all_refs=everything,
            topological=order == "topo",
        )
        shown, headers = page.uncounted(await repo.log(query))
        body = [render.commit_json(commit, project, self.hub.url) for commit in shown]
        if flag(values, "with_stats"):
            counts = await diffs.line_counts(repo, [commit.sha for commit in shown])
            body = [entry | {"stats": counts[entry["id"]]} for entry in body]
        return answer(body, headers=headers)

    @staticmethod
    async def _revision(repo: Repository, name: str) -> str | None:
        """A ref, or a range `a..b` / `a...b`, as commit ids."""
        for dots in ("...", ".."):
            if dots in name:
                left, _, right = name.partition(dots)
                ends = [await repo.resolve(left or "HEAD"), await repo.resolve(right or "HEAD")]
                return f"{ends[0]}{dots}{ends[1]}" if all(ends) else None
        return await repo.resolve(name)

    async def _sha(self, request: web.Request, project: Project) -> str:
        sha = await self.hub.repo(project).resolve(request.match_info["sha"])
        if sha is None:
            raise not_found("Commit")
        return sha

    @call("commit.get")
    async def get(self, request: web.Request) -> web.Response:
        """`GET …/commits/:sha`: an id, a branch or a tag."""
        _caller, project = self.hub.access.code(request)
        repo = self.hub.repo(project)
        sha = await self._sha(request, project)
        body = render.commit_json(await repo.commit(sha), project, self.hub.url)
        counts = await diffs.line_counts(repo, [sha])
        more = {"stats": counts[sha], "status": None, "project_id": project.id, "last_pipeline": None}
        return answer(body | more)

    @call("commit.refs")
    async def refs(self, request: web.Request) -> web.Response:
        """`GET …/commits/:sha/refs?type=`."""
        _caller, project = self.hub.access.code(request)
        kind = one_of(await params(request), "type", ("branch", "tag", "all"), "all")
        containing = await self.hub.repo(project).refs_containing(await self._sha(request, project))
        found = [{"type": k, "name": n} for k, n in containing if kind in ("all", k)]
        shown, headers = (await self.hub.page(request)).cut(found)
        return answer(shown, headers=headers)

    @call("commit.diff")
    async def diff(self, request: web.Request) -> web.Response:
        """`GET …/commits/:sha/diff`: against the first parent, or against nothing."""
        _caller, project = self.hub.access.code(request)
        repo = self.hub.repo(project)
        commit = await repo.commit(await self._sha(request, project))
        found = await diffs.file_diffs(repo, commit.parents[0] if commit.parents else diffs.EMPTY_TREE, commit.sha)
        shown, headers = (await self.hub.page(request)).cut(found)
        return answer(shown, headers=headers)

    @call("commit.create")
    async def create(self, request: web.Request) -> web.Response:
        """`POST …/commits {branch, commit_message, actions, start_branch?}`."""
        caller, project = self.hub.access.code(request)
        values = await params(request)
        require(values, "branch", "commit_message", "actions")
        caller = self.hub.access.require(caller, project, DEVELOPER)
        branch = str(values["branch"])
        if branch == project.default_branch and self.hub.access.level(caller, project) < MAINTAINER:
            raise forbidden("You are not allowed to push into this branch")
        repo = self.hub.repo(project)
        request["detail"]["branch"] = branch
        async with repo.lock:
            before = (await repo.refs()).branches.get(branch)
            parent = await self._parent(repo, branch, before, values)
            own = writes.Signature(caller.user.name, caller.user.email)
            author = writes.Signature(
                str(values.get("author_name") or own.name), str(values.get("author_email") or own.email)
            )
            changes = await changes_of(repo, parent, values["actions"])
            new = writes.NewCommit(branch, parent, str(values["commit_message"]), author, own, changes)
            await writes.commit(repo, [new], force=flag(values, "force"))
            sha = (await repo.refs()).branches[branch]
        await self.hub.changed(project, caller, [(f"refs/heads/{branch}", before or ZERO, sha)])
        body = render.commit_json(await repo.commit(sha), project, self.hub.url)
        counts = await diffs.line_counts(repo, [sha])
        more = {"stats": counts[sha], "status": None, "project_id": project.id, "last_pipeline": None}
        return answer(body | more, 201)

    @staticmethod
    async def _parent(repo: Repository, branch: str, tip: str | None, values: dict[str, Any]) -> str | None:
        start = str(values.get("start_branch") or values.get("start_sha") or "")
        if start and start != branch:
            if tip is not None and not flag(values, "force"):
                text = f"A branch called '{branch}' already exists. Switch to that branch in order to make changes"
                raise message(400, text)
            found = await repo.resolve(start)
            if found is None:
                raise message(400, f"Cannot find start branch '{start}'")
            tip = found
        elif tip is None and (await repo.refs()).branches:
            raise message(400, "You can only create or edit files when you are on a branch")
        if not is_valid_ref_name(branch):
            raise message(400, "Branch name is invalid")
        return tip

    @call("compare")
    async def compare(self, request: web.Request) -> web.Response:
        """`GET …/compare?from=&to=&straight=`: up to a minute old."""
        caller, project = self.hub.access.code(request)
        values = await params(request)
        require(values, "from", "to")
        other = values.get("from_project_id")
        if other and str(other) != str(project.id):
            source = self.hub.state.find_project(str(other))
            if source is None or not self.hub.access.visible(caller, source):
                raise not_found("Project")
            raise message(400, f"Target project id:{other} is not a fork of project id:{project.id}")
        straight = flag(values, "straight")
        request["detail"] |= {"from": str(values["from"]), "to": str(values["to"])}
        key = (project.id, caller.user.id if caller else 0, values["from"], values["to"], straight)
        kept = self._compared.get(key)
        if kept is not None and time.monotonic() < kept[0]:
            return answer(kept[1])
        body = await self._compare(project, str(values["from"]), str(values["to"]), straight=straight)
        if len(self._compared) > CACHE_KEPT:
            self._compared.clear()
        self._compared[key] = (time.monotonic() + self.hub.options.compare_cache_seconds, body)
        return answer(body)

    async def _compare(self, project: Project, left: str, right: str, *, straight: bool) -> dict[str, Any]:
        repo = self.hub.repo(project)
        old, new = await repo.resolve(left), await repo.resolve(right)
        if old is None or new is None:
            raise not_found("Ref")
        commits = await repo.log(LogQuery(revision=f"{old}..{new}", limit=COMPARED, oldest_first=True))
        base = old if straight else await repo.merge_base([old, new])
        entries = [render.commit_json(commit, project, self.hub.url) for commit in commits]
        return {
            "commit": entries[-1] if entries else None,
            "commits": entries,
            "diffs": await diffs.file_diffs(repo, base or diffs.EMPTY_TREE, new) if base != new else [],
            "compare_timeout": False,
            "compare_same_ref": old == new,
            "web_url": f"{self.hub.url}/{project.path}/-/compare/{old}...{new}",
        }

    @call("merge_base")
    async def merge_base(self, request: web.Request) -> web.Response:
        """`GET …/merge_base?refs[]=a&refs[]=b`."""
        _caller, project = self.hub.access.code(request)
        names = (await params(request)).get("refs")
        if not isinstance(names, list) or len(names) < 2:
            raise message(400, "Provide at least 2 refs")
        repo = self.hub.repo(project)
        shas = [await repo.resolve(str(name)) for name in names]
        for name, sha in zip(names, shas, strict=True):
            if sha is None:
                raise message(400, f"Could not find ref: {name}")
        base = await repo.merge_base([sha for sha in shas if sha])
        if base is None:
            raise not_found("Merge Base")
        return answer(render.commit_json(await repo.commit(base), project, self.hub.url))
