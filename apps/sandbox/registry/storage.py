"""What the registry holds: content-addressed files, and an index of which repository links to which.

Content lies in `blobs/sha256/<2 hex>/<hex>` (written aside, then renamed); the index is a log of changes that is
replayed and compacted at start. Must not: know of HTTP, or keep a blob's bytes in memory.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from apps.sandbox.registry.names import digest_of


@dataclass
class Repository:
    """Links of one repository. `had_manifest` and `had_tag` stay true for ever, as in distribution."""

    layers: set[str] = field(default_factory=set)
    manifests: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    had_manifest: bool = False
    had_tag: bool = False


class Storage:
    """Blobs on disk, repositories in memory, every change of the index on disk before it is answered."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.uploads = root / "uploads"
        self.uploads.mkdir(parents=True, exist_ok=True)
        for left_over in self.uploads.iterdir():
            left_over.unlink()
        self._repositories: dict[str, Repository] = {}
        self._log_path = root / "index.jsonl"
        self._replay()
        self._compact()
        self._log = self._log_path.open("a", encoding="utf-8", buffering=1)

    def close(self) -> None:
        """Close the log; everything in it is already written."""
        self._log.close()

    # -- reading ------------------------------------------------------------------------------------------
    def find(self, repository: str) -> Repository:
        """The repository, or an empty one that is not kept."""
        return self._repositories.get(repository) or Repository()

    def catalog(self, *, with_blobs_only: bool = False) -> list[str]:
        """Names of repositories that have or had a manifest, in the order of a walk through their paths."""
        names = [name for name, one in self._repositories.items() if one.had_manifest or with_blobs_only]
        return sorted(names, key=catalog_key)

    def path(self, digest: str) -> Path:
        """Where the content of a digest lies or would lie."""
        hexadecimal = digest.removeprefix("sha256:")
        return self._root / "blobs" / "sha256" / hexadecimal[:2] / hexadecimal

    def read(self, digest: str) -> bytes:
        """The whole content; for manifests only, which are small."""
        return self.path(digest).read_bytes()

    # -- writing ------------------------------------------------------------------------------------------
    def keep_layer(self, repository: str, digest: str, finished: Path) -> None:
        """Move a finished upload to its place and link it."""
        target = self.path(digest)
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(finished, target)
        self.link_layer(repository, digest)

    def link_layer(self, repository: str, digest: str) -> None:
        """Let a repository serve a blob that is already stored."""
        if digest not in self.find(repository).layers:
            self._change("layer", repository, digest)

    def keep_manifest(self, repository: str, media_type: str, content: bytes, tag: str | None) -> str:
        """Store a manifest's raw bytes, link it, move the tag to it; returns its digest."""
        digest = digest_of(content)
        if not self.path(digest).exists():
            aside = self.uploads / f"manifest-{uuid.uuid4()}"
            aside.write_bytes(content)
            self.path(digest).parent.mkdir(parents=True, exist_ok=True)
            os.replace(aside, self.path(digest))
        known = self.find(repository)
        if known.manifests.get(digest) != media_type:
            self._change("manifest", repository, digest, media_type)
        if tag is not None and known.tags.get(tag) != digest:
            self._change("tag", repository, tag, digest)
        return digest

    def drop_manifest(self, repository: str, digest: str) -> list[str]:
        """Unlink a manifest and every tag on it; returns those tags."""
        tags = sorted(tag for tag, target in self.find(repository).tags.items() if target == digest)
        for tag in tags:
            self._change("untag", repository, tag)
        self._change("unmanifest", repository, digest)
        return tags

    def drop_tag(self, repository: str, tag: str) -> None:
        """Remove one tag; the manifest stays reachable by digest."""
        self._change("untag", repository, tag)

    def drop_layer(self, repository: str, digest: str) -> None:
        """Unlink a blob, even if a manifest uses it."""
        self._change("unlayer", repository, digest)

    # -- the log ------------------------------------------------------------------------------------------
    def _change(self, *change: str) -> None:
        self._log.write(json.dumps(change) + "\n")
        self._apply(*change)

    def _apply(self, what: str, name: str, *values: str) -> None:
        repository = self._repositories.setdefault(name, Repository())
        if what == "layer":
            repository.layers.add(values[0])
        elif what == "manifest":
            repository.manifests[values[0]] = values[1]
            repository.had_manifest = True
        elif what == "tag":
            repository.tags[values[0]] = values[1]
            repository.had_tag = True
        elif what == "had":
            repository.had_manifest, repository.had_tag = True, values[0] == "tag"
        elif what == "untag":
            repository.tags.pop(values[0], None)
        elif what == "unmanifest":
            repository.manifests.pop(values[0], None)
        elif what == "unlayer":
            repository.layers.discard(values[0])
        else:
            raise ValueError(f"index.jsonl holds an unknown change {what!r}")

    def _replay(self) -> None:
        if not self._log_path.exists():
            return
        with self._log_path.open(encoding="utf-8") as lines:
            for line in lines:
                if line.endswith("\n"):  # a line cut off by a kill was never answered for
                    self._apply(*json.loads(line))

    def _compact(self) -> None:
        aside = self._log_path.with_suffix(".new")
        with aside.open("w", encoding="utf-8") as log:
            for change in self._state():
                log.write(json.dumps(change) + "\n")
        os.replace(aside, self._log_path)

    def _state(self) -> Iterator[tuple[str, ...]]:
        for name, repository in sorted(self._repositories.items()):
            for digest in sorted(repository.layers):
                yield "layer", name, digest
            if repository.had_manifest:
                yield "had", name, "tag" if repository.had_tag else "manifest"
            for digest, media_type in repository.manifests.items():
                yield "manifest", name, digest, media_type
            for tag, digest in repository.tags.items():
                yield "tag", name, tag, digest


def catalog_key(name: str) -> str:
    """A walk visits a directory's content before its longer-named siblings: `a/b` comes before `a-b`."""
    return name.replace("/", "\0")
