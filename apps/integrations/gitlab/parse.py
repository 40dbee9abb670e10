"""From GitLab's JSON and messages to our own words. Must not: send anything."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from apps.integrations.answers import Answer
from apps.integrations.gitlab.types import Commit, GitProject, Ref, Tag


def instant(text: object) -> datetime | None:
    """An ISO 8601 time with its zone; None when absent or unreadable."""
    if not isinstance(text, str) or not text:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def project(raw: dict[str, Any]) -> GitProject:
    """`default_branch` is absent for an empty repository or a caller who may not read code."""
    return GitProject(
        id=int(raw["id"]),
        path=str(raw["path_with_namespace"]),
        default_branch=str(raw.get("default_branch") or ""),
        web_url=str(raw.get("web_url") or ""),
        clone_url=str(raw.get("http_url_to_repo") or ""),
    )


def commit(raw: dict[str, Any]) -> Commit:
    """One commit as branches, tags, commits and compare give it."""
    return Commit(
        sha=str(raw["id"]),
        title=str(raw.get("title") or ""),
        author_name=str(raw.get("author_name") or ""),
        committed_at=instant(raw.get("committed_date") or raw.get("created_at")),
        message=str(raw.get("message") or ""),
    )


def commits(raw: list[dict[str, Any]]) -> list[Commit]:
    """A list of commits in the order given."""
    return [commit(one) for one in raw]


def compared(raw: dict[str, Any]) -> list[Commit]:
    """The commits of a comparison, oldest first."""
    return commits(raw.get("commits") or [])


def branch(raw: dict[str, Any]) -> Ref:
    """A branch of the list or of the single read."""
    at = commit(raw["commit"])
    return Ref("branch", str(raw["name"]), at.sha, at.title, at.committed_at)


def tag_as_ref(raw: dict[str, Any]) -> Ref:
    """A tag as something to build from."""
    at = commit(raw["commit"])
    return Ref("tag", str(raw["name"]), at.sha, at.title, at.committed_at)


def tag(raw: dict[str, Any]) -> Tag:
    """`target` of an annotated tag is the tag object, never the commit: the commit is `commit.id`."""
    sha = str(raw["commit"]["id"])
    return Tag(
        name=str(raw["name"]),
        commit=sha,
        message=str(raw.get("message") or ""),
        is_annotated=bool(raw.get("message")) or str(raw.get("target") or sha) != sha,
    )


def message(answer: Answer) -> str:
    """The message of an error body: `message` may be a string, object or array, and `error` may stand instead."""
    try:
        raw = json.loads(answer.body)
    except ValueError:
        return answer.text()[:500]
    if not isinstance(raw, dict):
        return ""
    found = raw.get("message", raw.get("error", ""))
    if isinstance(found, dict) and isinstance(found.get("error"), str):
        return str(found["error"])
    return found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)


def tag_refusal(text: str) -> str:
    """The code for GitLab's reason not to make a tag, which is always a 400 with a sentence."""
    said = text.lower()
    if "already exists" in said:
        return "gitlab.tag_taken"
    if "protected" in said:
        return "gitlab.tag_protected"
    if said.startswith("target "):
        return "gitlab.commit_missing"
    if "tag name" in said or "prohibited pattern" in said or "default branch name" in said:
        return "gitlab.tag_name_invalid"
    return "gitlab.tag_refused"
