"""Bodies of the webhooks: push, tag push, merge request.

Must not: send anything.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from apps.sandbox.gitlab import diffs
from apps.sandbox.gitlab.model import MergeRequest, Project, User
from apps.sandbox.gitlab.names import protecting
from apps.sandbox.gitlab.objects import ZERO, Commit
from apps.sandbox.gitlab.repository import Repository

COMMITS_SHOWN = 20
VISIBILITY = {"private": 0, "internal": 10, "public": 20}


@dataclass(frozen=True)
class Change:
    """A ref that moved; zeros for created (before) and deleted (after)."""

    ref: str
    before: str
    after: str

    @property
    def is_tag(self) -> bool:
        """Tag or branch."""
        return self.ref.startswith("refs/tags/")

    @property
    def name(self) -> str:
        """Without `refs/heads/` or `refs/tags/`."""
        return self.ref.split("/", 2)[2]


class Payloads:
    """Builds bodies; reads repositories through `repo`."""

    def __init__(self, repo: Callable[[Project], Repository], url: Callable[[], str]) -> None:
        self._repo = repo
        self._url = url

    def project(self, project: Project) -> dict[str, Any]:
        """The `project` object of every hook."""
        url = self._url()
        host = url.split("://", 1)[-1].split(":")[0]
        web, ssh, http = f"{url}/{project.path}", f"git@{host}:{project.path}.git", f"{url}/{project.path}.git"
        return {
            "id": project.id,
            "name": project.name,
            "description": project.description or None,
            "web_url": web,
            "avatar_url": None,
            "git_ssh_url": ssh,
            "git_http_url": http,
            "namespace": project.group,
            "visibility_level": VISIBILITY.get(project.visibility, 0),
            "path_with_namespace": project.path,
            "default_branch": project.default_branch,
            "ci_config_path": None,
            "homepage": web,
            "url": ssh,
            "ssh_url": ssh,
            "http_url": http,
        }

    def _repository(self, project: Project) -> dict[str, Any]:
        full = self.project(project)
        kept = ("name", "url", "description", "homepage", "git_http_url", "git_ssh_url", "visibility_level")
        return {key: full[key] for key in kept}

    async def push(self, project: Project, user: User, change: Change) -> dict[str, Any]:
        """Push Hook and Tag Push Hook: of an annotated tag `after` is the tag object, `checkout_sha` the commit."""
        repo = self._repo(project)
        refs = await repo.refs()
        tag = refs.tags.get(change.name) if change.is_tag else None
        gone = change.after == ZERO
        default = refs.branches.get(project.default_branch)
        shas: list[str] = []
        if not change.is_tag:
            base = None if change.name == project.default_branch else default
            shas = await diffs.new_commits(repo, change.before, change.after, base)
        protected = bool(protecting(project.protected_tags, change.name)) if change.is_tag else False
        kind = "tag_push" if change.is_tag else "push"
        return {
            "object_kind": kind,
            "event_name": kind,
            "before": change.before,
            "after": change.after,
            "ref": change.ref,
            "ref_protected": protected or (not change.is_tag and change.name == project.default_branch),
            "checkout_sha": None if gone else (tag.commit if tag else change.after),
            "message": tag.message if tag else None,
            "user_id": user.id,
            "user_name": user.name,
            "user_username": user.username,
            "user_email": "[REDACTED]",
            "user_avatar": None,
            "project_id": project.id,
            "project": self.project(project),
            "commits": await self._commits(project, repo, shas[-COMMITS_SHOWN:]),
            "total_commits_count": len(shas),
            "push_options": {},
            "repository": self._repository(project),
        }

    async def _commits(self, project: Project, repo: Repository, shas: list[str]) -> list[dict[str, Any]]:
        paths = await diffs.touched_paths(repo, shas)
        empty: dict[str, list[str]] = {"added": [], "modified": [], "removed": []}
        return [self.commit(project, c) | paths.get(c.sha, empty) for c in await repo.commits(shas)]

    def commit(self, project: Project, commit: Commit) -> dict[str, Any]:
        """A commit as hooks show it."""
        return {
            "id": commit.sha,
            "message": commit.message,
            "title": commit.title,
            "timestamp": commit.committed_date.replace(".000", ""),
            "url": f"{self._url()}/{project.path}/-/commit/{commit.sha}",
            "author": {"name": commit.author_name, "email": commit.author_email},
        }

    async def merge_request(self, project: Project, user: User, mr: MergeRequest, action: str) -> dict[str, Any]:
        """Merge Request Hook."""
        return {
            "object_kind": "merge_request",
            "event_type": "merge_request",
            "user": {
                "id": user.id,
                "name": user.name,
                "username": user.username,
                "avatar_url": None,
                "email": "[REDACTED]",
            },
            "project": self.project(project),
            "object_attributes": await self._attributes(project, mr, action),
            "labels": [],
            "changes": {},
            "assignees": [],
            "reviewers": [],
            "repository": self._repository(project),
        }

    async def _attributes(self, project: Project, mr: MergeRequest, action: str) -> dict[str, Any]:
        """`object_attributes` of the Merge Request Hook."""
        repo = self._repo(project)
        tip = await repo.resolve(f"refs/heads/{mr.source_branch}")
        whole = self.project(project)
        return {
            "id": mr.id,
            "iid": mr.iid,
            "target_branch": mr.target_branch,
            "source_branch": mr.source_branch,
            "source_project_id": project.id,
            "target_project_id": project.id,
            "author_id": mr.author_id,
            "assignee_ids": [],
            "reviewer_ids": [],
            "title": mr.title,
            "description": mr.description,
            "state": mr.state,
            "state_id": {"opened": 1, "closed": 2, "merged": 3}.get(mr.state, 1),
            "draft": mr.title.startswith("Draft:"),
            "work_in_progress": mr.title.startswith("Draft:"),
            "merge_status": "checking",
            "detailed_merge_status": "checking",
            "created_at": mr.created_at[:19] + "Z",
            "updated_at": mr.updated_at[:19] + "Z",
            "url": f"{self._url()}/{project.path}/-/merge_requests/{mr.iid}",
            "source": whole,
            "target": whole,
            "last_commit": self.commit(project, await repo.commit(tip)) if tip else None,
            "labels": [],
            "action": action,
        }
