"""What the stand-in remembers besides Git itself: users, tokens, projects, hooks, merge requests.

`State` is data with ids and look-ups, saved as one JSON file. Must not: run git, answer HTTP, or keep a token in clear.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

FIRST_PROJECT_ID = 101
GUEST, REPORTER, DEVELOPER, MAINTAINER, OWNER = 10, 20, 30, 40, 50


def now() -> str:
    """This moment as GitLab prints it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def digest(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


@dataclass
class User:
    """A person or bot."""

    id: int
    username: str
    name: str
    email: str


@dataclass
class Token:
    """A personal access token; `access_level` is its user's role in every project (0: a member of none)."""

    id: int
    digest: str
    user_id: int
    name: str
    scopes: list[str]
    access_level: int
    created_at: str
    expires_at: str | None = None
    revoked: bool = False
    last_used_at: str | None = None

    @property
    def expired(self) -> bool:
        """Whether its last day has come."""
        return self.expires_at is not None and self.expires_at <= datetime.now(UTC).date().isoformat()


@dataclass
class ProtectedTag:
    """A name or wildcard and the role that may create it (0: nobody)."""

    id: int
    name: str
    create_access_level: int = MAINTAINER


@dataclass
class Hook:
    """A project webhook; `token` is write-only."""

    id: int
    url: str
    token: str = ""
    name: str | None = None
    description: str | None = None
    push_events: bool = True
    tag_push_events: bool = False
    merge_requests_events: bool = False
    enable_ssl_verification: bool = True
    push_events_branch_filter: str = ""
    custom_headers: list[dict[str, str]] = field(default_factory=list)
    created_at: str = field(default_factory=now)
    failures: int = 0
    disabled_until: str | None = None


@dataclass
class MergeRequest:
    """A merge request; `checked_at` is when mergeability was asked for (it is answered later)."""

    id: int
    iid: int
    title: str
    description: str
    source_branch: str
    target_branch: str
    author_id: int
    state: str = "opened"
    labels: list[str] = field(default_factory=list)
    created_at: str = field(default_factory=now)
    updated_at: str = field(default_factory=now)
    checked_at: float = 0.0


@dataclass
class Project:
    """A project; `path` is its full path."""

    id: int
    path: str
    visibility: str
    language: str = ""
    description: str = ""
    default_branch: str = "main"
    created_at: str = field(default_factory=now)
    last_activity_at: str = field(default_factory=now)
    archived: bool = False
    members: dict[str, int] = field(default_factory=dict)
    protected_tags: list[ProtectedTag] = field(default_factory=list)
    hooks: list[Hook] = field(default_factory=list)
    merge_requests: list[MergeRequest] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Last part of the path."""
        return self.path.rsplit("/", 1)[-1]

    @property
    def group(self) -> str:
        """The path without its last part."""
        return self.path.rpartition("/")[0]


@dataclass
class State:
    """Everything above, with the next free ids."""

    users: dict[int, User] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    projects: dict[int, Project] = field(default_factory=dict)
    moved: dict[str, int] = field(default_factory=dict)
    last_id: int = 1000
    last_project_id: int = FIRST_PROJECT_ID - 1

    def __post_init__(self) -> None:
        self._paths = {project.path: project for project in self.projects.values()}

    def next_id(self) -> int:
        """An id for anything that is not a project."""
        self.last_id += 1
        return self.last_id

    def find_project(self, ref: str) -> Project | None:
        """By numeric id or full path (case does not matter in paths)."""
        if ref.isdigit():
            return self.projects.get(int(ref))
        return self._paths.get(ref) or self._paths.get(ref.lower())

    def add_project(self, path: str, **fields: Any) -> Project:
        """A new project under the next number."""
        self.last_project_id += 1
        project = Project(self.last_project_id, path, **fields)
        self.projects[project.id] = project
        self._paths[path] = project
        return project

    def move_project(self, project: Project, path: str) -> None:
        """Rename; the old path redirects from now on."""
        self._paths.pop(project.path, None)
        self.moved[project.path] = project.id
        project.path = path
        self._paths[path] = project

    def ensure_user(self, username: str, name: str = "") -> User:
        """The user of that name, made when absent."""
        for user in self.users.values():
            if user.username == username:
                return user
        user = User(len(self.users) + 1, username, name or username, f"{username}@example.com")
        self.users[user.id] = user
        return user

    def put_token(self, token: str, *, username: str, scopes: list[str], access_level: int, **more: Any) -> Token:
        """Create or replace a token."""
        user = self.ensure_user(username)
        kept = self.tokens.get(digest(token))
        number = kept.id if kept else self.next_id()
        made = Token(number, digest(token), user.id, f"{username}-token", scopes, access_level, now(), **more)
        self.tokens[made.digest] = made
        return made

    def save(self, path: Path) -> None:
        """Write atomically, readable by the owner only."""
        temporary = path.with_suffix(".tmp")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(asdict(self), file, ensure_ascii=False)
        temporary.replace(path)

    @classmethod
    def load(cls, path: Path) -> State:
        """The saved state, or an empty one."""
        if not path.exists():
            return cls()
        raw = json.loads(path.read_text(encoding="utf-8"))
        return cls(
            users={int(k): User(**v) for k, v in raw["users"].items()},
            tokens={k: Token(**v) for k, v in raw["tokens"].items()},
            projects={int(k): _project(v) for k, v in raw["projects"].items()},
            moved=raw["moved"],
            last_id=raw["last_id"],
            last_project_id=raw["last_project_id"],
        )


def _project(raw: dict[str, Any]) -> Project:
    raw["protected_tags"] = [ProtectedTag(**p) for p in raw["protected_tags"]]
    raw["hooks"] = [Hook(**h) for h in raw["hooks"]]
    raw["merge_requests"] = [MergeRequest(**m) for m in raw["merge_requests"]]
    return Project(**raw)
