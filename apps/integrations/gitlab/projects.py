"""Projects of GitLab for intake: searched while typing, listed for bulk intake, and what our token may do in one.

Functions over a `GitLab` client; all are reads and repeatable. Must not: follow a link to another host, or take an
invisible project for a missing one (GitLab answers both alike, and so do we).
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from apps.common.errors import NotFound
from apps.integrations.answers import Answer, segment
from apps.integrations.gitlab import parse
from apps.integrations.gitlab.client import GitLab
from apps.integrations.gitlab.types import FoundProject, ProjectList, RepositoryAccess, Right, RightName, Role

PAGE = 100
MOST = 5000
NEXT = re.compile(r'<([^>]*)>\s*;\s*rel="next"')
# From 50 downwards, so that the first that is reached names the role (docs: access levels).
ROLES: tuple[tuple[int, Role], ...] = (
    (50, "owner"),
    (40, "maintainer"),
    (30, "developer"),
    (20, "reporter"),
    (1, "guest"),
    (0, "none"),
)
LEVELS = {role: level for level, role in ROLES}
NEEDED: tuple[tuple[RightName, Role], ...] = (("create_tags", "developer"), ("add_hooks", "maintainer"))


async def search_projects(gitlab: GitLab, text: str, limit: int = 20) -> list[FoundProject]:
    """Projects our token is a member of, by a part of their path, name or address, newest activity first.

    A pasted address of this GitLab is taken for its path. Up to two characters GitLab looks for whole words only.
    """
    query = {
        "membership": "true",
        "search_namespaces": "true",
        "order_by": "last_activity_at",
        "sort": "desc",
        "per_page": str(min(max(limit, 1), PAGE)),
    }
    wanted = path_of(gitlab, text)
    if wanted:
        query["search"] = wanted
    answer = await gitlab.http.request("GET", "/api/v4/projects", query=query, what="projects by name")
    return _projects(answer)[:limit]


async def list_projects(gitlab: GitLab, limit: int = MOST) -> ProjectList:
    """Every project our token is a member of, by id, up to `limit`, in keyset pages (gitlab.md §1).

    Of GitLab's link to the next page only the query is used: its host is the one GitLab believes it has.
    """
    query = {
        "membership": "true",
        "order_by": "id",
        "sort": "asc",
        "pagination": "keyset",
        "per_page": str(min(PAGE, limit)),
    }
    found: list[FoundProject] = []
    seen: set[str] = set()
    while True:
        answer = await gitlab.http.request("GET", "/api/v4/projects", query=query, what="all projects")
        page = _projects(answer)
        found += page
        cursor = _cursor(answer)
        if not page or cursor is None or cursor in seen:
            return ProjectList(found[:limit], complete=len(found) <= limit)
        if len(found) >= limit:
            return ProjectList(found[:limit], complete=False)
        seen.add(cursor)
        query["id_after"] = cursor


async def get_access(gitlab: GitLab, path: str) -> RepositoryAccess:
    """What our token may do in the project: read the repository, create tags, add webhooks.

    NotFound `gitlab.project_missing` also where our token may not see it. A protected tag rule that leaves out our
    token's user is not seen here: GitLab tells it when the tag is made (`gitlab.tag_protected`).
    """
    what = f"project {path}"
    address = f"/api/v4/projects/{segment(path)}"
    answer = await gitlab.http.request("GET", address, what=what, allow=(404,), follow="same_origin")
    if answer.status == 404:
        raise NotFound("gitlab.project_missing", project=path, **gitlab.http.about(what))
    raw = answer.object()
    role = answer.read(role_of)
    if LEVELS[role] < LEVELS["maintainer"] and await _is_admin(gitlab):
        role = "owner"
    project = answer.read(parse.project)
    archived = bool(raw.get("archived"))
    rights = _rights(raw, role, archived=archived, scopes=await _scopes(gitlab), about=gitlab.http.about(what))
    return RepositoryAccess(
        project=project,
        visibility=str(raw.get("visibility") or ""),
        archived=archived,
        empty=bool(raw.get("empty_repo")),
        role=role,
        rights=rights,
    )


def path_of(gitlab: GitLab, text: str) -> str:
    """What to search for: `group/name` of a pasted page or clone address of this GitLab, else the text itself."""
    text = text.strip()
    if text.startswith(("http://", "https://")):
        base = urlsplit(gitlab.http.base).path.rstrip("/")
        text = urlsplit(text).path.removeprefix(base).split("/-/")[0]
    elif text.startswith("git@"):
        text = text.partition(":")[2]
    return text.strip("/").removesuffix(".git")


def role_of(raw: dict[str, Any]) -> Role:
    """The greater of our token's roles in the project and in its group."""
    permissions = raw.get("permissions") or {}
    levels = [
        int((permissions.get(kind) or {}).get("access_level") or 0) for kind in ("project_access", "group_access")
    ]
    return next(role for level, role in ROLES if max(levels) >= level)


def _projects(answer: Answer) -> list[FoundProject]:
    return answer.read(lambda rows: [_found(row) for row in rows])


def _found(raw: dict[str, Any]) -> FoundProject:
    project = parse.project(raw)
    return FoundProject(
        id=project.id,
        path=project.path,
        name=str(raw.get("name") or ""),
        default_branch=project.default_branch,
        visibility=str(raw.get("visibility") or ""),
        archived=bool(raw.get("archived")),
        role=role_of(raw),
        web_url=project.web_url,
        clone_url=project.clone_url,
    )


def _cursor(answer: Answer) -> str | None:
    link = NEXT.search(answer.headers.get("Link", ""))
    return dict(parse_qsl(urlsplit(link[1]).query)).get("id_after") if link else None


def _rights(
    raw: dict[str, Any], role: Role, *, archived: bool, scopes: list[str] | None, about: dict[str, Any]
) -> list[Right]:
    """`default_branch` is in the answer exactly for who may read code; to write, scope, role and project must allow it."""
    about = {**about, "project": str(raw.get("path_with_namespace") or ""), "has": role}
    if "default_branch" in raw:
        rights = [Right("read_repository", True)]
    else:
        rights = [Right("read_repository", False, "gitlab.role_too_small", {**about, "role": "reporter"})]
    for name, needed in NEEDED:
        if scopes is not None and "api" not in scopes:
            rights.append(Right(name, False, "gitlab.scope_missing", {**about, "scope": "api", "field": "token"}))
        elif archived:
            rights.append(Right(name, False, "gitlab.project_archived", about))
        elif LEVELS[role] < LEVELS[needed]:
            rights.append(Right(name, False, "gitlab.role_too_small", {**about, "role": needed}))
        else:
            rights.append(Right(name, True))
    return rights


async def _scopes(gitlab: GitLab) -> list[str] | None:
    """Our token's scopes; None for a kind of token that cannot describe itself."""
    path = "/api/v4/personal_access_tokens/self"
    answer = await gitlab.http.request("GET", path, what="token scopes", allow=(400, 401, 403, 404))
    return [str(scope) for scope in answer.object().get("scopes") or []] if answer.status == 200 else None


async def _is_admin(gitlab: GitLab) -> bool:
    """An administrator may do everything without a role; GitLab tells only administrators that they are one."""
    answer = await gitlab.http.request("GET", "/api/v4/user", what="current user", allow=(401, 403))
    return answer.status == 200 and answer.object().get("is_admin") is True
