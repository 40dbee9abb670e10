"""An image from one registry to another, byte by byte the same: children first, then blobs, the manifest last (B10).

Must not: convert anything, move a tag, or hold a blob in memory. The digest is the key: what is there is skipped, so
that a copy may be broken off and begun again at will. Each single blob has to fit into one run.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp

from apps.common.errors import IntegrationError, NotFound, Rejected
from apps.integrations import errors
from apps.integrations.answers import Answer
from apps.integrations.registry import parse
from apps.integrations.registry.client import RegistryClient
from apps.integrations.registry.push import Push
from apps.integrations.registry.types import Blob, Manifest

MAX_BLOB = 5 * 1024**3
MAX_PARTS = 1000
MAX_DEPTH = 2


@dataclass
class Progress:
    """How far a copy came, readable after it was broken off."""

    blobs: int = 0
    bytes: int = 0


async def copy_image(
    source: RegistryClient,
    target: RegistryClient,
    repo: str,
    digest: str,
    tag: str,
    *,
    progress: Progress | None = None,
) -> bool:
    """Have `target` serve the image by digest and, when one is given, by tag; whether anything was written.

    Raises Rejected `registry.tag_moved` when the tag names another image there, NotFound `registry.image_missing`
    when neither side has it.
    """
    named = await target.head_manifest(repo, tag) if tag else None
    if named is not None:
        if named.digest != digest:
            image = f"{repo}:{tag}"
            about = target.http.about(image)
            raise Rejected("registry.tag_moved", image=image, digest=named.digest, wanted=digest, **about)
        return False
    read = await target.read_manifest(repo, digest)
    if read is not None and not tag:
        return False
    copy = _Copy(source, target, repo, progress or Progress())
    if read is None:
        read = await source.read_manifest(repo, digest)
        if read is None:
            raise NotFound("registry.image_missing", image=f"{repo}@{digest}", **source.http.about(repo))
        await copy.parts_of(*read)
    await copy.push.put_manifest(tag or digest, read[1].body, read[0].media_type, digest)
    return True


class _Copy:
    """One image under way."""

    def __init__(self, source: RegistryClient, target: RegistryClient, repo: str, progress: Progress) -> None:
        self._source, self._target, self._repo, self._progress = source, target, repo, progress
        self._parts: set[str] = set()
        self.push = Push(target, repo)

    async def parts_of(self, manifest: Manifest, answer: Answer, depth: int = 0) -> None:
        """Everything a manifest names: an index's children with theirs, an image's blobs."""
        if manifest.media_type not in parse.INDEXES:
            for blob in answer.read(parse.blobs):
                if self._is_new(blob.digest):
                    await self._blob(blob)
            return
        if depth >= MAX_DEPTH:
            raise self._too_large()
        for digest in answer.read(parse.children):
            if not self._is_new(digest) or await self._target.head_manifest(self._repo, digest):
                continue
            child = await self._source.read_manifest(self._repo, digest)
            if child is None:
                raise Rejected("registry.image_broken", image=f"{self._repo}@{digest}", **answer.about)
            await self.parts_of(*child, depth + 1)
            await self.push.put_manifest(digest, child[1].body, child[0].media_type, digest)

    async def _blob(self, blob: Blob) -> None:
        if blob.size > MAX_BLOB:
            raise self._too_large()
        if await self._target.has_blob(self._repo, blob.digest):
            return
        async with self._source.open_blob(self._repo, blob.digest) as chunks:
            feed = _Feed(chunks, blob, self._progress)
            try:
                await self.push.put_blob(blob.digest, feed)
            except IntegrationError:
                about = self._source.http.about(f"{self._repo}@{blob.digest}")
                if feed.is_wrong:
                    raise self._mismatch(blob, feed) from None
                if feed.broke is not None:  # told by the wrong side: the source fell silent, not the target
                    seconds = self._source.http.timeout
                    raise errors.from_exception(feed.broke, about=about, seconds=seconds) from None
                raise
            if feed.is_wrong:
                raise self._mismatch(blob, feed)
        self._progress.blobs += 1

    def _mismatch(self, blob: Blob, feed: _Feed) -> Rejected:
        image = f"{self._repo}@{blob.digest}"
        return Rejected("registry.digest_mismatch", image=image, digest=feed.digest, **self._source.http.about(image))

    def _is_new(self, digest: str) -> bool:
        if digest in self._parts:
            return False
        self._parts.add(digest)
        if len(self._parts) > MAX_PARTS:
            raise self._too_large()
        return True

    def _too_large(self) -> Rejected:
        return Rejected(
            "registry.image_too_large",
            image=self._repo,
            parts=MAX_PARTS,
            gibibytes=MAX_BLOB // 1024**3,
            **self._source.http.about(self._repo),
        )


class _Feed:
    """A blob on its way through: counted and hashed, never gathered. More than was declared is not passed on."""

    def __init__(self, chunks: AsyncIterator[bytes], blob: Blob, progress: Progress) -> None:
        self._chunks, self._blob, self._progress = chunks, blob, progress
        self._hash, self._size, self._is_read = hashlib.sha256(), 0, False
        self.broke: Exception | None = None

    @property
    def digest(self) -> str:
        """Of what came so far."""
        return "sha256:" + self._hash.hexdigest()

    @property
    def is_wrong(self) -> bool:
        """Whether the source served, to its end, something else than the manifest names."""
        return self._is_read and (self._size != self._blob.size or self.digest != self._blob.digest)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._chunks:
                self._size += len(chunk)
                self._hash.update(chunk)
                if self._size > self._blob.size:
                    break
                self._progress.bytes += len(chunk)
                yield chunk
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            self.broke = error
            raise
        self._is_read = True
