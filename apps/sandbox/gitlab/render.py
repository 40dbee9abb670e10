"""The JSON of users, projects, commits, branches and tags, field by field as GitLab writes it.

Must not: read a repository or decide who may see what.
"""

from __future__ import annotations

from typing import Any

from apps.sandbox.gitlab.access import Caller
from apps.sandbox.gitlab.model import DEVELOPER, MAINTAINER, Hook, Project, ProtectedTag, Token, User
from apps.sandbox.gitlab.names import protecting
from apps.sandbox.gitlab.objects import Commit, TagRef

LEVELS = {0: "No one", 30: "Developers + Maintainers", 40: "Maintainers", 60: "Administrators"}


def user_basic(user: User, url: str) -> dict[str, Any]:
    """Author, member, event user."""
    return {
        "id": user.id,
        "username": user.username,
        "public_email": "",
        "name": user.name,
        "state": "active",
        "locked": False,
        "avatar_url": None,
        "web_url": f"{url}/{user.username}",
    }


def token_json(token: Token) -> dict[str, Any]:
    """A personal access token, without the token."""
    return {
        "id": token.id,
        "name": token.name,
        "revoked": token.revoked,
        "created_at": token.created_at,
        "description": None,
        "scopes": token.scopes,
        "user_id": token.user_id,
        "last_used_at": token.last_used_at,
        "active": not token.revoked and not token.expired,
        "expires_at": token.expires_at,
    }


def _host(url: str) -> str:
    return url.split("://", 1)[-1].split(":")[0].split("/")[0]


def project_basic(project: Project, url: str, *, reads_code: bool, empty: bool) -> dict[str, Any]:
    """The basic entity: `default_branch` only for who may read code."""
    group = project.group
    body: dict[str, Any] = {
        "id": project.id,
        "description": project.description or None,
        "name": project.name,
        "name_with_namespace": " / ".join(project.path.split("/")),
        "path": project.name,
        "path_with_namespace": project.path,
        "created_at": project.created_at,
        "default_branch": None if empty else project.default_branch,
        "tag_list": [project.language] if project.language else [],
        "topics": [project.language] if project.language else [],
        "ssh_url_to_repo": f"git@{_host(url)}:{project.path}.git",
        "http_url_to_repo": f"{url}/{project.path}.git",
        "web_url": f"{url}/{project.path}",
        "readme_url": f"{url}/{project.path}/-/blob/{project.default_branch}/README.md",
        "forks_count": 0,
        "avatar_url": None,
        "star_count": 0,
        "last_activity_at": project.last_activity_at,
        "namespace": {
            "id": 10 + sum(group.encode()),
            "name": group.rsplit("/", 1)[-1],
            "path": group.rsplit("/", 1)[-1],
            "kind": "group",
            "full_path": group,
            "parent_id": None,
            "avatar_url": None,
            "web_url": f"{url}/groups/{group}",
        },
    }
    if not reads_code:
        del body["default_branch"], body["readme_url"]
    return body


def project_full(project: Project, url: str, caller: Caller | None, level: int, **more: bool) -> dict[str, Any]:
    """The entity of `GET /projects/:id`."""
    body = project_basic(project, url, **more) | {
        "visibility": project.visibility,
        "archived": project.archived,
        "empty_repo": more["empty"],
        "merge_method": "merge",
        "issues_enabled": True,
        "merge_requests_enabled": True,
        "jobs_enabled": True,
        "repository_access_level": "enabled",
        "squash_option": "default_off",
        "resolve_outdated_diff_discussions": False,
        "only_allow_merge_if_pipeline_succeeds": False,
        "shared_with_groups": [],
        "_links": {
            "self": f"{url}/api/v4/projects/{project.id}",
            "repo_branches": f"{url}/api/v4/projects/{project.id}/repository/branches",
            "merge_requests": f"{url}/api/v4/projects/{project.id}/merge_requests",
            "members": f"{url}/api/v4/projects/{project.id}/members",
        },
    }
    if caller is not None:
        access = {"access_level": level, "notification_level": 3} if level else None
        body["permissions"] = {"project_access": access, "group_access": None}
    return body


def commit_json(commit: Commit, project: Project, url: str) -> dict[str, Any]:
    """A commit in a list."""
    trailers = commit.trailers()
    return {
        "id": commit.sha,
        "short_id": commit.sha[:8],
        "created_at": commit.committed_date,
        "parent_ids": list(commit.parents),
        "title": commit.title,
        "message": commit.message,
        "author_name": commit.author_name,
        "author_email": commit.author_email,
        "authored_date": commit.authored_date,
        "committer_name": commit.committer_name,
        "committer_email": commit.committer_email,
        "committed_date": commit.committed_date,
        "trailers": {key: values[-1] for key, values in trailers.items()},
        "extended_trailers": trailers,
        "web_url": f"{url}/{project.path}/-/commit/{commit.sha}",
    }


def branch_json(name: str, commit: Commit, project: Project, url: str, *, merged: bool, level: int) -> dict[str, Any]:
    """A branch; only the default branch is protected."""
    default = name == project.default_branch
    return {
        "name": name,
        "commit": commit_json(commit, project, url),
        "merged": merged and not default,
        "protected": default,
        "developers_can_push": False,
        "developers_can_merge": False,
        "can_push": level >= (MAINTAINER if default else DEVELOPER),
        "default": default,
        "web_url": f"{url}/{project.path}/-/tree/{name}",
    }


def tag_json(tag: TagRef, commit: Commit, project: Project, url: str) -> dict[str, Any]:
    """A tag: `target` is the tag object of an annotated one, `commit.id` always the commit."""
    return {
        "name": tag.name,
        "message": tag.message,
        "target": tag.target,
        "commit": commit_json(commit, project, url),
        "release": None,
        "protected": bool(protecting(project.protected_tags, tag.name)),
        "created_at": tag.created_at,
    }


def protected_tag_json(rule: ProtectedTag) -> dict[str, Any]:
    """A protected tag rule."""
    level = rule.create_access_level
    entry = {"id": rule.id, "access_level": level, "access_level_description": LEVELS.get(level, "Maintainers")}
    return {"name": rule.name, "create_access_levels": [entry]}


def hook_json(hook: Hook, project: Project, alert_status: str) -> dict[str, Any]:
    """A webhook; its token is never returned."""
    return {
        "id": hook.id,
        "url": hook.url,
        "name": hook.name,
        "description": hook.description,
        "created_at": hook.created_at,
        "push_events": hook.push_events,
        "tag_push_events": hook.tag_push_events,
        "merge_requests_events": hook.merge_requests_events,
        "repository_update_events": False,
        "enable_ssl_verification": hook.enable_ssl_verification,
        "project_id": project.id,
        "issues_events": False,
        "note_events": False,
        "pipeline_events": False,
        "job_events": False,
        "releases_events": False,
        "push_events_branch_filter": hook.push_events_branch_filter,
        "branch_filter_strategy": "wildcard",
        "alert_status": alert_status,
        "disabled_until": hook.disabled_until,
        "url_variables": [],
        "custom_headers": [{"key": header["key"]} for header in hook.custom_headers],
    }
