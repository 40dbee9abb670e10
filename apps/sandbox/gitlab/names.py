"""Rules for ref names and wildcards, and GitLab's words when one is broken.

Must not: look into a repository.
"""

from __future__ import annotations

import fnmatch
import re

from apps.sandbox.gitlab.model import ProtectedTag

_FORBIDDEN = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//")
_SHA = re.compile(r"^([0-9a-f]{40}|[0-9a-f]{64})$")
_PREFIXES = ("refs/heads/", "refs/remotes/", "-")


def is_valid_ref_name(name: str) -> bool:
    """What `git check-ref-format` and GitLab's own validator accept."""
    if not name or name == "HEAD" or name == "@" or name.startswith(_PREFIXES) or _FORBIDDEN.search(name):
        return False
    if name.startswith("/") or name.endswith(("/", ".")):
        return False
    return not any(part.startswith(".") or part.endswith(".lock") for part in name.split("/"))


def refused_tag_name(name: str, default_branch: str) -> str | None:
    """Why the Git access check refuses a new tag of this name; None when it does not."""
    if _SHA.match(name):
        return "You cannot create a tag with a SHA-1 or SHA-256 tag name."
    if name.startswith("refs/tags/"):
        return "You cannot create a tag with a prohibited pattern."
    if name == default_branch:
        return "You cannot use default branch name to create a tag"
    return None


def matches(pattern: str, name: str) -> bool:
    """GitLab's wildcards know `*` only."""
    return fnmatch.fnmatchcase(name, re.sub(r"([\[?])", r"[\1]", pattern))


def protecting(rules: list[ProtectedTag], name: str) -> list[ProtectedTag]:
    """The rules that cover a tag name."""
    return [rule for rule in rules if matches(rule.name, name)]


def may_create_tag(rules: list[ProtectedTag], name: str, level: int) -> bool:
    """Whether a role may create the tag; one allowing rule is enough."""
    covering = protecting(rules, name)
    return not covering or any(0 < rule.create_access_level <= level for rule in covering)


def found_by(search: str, name: str) -> bool:
    """GitLab's ref search: `^prefix`, `suffix$`, else a part of the name; case does not matter."""
    wanted, name = search.lower(), name.lower()
    if wanted.startswith("^") and wanted.endswith("$") and len(wanted) > 1:
        return name == wanted[1:-1]
    if wanted.startswith("^"):
        return name.startswith(wanted[1:])
    if wanted.endswith("$"):
        return name.endswith(wanted[:-1])
    if "*" in wanted:
        return matches(f"*{wanted}*", name)
    return wanted in name


def version_key(name: str) -> list[tuple[int, int, str]]:
    """Sort key of `order_by=version`: digits by value, the rest as text."""
    return [(1, int(p), "") if p.isdigit() else (0, 0, p) for p in re.split(r"(\d+)", name) if p]
