"""Differences between two trees: per-file diffs, line counts, touched paths.

Must not: decide which two commits are compared, or change anything.
"""

from __future__ import annotations

from typing import Any

from apps.sandbox.gitlab import git
from apps.sandbox.gitlab.objects import ZERO
from apps.sandbox.gitlab.repository import Repository

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
FILES_SHOWN = 1000
BYTES_SHOWN = 200 * 1024
_START = b"\ndiff --git "


async def file_diffs(repo: Repository, before: str, after: str) -> list[dict[str, Any]]:
    """GitLab's diff entries between two commits (or trees)."""
    raw = await git.run(repo.path, "diff", "--raw", "-z", "-M", "--abbrev=40", before, after, "--")
    patch = await git.run(repo.path, "diff", "-M", "--no-color", "--no-ext-diff", before, after, "--")
    texts = (b"\n" + patch).split(_START)[1:]
    entries = _raw_entries(raw)[:FILES_SHOWN]
    return [_entry(entry, texts[n] if n < len(texts) else b"") for n, entry in enumerate(entries)]


def _raw_entries(raw: bytes) -> list[tuple[str, str, str, str, str]]:
    """(old mode, new mode, status, old path, new path) of each changed file."""
    fields = [git.text(part) for part in raw.split(b"\0")]
    entries, at = [], 0
    while at + 1 < len(fields):
        old_mode, new_mode, _old, _new, status = fields[at].lstrip(":").split()
        renamed = status[0] in "RC"
        old_path = fields[at + 1]
        new_path = fields[at + 2] if renamed else old_path
        entries.append((old_mode, new_mode, status[0], old_path, new_path))
        at += 3 if renamed else 2
    return entries


def _entry(entry: tuple[str, str, str, str, str], patch: bytes) -> dict[str, Any]:
    old_mode, new_mode, status, old_path, new_path = entry
    body = git.text(patch)
    hunks = body.find("\n@@ ")
    shown = body[hunks + 1 :] if hunks >= 0 else ""
    if not shown and "\nBinary files " in body:
        shown = body[body.index("\nBinary files ") + 1 :]
    if shown and not shown.endswith("\n"):
        shown += "\n"
    too_large = len(shown.encode()) > BYTES_SHOWN
    return {
        "diff": "" if too_large else shown,
        "collapsed": False,
        "too_large": too_large,
        "new_path": new_path,
        "old_path": old_path,
        "a_mode": old_mode,
        "b_mode": new_mode,
        "new_file": status == "A",
        "renamed_file": status == "R",
        "deleted_file": status == "D",
        "generated_file": False,
    }


async def line_counts(repo: Repository, shas: list[str]) -> dict[str, dict[str, int]]:
    """`stats` per commit against its first parent."""
    if not shas:
        return {}
    args = ("log", "--no-walk=unsorted", "--numstat", "--first-parent", "-m", "--format=%x01%H", "--stdin")
    raw = git.text(await git.run(repo.path, *args, stdin="\n".join(shas).encode() + b"\n"))
    counts: dict[str, dict[str, int]] = {}
    for block in raw.split("\x01")[1:]:
        sha, *lines = block.strip().splitlines()
        columns = [line.split("\t") for line in lines if line.count("\t") >= 2]
        added = sum(int(c[0]) for c in columns if c[0].isdigit())
        removed = sum(int(c[1]) for c in columns if c[1].isdigit())
        counts[sha] = {"additions": added, "deletions": removed, "total": added + removed}
    return counts


async def touched_paths(repo: Repository, shas: list[str]) -> dict[str, dict[str, list[str]]]:
    """`added`, `modified`, `removed` paths per commit, for webhooks."""
    if not shas:
        return {}
    args = ("log", "--no-walk=unsorted", "--name-status", "--no-renames", "-z", "--format=%x01%H", "--stdin")
    raw = await git.run(repo.path, *args, stdin="\n".join(shas).encode() + b"\n")
    found: dict[str, dict[str, list[str]]] = {}
    names = {"A": "added", "M": "modified", "T": "modified", "D": "removed"}
    for block in git.text(raw).split("\x01")[1:]:
        sha, *fields = [part.strip("\n") for part in block.split("\0")]
        paths: dict[str, list[str]] = {"added": [], "modified": [], "removed": []}
        for status, path in zip(fields[0::2], fields[1::2], strict=False):
            if status in names:
                paths[names[status]].append(path)
        found[sha] = paths
    return found


async def new_commits(repo: Repository, before: str, after: str, default_sha: str | None) -> list[str]:
    """Ids a push brought, oldest first; a new branch brings what the default branch lacks."""
    if after == ZERO:
        return []
    exclude = before if before != ZERO else default_sha
    args = ["rev-list", "--reverse", "--max-count=10000", after]
    if exclude and exclude != after:
        args.append(f"^{exclude}")
    elif exclude == after and before == ZERO:
        return []
    return git.text(await git.run(repo.path, *args)).split()
