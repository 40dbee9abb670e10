"""Changes to a bare repository: tags, branches, commits from actions. Callers hold `repo.lock`.

Names and paths go to git as arguments or stdin data, never through a shell. Must not: judge permissions or send hooks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from apps.sandbox.gitlab import git
from apps.sandbox.gitlab.objects import ZERO
from apps.sandbox.gitlab.repository import Repository


@dataclass(frozen=True)
class Signature:
    """Who writes, and when (seconds and zone; None: now)."""

    name: str
    email: str
    at: datetime | None = None

    def line(self) -> str:
        """`Name <email> 1700000000 +0800` as git's raw format wants it."""
        at = self.at or datetime.now().astimezone()
        clean = "".join(c for c in self.name if c not in "<>\n\0").strip() or "unknown"
        email = "".join(c for c in self.email if c not in "<>\n\0 ")
        return f"{clean} <{email}> {int(at.timestamp())} {at.strftime('%z') or '+0000'}"


@dataclass(frozen=True)
class Change:
    """One change of a commit. `content` None keeps the file's content (chmod, plain move)."""

    action: str
    path: str
    content: bytes | None = None
    previous: str = ""
    mode: str = "100644"
    blob: str = ""


@dataclass(frozen=True)
class NewCommit:
    """A commit to be written on `branch` after `parent` (None: the first)."""

    branch: str
    parent: str | None
    message: str
    author: Signature
    committer: Signature
    changes: list[Change] = field(default_factory=list)


async def init(repo: Repository, default_branch: str) -> None:
    """A new bare repository without sample hooks."""
    repo.path.mkdir(parents=True, exist_ok=True)
    await git.run(repo.path, "init", "--quiet", "--bare", "--template=", f"--initial-branch={default_branch}", ".")


async def create_lightweight_tag(repo: Repository, name: str, sha: str) -> None:
    """A ref on the commit itself; refused when the tag exists."""
    try:
        await git.run(repo.path, "update-ref", f"refs/tags/{name}", sha, ZERO)
    finally:
        repo.touch()


async def create_annotated_tag(repo: Repository, name: str, sha: str, message: str, tagger: Signature) -> None:
    """A tag object with a message; the tagger's time is its creation time."""
    header, _, stamp = tagger.line().rpartition("> ")
    who, _, email = header.rpartition(" <")
    env = {"GIT_COMMITTER_NAME": who, "GIT_COMMITTER_EMAIL": email, "GIT_COMMITTER_DATE": stamp}
    args = ("tag", "--annotate", "--no-sign", "--cleanup=verbatim", "-F", "-", "--", name, sha)
    try:
        await git.run(repo.path, *args, stdin=message.encode() + b"\n", env=env)
    finally:
        repo.touch()


async def delete_ref(repo: Repository, ref: str, old: str) -> None:
    """Delete a full ref that still points to `old`."""
    try:
        await git.run(repo.path, "update-ref", "-d", ref, old)
    finally:
        repo.touch()


async def create_branch(repo: Repository, name: str, sha: str) -> None:
    """A new branch; refused when it exists."""
    try:
        await git.run(repo.path, "update-ref", f"refs/heads/{name}", sha, ZERO)
    finally:
        repo.touch()


async def commit(repo: Repository, commits: list[NewCommit], *, force: bool = False) -> None:
    """Write commits, in order, in one run of `git fast-import`."""
    stream = b"".join(_stream(new) for new in commits) + b"done\n"
    args = ["fast-import", "--quiet", "--done", "--date-format=raw"] + (["--force"] if force else [])
    try:
        await git.run(repo.path, *args, stdin=stream)
    finally:
        repo.touch()


async def pack(repo: Repository) -> None:
    """Few files: one pack and packed refs, so that a copy is cheap."""
    await git.run(repo.path, "repack", "-adq")
    await git.run(repo.path, "pack-refs", "--all")


def _stream(new: NewCommit) -> bytes:
    lines = [f"commit refs/heads/{new.branch}", f"author {new.author.line()}", f"committer {new.committer.line()}"]
    out = "\n".join(lines).encode() + b"\n" + _data(new.message.encode())
    if new.parent:
        out += f"from {new.parent}\n".encode()
    return out + b"".join(_change(change) for change in new.changes) + b"\n"


def _data(content: bytes) -> bytes:
    return f"data {len(content)}\n".encode() + content + b"\n"


def _change(change: Change) -> bytes:
    path = _quoted(change.path)
    if change.action == "delete":
        return b"D " + path + b"\n"
    out = b"R " + _quoted(change.previous) + b" " + path + b"\n" if change.action == "move" else b""
    if change.content is not None:
        return out + f"M {change.mode} inline ".encode() + path + b"\n" + _data(change.content)
    if change.action == "chmod":
        return out + f"M {change.mode} {change.blob} ".encode() + path + b"\n"
    return out


def _quoted(path: str) -> bytes:
    escaped = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return b'"' + escaped.encode() + b'"'
