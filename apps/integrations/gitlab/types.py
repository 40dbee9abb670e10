"""GitLab's things in our own words. Must not: hold behaviour."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal


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
