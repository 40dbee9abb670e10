"""GitLab's things in our own words. Must not: hold behaviour."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal


@dataclass(frozen=True)
class GitProject:
    """A repository. `default_branch` is empty for an empty repository or a token that may not read code."""

    id: int
    path: str
    default_branch: str
    web_url: str
    clone_url: str


@dataclass(frozen=True)
class Ref:
    """A branch or a tag and the commit it points to now."""

    kind: Literal["branch", "tag"]
    name: str
    commit: str
    title: str
    committed_at: datetime | None


@dataclass(frozen=True)
class Commit:
    """One commit."""

    sha: str
    title: str
    author_name: str
    committed_at: datetime | None
    message: str


@dataclass(frozen=True)
class Tag:
    """A tag; `commit` is always the commit, also when the tag is an object of its own."""

    name: str
    commit: str
    message: str
    is_annotated: bool
    was_there: bool = field(default=False, compare=False)  # `ensure_tag` found it and made nothing


Role = Literal["none", "guest", "reporter", "developer", "maintainer", "owner"]
RightName = Literal["read_repository", "create_tags", "add_hooks"]
HookEvent = Literal["push", "tag_push", "merge_requests"]


@dataclass(frozen=True)
class FoundProject:
    """A project of a search or list, with our token's role in it."""

    id: int
    path: str
    name: str
    default_branch: str
    visibility: str
    archived: bool
    role: Role
    web_url: str
    clone_url: str


@dataclass(frozen=True)
class ProjectList:
    """Projects in the order of their ids; not `complete` when there are more than were asked for."""

    projects: list[FoundProject]
    complete: bool


@dataclass(frozen=True)
class Right:
    """Something the portal has to do in a project. `code` and `params` name the sentence that says why it may not."""

    name: RightName
    allowed: bool
    code: str = ""
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class RepositoryAccess:
    """What our token may do in a project. `empty`: there is nothing to build yet; `archived`: nothing may change."""

    project: GitProject
    visibility: str
    archived: bool
    empty: bool
    role: Role
    rights: list[Right]

    @property
    def enough(self) -> bool:
        """Nothing is missing."""
        return all(right.allowed for right in self.rights)


@dataclass(frozen=True)
class Hook:
    """A webhook. `key` is the base of the key it was made under, "" when it is not ours or GitLab keeps no description.

    `state` is GitLab's: executable, temporarily_disabled (until `disabled_until`) or disabled.
    """

    id: int
    url: str
    events: frozenset[HookEvent]
    state: str
    disabled_until: datetime | None
    key: str


@dataclass(frozen=True)
class HookMade:
    """What `ensure_hook` did. created: this step made it, so that undoing may delete it; else it was there before.

    `changed`: a hook that was there before got missing events and our secret.
    """

    hook: Hook
    created: bool
    changed: bool = False


@dataclass(frozen=True)
class Delivery:
    """One attempt to deliver a hook. `status` is the receiver's, None when nothing answered; `said` is short."""

    id: int
    event: str
    status: int | None
    delivered: bool
    said: str
    at: datetime | None
