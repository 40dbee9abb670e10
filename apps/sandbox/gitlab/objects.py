"""What Git holds, as values: commits, tags, and the parsing of git's output into them.

Must not: run git, or render JSON.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime

from apps.sandbox.gitlab.git import text

ZERO = "0" * 40
COMMIT_FORMAT = "%H%x00%P%x00%an%x00%ae%x00%aI%x00%cn%x00%ce%x00%cI%x00%B"
COMMIT_FIELDS = 9
REF_FORMAT = (
    "%(refname)%00%(objecttype)%00%(objectname)%00%(*objectname)%00%(creatordate:unix)%00"
    "%(taggerdate:iso-strict)%00%(if:equals=tag)%(objecttype)%(then)%(contents)%(end)%00"
)
REF_FIELDS = 7
_TRAILER = re.compile(r"^([A-Za-z0-9][A-Za-z0-9-]*): (.+)$")
_SHA = re.compile(r"^[0-9a-f]{7,40}$")


@dataclass(frozen=True)
class Commit:
    """One commit; dates are ISO 8601 with milliseconds, as GitLab prints them."""

    sha: str
    parents: tuple[str, ...]
    author_name: str
    author_email: str
    authored_date: str
    committer_name: str
    committer_email: str
    committed_date: str
    message: str

    @property
    def title(self) -> str:
        """First line, cut at 80 characters when longer than 100."""
        line = self.message.split("\n", 1)[0].strip()
        return line if len(line) <= 100 else line[:80] + "…"

    def trailers(self) -> dict[str, list[str]]:
        """`Key: value` lines of the last paragraph, when it holds nothing else."""
        paragraphs = self.message.strip().split("\n\n")
        if len(paragraphs) < 2:
            return {}
        found: dict[str, list[str]] = {}
        for line in paragraphs[-1].splitlines():
            match = _TRAILER.match(line)
            if match is None:
                return {}
            found.setdefault(match[1], []).append(match[2])
        return found


@dataclass(frozen=True)
class TagRef:
    """A tag: `target` is the tag object for annotated tags; `commit` is always the commit."""

    name: str
    target: str
    commit: str
    message: str | None
    created_at: str | None
    sort_time: int


@dataclass(frozen=True)
class Refs:
    """All branches (name → commit) and tags of a repository at one moment, in name order."""

    branches: dict[str, str] = field(default_factory=dict)
    tags: dict[str, TagRef] = field(default_factory=dict)

    def targets(self) -> dict[str, str]:
        """Full ref name → object id, as a push reports it."""
        heads = {f"refs/heads/{name}": sha for name, sha in self.branches.items()}
        return heads | {f"refs/tags/{name}": tag.target for name, tag in self.tags.items()}


def iso(raw: str) -> str:
    """git's strict ISO date with the milliseconds GitLab adds."""
    return datetime.fromisoformat(raw.replace("Z", "+00:00")).isoformat(timespec="milliseconds")


def looks_like_sha(name: str) -> bool:
    """Whether the text may be an (abbreviated) object id."""
    return _SHA.match(name) is not None


def parse_commits(raw: bytes) -> list[Commit]:
    """Output of `git log -z --format=COMMIT_FORMAT`."""
    fields = [text(part) for part in raw.split(b"\0")]
    commits = []
    for start in range(0, len(fields) - COMMIT_FIELDS + 1, COMMIT_FIELDS):
        sha, parents, an, ae, ad, cn, ce, cd, body = fields[start : start + COMMIT_FIELDS]
        commits.append(Commit(sha.strip(), tuple(parents.split()), an, ae, iso(ad), cn, ce, iso(cd), body))
    return commits


def parse_refs(raw: bytes) -> Refs:
    """Output of `git for-each-ref --format=REF_FORMAT refs/heads refs/tags`."""
    branches: dict[str, str] = {}
    tags: dict[str, TagRef] = {}
    fields = [text(part) for part in raw.split(b"\0")]
    for start in range(0, len(fields) - REF_FIELDS + 1, REF_FIELDS):
        ref, kind, target, peeled, when, tagged, contents = fields[start : start + REF_FIELDS]
        ref = ref.lstrip("\n")
        if ref.startswith("refs/heads/"):
            branches[ref.removeprefix("refs/heads/")] = target
            continue
        name = ref.removeprefix("refs/tags/")
        annotated = kind == "tag"
        tags[name] = TagRef(
            name,
            target,
            peeled if annotated else target,
            contents.strip() if annotated else None,
            iso(tagged) if annotated and tagged else None,
            int(when or 0),
        )
    return Refs(branches, tags)
