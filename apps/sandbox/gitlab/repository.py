"""One bare repository: reads, cached until the next write that goes through this process.

Commits never change, so they are kept by id; refs are read anew after each write (`touch`).
Must not: change the repository (see writes.py), or know tokens and HTTP.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from apps.sandbox.gitlab import git
from apps.sandbox.gitlab.objects import (
    COMMIT_FORMAT,
    REF_FORMAT,
    Commit,
    Refs,
    looks_like_sha,
    parse_commits,
    parse_refs,
)

COMMITS_KEPT = 5_000


@dataclass(frozen=True)
class LogQuery:
    """What `git log` is asked for; every field is data, never an option."""

    revision: str = "HEAD"
    skip: int = 0
    limit: int = 20
    since: str = ""
    until: str = ""
    author: str = ""
    path: str = ""
    first_parent: bool = False
    all_refs: bool = False
    topological: bool = False
    oldest_first: bool = False

    def arguments(self) -> list[str]:
        """The argument list for git."""
        options = [f"--skip={self.skip}", f"--max-count={self.limit}"]
        for name in ("since", "until", "author"):
            if getattr(self, name):
                options.append(f"--{name}={getattr(self, name)}")
        if self.author:
            options += ["--fixed-strings", "--regexp-ignore-case"]
        flags = {"--first-parent": self.first_parent, "--topo-order": self.topological, "--reverse": self.oldest_first}
        options += [flag for flag, wanted in flags.items() if wanted]
        revision = ["--all"] if self.all_refs else ["--end-of-options", self.revision]
        return [*options, *revision, "--", *([f":(literal){self.path}"] if self.path else [])]


class Repository:
    """Reads of one bare repository. `lock` is held by whoever writes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = asyncio.Lock()
        self._generation = 0
        self._refs: Refs | None = None
        self._merged: dict[str, frozenset[str]] = {}
        self._commits: dict[str, Commit] = {}
        self._resolved: dict[str, str | None] = {}

    def touch(self) -> None:
        """Forget what may have changed; called after every write."""
        self._generation += 1
        self._refs = None
        self._merged.clear()
        self._resolved.clear()

    async def refs(self) -> Refs:
        """All branches and tags."""
        if self._refs is not None:
            return self._refs
        generation = self._generation
        raw = await git.run(self.path, "for-each-ref", f"--format={REF_FORMAT}", "refs/heads", "refs/tags")
        refs = parse_refs(raw)
        if generation == self._generation:  # a write in between has made this answer old: do not keep it
            self._refs = refs
        return refs

    async def resolve(self, name: str) -> str | None:
        """Commit id of a branch, tag, id or abbreviated id; None when there is none."""
        refs = await self.refs()
        if name in refs.branches:
            return refs.branches[name]
        if name in refs.tags:
            return refs.tags[name].commit
        short = name.removeprefix("refs/heads/").removeprefix("refs/tags/")
        if name.startswith("refs/heads/"):
            return refs.branches.get(short)
        if name.startswith("refs/tags/"):
            return refs.tags[short].commit if short in refs.tags else None
        if name in self._commits:
            return name
        if name != "HEAD" and not looks_like_sha(name):
            return None
        if name in self._resolved:
            return self._resolved[name]
        generation = self._generation
        found = await self._rev_parse(name)
        if generation == self._generation:
            self._resolved[name] = found
        return found

    async def _rev_parse(self, name: str) -> str | None:
        spec = name + "^{commit}"
        raw = await git.run(self.path, "rev-parse", "--verify", "--quiet", "--end-of-options", spec, ok=128)
        return git.text(raw).strip() or None

    async def commits(self, shas: list[str]) -> list[Commit]:
        """The commits with these ids, in this order."""
        missing = sorted({sha for sha in shas if sha not in self._commits})
        if missing:
            stdin = "\n".join(missing).encode() + b"\n"
            args = ("log", "--no-walk=unsorted", "-z", f"--format={COMMIT_FORMAT}", "--stdin")
            self._keep(parse_commits(await git.run(self.path, *args, stdin=stdin)))
        return [self._commits[sha] for sha in shas]

    async def commit(self, sha: str) -> Commit:
        """One commit by its full id."""
        return (await self.commits([sha]))[0]

    async def log(self, query: LogQuery) -> list[Commit]:
        """A bounded walk; an empty repository has none."""
        if not (await self.refs()).targets():
            return []
        raw = await git.run(self.path, "log", "-z", f"--format={COMMIT_FORMAT}", *query.arguments())
        found = parse_commits(raw)
        self._keep(found)
        return found

    def _keep(self, commits: list[Commit]) -> None:
        if len(self._commits) > COMMITS_KEPT:
            self._commits.clear()
        self._commits.update({commit.sha: commit for commit in commits})

    async def merged_into(self, branch: str) -> frozenset[str]:
        """Names of the branches whose tip is contained in `branch`."""
        if branch not in (await self.refs()).branches:
            return frozenset()
        if branch in self._merged:
            return self._merged[branch]
        generation = self._generation
        args = ("for-each-ref", f"--merged=refs/heads/{branch}", "--format=%(refname)", "refs/heads")
        lines = git.text(await git.run(self.path, *args)).splitlines()
        merged = frozenset(line.removeprefix("refs/heads/") for line in lines)
        if generation == self._generation:
            self._merged[branch] = merged
        return merged

    async def refs_containing(self, sha: str) -> list[tuple[str, str]]:
        """`("branch"|"tag", name)` of every ref that contains the commit."""
        args = ("for-each-ref", f"--contains={sha}", "--format=%(refname)", "refs/heads", "refs/tags")
        names = git.text(await git.run(self.path, *args)).splitlines()
        return [("branch" if n.startswith("refs/heads/") else "tag", n.split("/", 2)[2]) for n in names]

    async def merge_base(self, shas: list[str]) -> str | None:
        """Best common ancestor, None for unrelated histories."""
        return git.text(await git.run(self.path, "merge-base", *shas, ok=1)).strip() or None

    async def merges_cleanly(self, ours: str, theirs: str) -> bool:
        """Whether a merge of both tips has no conflict; writes no ref."""
        async with git.slots():
            process = await git.start(self.path, "merge-tree", "--write-tree", "--no-messages", ours, theirs)
            await process.communicate()
        return process.returncode == 0

    async def tree_entries(self, sha: str, folder: str, *, recursive: bool) -> list[tuple[str, str, str, str]]:
        """(mode, kind, object id, path) of what lies in a folder; recursive goes down and shows folders too."""
        args = ["ls-tree", "-z", *(["-r", "-t"] if recursive else []), f"{sha}:{folder}"]
        entries = []
        for record in (await git.run(self.path, *args, ok=128)).split(b"\0"):
            if record:
                meta, path = record.split(b"\t", 1)
                mode, kind, blob = git.text(meta).split()
                entries.append((mode, kind, blob, f"{folder}/{git.text(path)}" if folder else git.text(path)))
        return entries

    async def tree(self, sha: str) -> dict[str, tuple[str, str]]:
        """Path → (mode, blob id) of every file of a commit."""
        entries = await self.tree_entries(sha, "", recursive=True)
        return {path: (mode, blob) for mode, kind, blob, path in entries if kind != "tree"}

    async def last_change(self, sha: str, path: str) -> str:
        """The newest commit at or before `sha` that touched the path."""
        found = await git.run(self.path, "rev-list", "--max-count=1", sha, "--", f":(literal){path}")
        return git.text(found).strip()

    async def blob(self, blob: str) -> bytes:
        """Content of a blob."""
        return await git.run(self.path, "cat-file", "blob", blob)
