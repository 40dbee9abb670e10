"""Endpoints: merge requests, the part a portal needs: list, open, read, change, close; what they bring.

Mergeability is computed in the background: the first read says `checking`. Must not: merge.
"""

from __future__ import annotations

import time
from typing import Any

from aiohttp import web

from apps.sandbox.base.server import call
from apps.sandbox.gitlab import diffs, render
from apps.sandbox.gitlab.errors import answer, message, not_found
from apps.sandbox.gitlab.hub import Hub
from apps.sandbox.gitlab.model import DEVELOPER, MergeRequest, Project, now
from apps.sandbox.gitlab.params import one_of, params, require
from apps.sandbox.gitlab.payloads import Payloads
from apps.sandbox.gitlab.repository import LogQuery

STATES = ("opened", "closed", "locked", "merged", "all")


class MergeRequestsApi:
    """List, create, get."""

    def __init__(self, hub: Hub, payloads: Payloads) -> None:
        self.hub = hub
        self.payloads = payloads

    def routes(self, router: web.UrlDispatcher) -> None:
        """Add the routes."""
        base = "/api/v4/projects/{id}/merge_requests"
        router.add_get(base, self.list_all)
        router.add_post(base, self.create)
        router.add_get(base + "/{iid}", self.get)
        router.add_put(base + "/{iid}", self.update)
        router.add_get(base + "/{iid}/commits", self.commits)
        router.add_get(base + "/{iid}/changes", self.changes)

    @call("merge_request.list")
    async def list_all(self, request: web.Request) -> web.Response:
        """`GET …/merge_requests`."""
        _caller, project = self.hub.access.code(request)
        values = await params(request)
        state = one_of(values, "state", STATES, "all")
        order = one_of(values, "order_by", ("created_at", "updated_at"), "created_at")
        descending = one_of(values, "sort", ("asc", "desc"), "desc") == "desc"
        found = [mr for mr in project.merge_requests if state in ("all", mr.state) and _matches(mr, values)]
        found.sort(key=lambda mr: (getattr(mr, order), mr.iid), reverse=descending)
        shown, headers = (await self.hub.page(request)).cut(found)
        return answer([await self._json(project, mr) for mr in shown], headers=headers)

    def _found(self, request: web.Request, project: Project) -> MergeRequest:
        for mr in project.merge_requests:
            if str(mr.iid) == request.match_info["iid"]:
                return mr
        raise not_found()

    @call("merge_request.get")
    async def get(self, request: web.Request) -> web.Response:
        """`GET …/merge_requests/:iid`: asks for the mergeability it does not know yet."""
        caller, project = self.hub.access.code(request)
        mr = self._found(request, project)
        if not mr.checked_at:
            mr.checked_at = time.time()
            self.hub.save_soon()
        body = await self._json(project, mr)
        can_merge = self.hub.access.level(caller, project) >= DEVELOPER
        return answer(body | await self._details(project, mr) | {"user": {"can_merge": can_merge}})

    @call("merge_request.update")
    async def update(self, request: web.Request) -> web.Response:
        """`PUT …/merge_requests/:iid {title, description, labels, state_event: close | reopen}`."""
        caller, project = self.hub.access.code(request)
        values = await params(request)
        self.hub.access.require(caller, project, DEVELOPER)
        mr = self._found(request, project)
        event = one_of(values, "state_event", ("close", "reopen", ""), "")
        mr.title, mr.description = str(values.get("title") or mr.title), str(values.get("description", mr.description))
        mr.labels = _labels(values["labels"]) if "labels" in values else mr.labels
        mr.state = {"close": "closed", "reopen": "opened", "": mr.state}[event]
        mr.updated_at = now()
        self.hub.save_soon()
        return answer(await self._json(project, mr) | await self._details(project, mr))

    @call("merge_request.commits")
    async def commits(self, request: web.Request) -> web.Response:
        """`GET …/merge_requests/:iid/commits`: newest first."""
        _caller, project = self.hub.access.code(request)
        base, tip = await self._ends(project, self._found(request, project))
        page = await self.hub.page(request)
        query = LogQuery(revision=f"{base}..{tip}", skip=page.start, limit=page.size + 1)
        shown, headers = page.uncounted(await self.hub.repo(project).log(query) if base and tip else [])
        return answer([render.commit_json(one, project, self.hub.url) for one in shown], headers=headers)

    @call("merge_request.changes")
    async def changes(self, request: web.Request) -> web.Response:
        """`GET …/merge_requests/:iid/changes`: the merge request with its files."""
        _caller, project = self.hub.access.code(request)
        mr = self._found(request, project)
        body = await self._json(project, mr) | await self._details(project, mr)
        base, tip = await self._ends(project, mr)
        found = await diffs.file_diffs(self.hub.repo(project), base, tip) if base and tip else []
        return answer(body | {"changes": found, "overflow": False})

    async def _ends(self, project: Project, mr: MergeRequest) -> tuple[str | None, str | None]:
        """Merge base and tip; None where a branch is gone."""
        repo = self.hub.repo(project)
        tip = await repo.resolve(f"refs/heads/{mr.source_branch}")
        onto = await repo.resolve(f"refs/heads/{mr.target_branch}")
        return (await repo.merge_base([tip, onto]) if tip and onto else None), tip

    async def _details(self, project: Project, mr: MergeRequest) -> dict[str, Any]:
        repo = self.hub.repo(project)
        base, tip = await self._ends(project, mr)
        onto = await repo.resolve(f"refs/heads/{mr.target_branch}")
        changed = await diffs.file_diffs(repo, base, tip) if base and tip else []
        count = f"{diffs.FILES_SHOWN}+" if len(changed) >= diffs.FILES_SHOWN else str(len(changed))
        return {
            "changes_count": count,
            "diff_refs": {"base_sha": base, "head_sha": tip, "start_sha": onto},
            "pipeline": None,
            "head_pipeline": None,
        }

    @call("merge_request.create")
    async def create(self, request: web.Request) -> web.Response:
        """`POST …/merge_requests {source_branch, target_branch, title}`; an open one for the branches is a 409."""
        caller, project = self.hub.access.code(request)
        values = await params(request)
        require(values, "title", "source_branch", "target_branch")
        caller = self.hub.access.require(caller, project, DEVELOPER)
        source, target = str(values["source_branch"]), str(values["target_branch"])
        branches = (await self.hub.repo(project).refs()).branches
        problems = [f'{label} branch "{name}" does not exist' for label, name in
                    (("Source", source), ("Target", target)) if name not in branches]  # fmt: skip
        if source == target:
            problems = ["You can't use same project/branch for source and target"]
        if problems:
            raise message(422, problems)
        for mr in project.merge_requests:
            if mr.state == "opened" and (mr.source_branch, mr.target_branch) == (source, target):
                text = f"Another open merge request already exists for this source branch: !{mr.iid}"
                raise message(409, [text])
        made = MergeRequest(
            self.hub.state.next_id(),
            len(project.merge_requests) + 1,
            str(values["title"]),
            str(values.get("description") or ""),
            source,
            target,
            caller.user.id,
            labels=_labels(values.get("labels")),
        )
        project.merge_requests.append(made)
        self.hub.save_soon()
        payload = await self.payloads.merge_request(project, caller.user, made, "open")
        self.hub.deliveries.merge_request_opened(project, payload)
        return answer(await self._json(project, made) | await self._details(project, made), 201)

    async def _statuses(self, project: Project, mr: MergeRequest) -> tuple[str, str]:
        """(merge_status, detailed_merge_status)."""
        if mr.state != "opened":
            return "can_be_merged", "not_open"
        if not mr.checked_at:
            return "unchecked", "unchecked"
        if time.time() - mr.checked_at < self.hub.options.mergeability_seconds:
            return "checking", "checking"
        repo = self.hub.repo(project)
        tip = await repo.resolve(f"refs/heads/{mr.source_branch}")
        onto = await repo.resolve(f"refs/heads/{mr.target_branch}")
        clean = bool(tip and onto) and await repo.merges_cleanly(str(onto), str(tip))
        return ("can_be_merged", "mergeable") if clean else ("cannot_be_merged", "conflict")

    async def _json(self, project: Project, mr: MergeRequest) -> dict[str, Any]:
        status, detailed = await self._statuses(project, mr)
        draft = mr.title.startswith("Draft:")
        return {
            "id": mr.id,
            "iid": mr.iid,
            "project_id": project.id,
            "title": mr.title,
            "description": mr.description,
            "state": mr.state,
            "created_at": mr.created_at,
            "updated_at": mr.updated_at,
            "merged_by": None,
            "merge_user": None,
            "merged_at": None,
            "closed_by": None,
            "closed_at": None,
            "target_branch": mr.target_branch,
            "source_branch": mr.source_branch,
            "author": render.user_basic(self.hub.state.users[mr.author_id], self.hub.url),
            "assignee": None,
            "assignees": [],
            "reviewers": [],
            "source_project_id": project.id,
            "target_project_id": project.id,
            "labels": mr.labels,
            "draft": draft,
            "work_in_progress": draft,
            "milestone": None,
            "merge_when_pipeline_succeeds": False,
            "merge_status": status,
            "detailed_merge_status": detailed,
            "sha": await self.hub.repo(project).resolve(f"refs/heads/{mr.source_branch}"),
            "merge_commit_sha": None,
            "squash_commit_sha": None,
            "web_url": f"{self.hub.url}/{project.path}/-/merge_requests/{mr.iid}",
            "references": {"short": f"!{mr.iid}", "relative": f"!{mr.iid}", "full": f"{project.path}!{mr.iid}"},
            "has_conflicts": status == "cannot_be_merged",
            "blocking_discussions_resolved": True,
        }


def _matches(mr: MergeRequest, values: dict[str, Any]) -> bool:
    for name in ("source_branch", "target_branch"):
        if values.get(name) and values[name] != getattr(mr, name):
            return False
    wanted = set(_labels(values.get("labels")))
    text = str(values.get("search") or "").lower()
    return wanted <= set(mr.labels) and text in f"{mr.title} {mr.description}".lower()


def _labels(raw: Any) -> list[str]:
    parts = raw if isinstance(raw, list) else str(raw or "").split(",")
    return [str(part).strip() for part in parts if str(part).strip()]
