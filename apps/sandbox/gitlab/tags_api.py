"""Endpoints: tags and protected tags, with every refusal GitLab knows.

A protected tag is refused with 400 on create and 403 on delete. Must not: move a tag (GitLab cannot).
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from aiohttp import web

from apps.sandbox.base.server import call
from apps.sandbox.gitlab import render, writes
from apps.sandbox.gitlab.access import Caller
from apps.sandbox.gitlab.errors import ApiError, answer, forbidden, message, not_found
from apps.sandbox.gitlab.hub import Hub
from apps.sandbox.gitlab.model import DEVELOPER, MAINTAINER, Project, ProtectedTag
from apps.sandbox.gitlab.names import (
    found_by,
    is_valid_ref_name,
    may_create_tag,
    protecting,
    refused_tag_name,
    version_key,
)
from apps.sandbox.gitlab.objects import ZERO, Commit, TagRef
from apps.sandbox.gitlab.params import integer, one_of, params, require
from apps.sandbox.gitlab.repository import Repository


class TagsApi:
    """List, get, create, delete; rules that protect names."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    def routes(self, router: web.UrlDispatcher) -> None:
        """Add the routes."""
        base = "/api/v4/projects/{id}/repository/tags"
        router.add_get(base, self.list_all)
        router.add_post(base, self.create)
        router.add_get(base + "/{tag}", self.get)
        router.add_delete(base + "/{tag}", self.delete)
        rules = "/api/v4/projects/{id}/protected_tags"
        router.add_get(rules, self.list_rules)
        router.add_post(rules, self.create_rule)
        router.add_get(rules + "/{name}", self.get_rule)
        router.add_delete(rules + "/{name}", self.delete_rule)

    # -- reading ------------------------------------------------------------------------------------------
    @call("tag.list")
    async def list_all(self, request: web.Request) -> web.Response:
        """`GET …/tags`: newest first unless asked otherwise."""
        _caller, project = self.hub.access.code(request)
        values = await params(request)
        order = one_of(values, "order_by", ("name", "updated", "version"), "updated")
        descending = one_of(values, "sort", ("asc", "desc"), "desc") == "desc"
        refs = await self.hub.repo(project).refs()
        tags = [t for t in refs.tags.values() if found_by(str(values.get("search") or ""), t.name)]
        tags.sort(key=lambda t: t.name, reverse=descending)
        if order == "updated":
            tags.sort(key=lambda t: t.sort_time, reverse=descending)
        elif order == "version":
            tags.sort(key=lambda t: version_key(t.name), reverse=descending)
        page = await self.hub.page(request)
        if page.keyset:
            shown, headers = page.after_name(tags, self._keyset_start(tags, page.token))
        else:
            shown, headers = page.gitaly_first(tags) if page.number == 1 else page.cut(tags)
        commits = await self.hub.commits_by_sha(project, [t.commit for t in shown])
        url = self.hub.url
        return answer([render.tag_json(t, commits[t.commit], project, url) for t in shown], headers=headers)

    @staticmethod
    def _keyset_start(tags: list[TagRef], token: str) -> int:
        if not token:
            return 0
        name = token.removeprefix("refs/tags/")
        for index, tag in enumerate(tags):
            if tag.name == name:
                return index + 1
        raise message(422, f"Invalid page token: refs/tags/{name}")

    async def _found(self, request: web.Request, project: Project) -> tuple[TagRef, Commit]:
        repo = self.hub.repo(project)
        request["subject"] = f"{project.path}@{request.match_info['tag']}"
        tag = (await repo.refs()).tags.get(request.match_info["tag"])
        if tag is None:
            raise not_found("Tag")
        return tag, await repo.commit(tag.commit)

    @call("tag.get")
    async def get(self, request: web.Request) -> web.Response:
        """`GET …/tags/:tag_name`."""
        _caller, project = self.hub.access.code(request)
        tag, commit = await self._found(request, project)
        return answer(render.tag_json(tag, commit, project, self.hub.url))

    # -- writing ------------------------------------------------------------------------------------------
    @call("tag.create")
    async def create(self, request: web.Request) -> web.Response:
        """`POST …/tags {tag_name, ref, message?}`: 201, else 400 with a sentence; 403 below Developer."""
        caller, project = self.hub.access.code(request)
        values = await params(request)
        request["subject"] = f"{project.path}@{values.get('tag_name', '')}"
        require(values, "tag_name", "ref")
        caller = self.hub.access.require(caller, project, DEVELOPER)
        name, ref, text = str(values["tag_name"]), str(values["ref"]), str(values.get("message") or "").strip()
        request["detail"] |= {"ref": ref, "message": text}
        repo = self.hub.repo(project)
        async with repo.lock:
            sha = await self._target(repo, project, caller, name, ref)
            request["detail"]["commit"] = sha
            if text:
                tagger = writes.Signature(caller.user.name, caller.user.email)
                await writes.create_annotated_tag(repo, name, sha, text, tagger)
            else:
                await writes.create_lightweight_tag(repo, name, sha)
            tag = (await repo.refs()).tags[name]
        await self.hub.changed(project, caller, [(f"refs/tags/{name}", ZERO, tag.target)])
        return answer(render.tag_json(tag, await repo.commit(tag.commit), project, self.hub.url), 201)

    async def _target(self, repo: Repository, project: Project, caller: Caller, name: str, ref: str) -> str:
        """The commit to tag, after every check in GitLab's order."""
        if not ref.strip():
            raise message(400, "Target is empty")
        if not name.startswith("refs/tags/") and not is_valid_ref_name(name):
            raise message(400, "Tag name invalid")
        sha = await repo.resolve(ref)
        if sha is None:
            raise message(400, f"Target {ref} is invalid")
        refused = refused_tag_name(name, project.default_branch)
        if refused is not None:
            raise message(400, refused)
        if not may_create_tag(project.protected_tags, name, self.hub.access.level(caller, project)):
            raise message(400, "You are not allowed to create this tag as it is protected.")
        tags = (await repo.refs()).tags
        if name in tags:
            raise message(400, f"Tag {name} already exists")
        if any(other.startswith(name + "/") or name.startswith(other + "/") for other in tags):
            raise message(400, f"Failed to create a tag: {name}")
        return sha

    @call("tag.delete")
    async def delete(self, request: web.Request) -> web.Response:
        """`DELETE …/tags/:tag_name`: 204; a protected one is for Maintainers."""
        caller, project = self.hub.access.code(request)
        caller = self.hub.access.require(caller, project, DEVELOPER)
        repo = self.hub.repo(project)
        async with repo.lock:
            tag, commit = await self._found(request, project)
            protected = bool(protecting(project.protected_tags, tag.name))
            if protected and self.hub.access.level(caller, project) < MAINTAINER:
                raise forbidden()
            _check_unmodified_since(request, commit)
            await writes.delete_ref(repo, f"refs/tags/{tag.name}", tag.target)
        await self.hub.changed(project, caller, [(f"refs/tags/{tag.name}", tag.target, ZERO)])
        return web.Response(status=204)

    # -- protected tags -----------------------------------------------------------------------------------
    def _rules(self, request: web.Request) -> Project:
        caller, project = self.hub.access.project(request)
        self.hub.access.require(caller, project, MAINTAINER)
        return project

    def _rule(self, request: web.Request, project: Project) -> ProtectedTag:
        for rule in project.protected_tags:
            if rule.name == request.match_info["name"]:
                return rule
        raise not_found()

    @call("protected_tag.list")
    async def list_rules(self, request: web.Request) -> web.Response:
        """`GET …/protected_tags`."""
        project = self._rules(request)
        shown, headers = (await self.hub.page(request)).cut(project.protected_tags)
        return answer([render.protected_tag_json(rule) for rule in shown], headers=headers)

    @call("protected_tag.get")
    async def get_rule(self, request: web.Request) -> web.Response:
        """`GET …/protected_tags/:name`."""
        return answer(render.protected_tag_json(self._rule(request, self._rules(request))))

    @call("protected_tag.create")
    async def create_rule(self, request: web.Request) -> web.Response:
        """`POST …/protected_tags {name, create_access_level}`."""
        project = self._rules(request)
        values: dict[str, Any] = await params(request)
        require(values, "name")
        level = integer(values, "create_access_level", MAINTAINER)
        if level not in render.LEVELS:
            raise ApiError(400, {"error": "create_access_level does not have a valid value"})
        if any(rule.name == values["name"] for rule in project.protected_tags):
            raise message(422, ["Name has already been taken"])
        rule = ProtectedTag(self.hub.state.next_id(), str(values["name"]), level)
        project.protected_tags.append(rule)
        self.hub.save_soon()
        return answer(render.protected_tag_json(rule), 201)

    @call("protected_tag.delete")
    async def delete_rule(self, request: web.Request) -> web.Response:
        """`DELETE …/protected_tags/:name`."""
        project = self._rules(request)
        project.protected_tags.remove(self._rule(request, project))
        self.hub.save_soon()
        return web.Response(status=204)


def _check_unmodified_since(request: web.Request, commit: Commit) -> None:
    """412 when the tag's commit is newer than the caller's knowledge."""
    header = request.headers.get("If-Unmodified-Since")
    if not header:
        return
    try:
        known = parsedate_to_datetime(header)
    except ValueError:
        return
    if known.tzinfo is None:
        known = known.replace(tzinfo=UTC)
    if datetime.fromisoformat(commit.committed_date) > known:
        raise message(412, "412 Precondition Failed")
