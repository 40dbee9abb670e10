"""Image references: taken apart, and refused where they could mean another image tomorrow (B9).

Must not: ask a registry, or fill in a default tag or host.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from apps.common.errors import Invalid

DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
PATH = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*")
HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
MAX_PATH = 255


@dataclass(frozen=True)
class Reference:
    """The parts of an image reference; each but `repository` may be empty."""

    host: str
    repository: str
    tag: str = ""
    digest: str = ""

    def at(self, host: str) -> Reference:
        """The same image at another host, such as a cluster's pull host."""
        return replace(self, host=host)

    def __str__(self) -> str:
        name = f"{self.host}/{self.repository}" if self.host else self.repository
        return name + (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")


def read_reference(text: str) -> Reference:
    """The parts of whatever may run somewhere; Invalid `image.reference_invalid` if it is no reference at all."""
    rest, at, digest = text.partition("@")
    first, slash, below = rest.partition("/")
    has_host = bool(slash) and (any(c in first for c in ".:") or first == "localhost")
    host, rest = (first, below) if has_host else ("", rest)
    path, colon, tag = rest.partition(":")
    fits = (
        PATH.fullmatch(path)
        and len(path) <= MAX_PATH
        and (not has_host or HOST.fullmatch(host))
        and (not colon or TAG.fullmatch(tag))
        and (not at or DIGEST.fullmatch(digest))
    )
    if not fits:
        raise Invalid("image.reference_invalid", image=text[:200])
    return Reference(host, path, tag, digest)


def parse_reference(text: str) -> Reference:
    """A reference that may be deployed: never `latest`, always with its digest.

    `image.latest_refused` stands before `image.digest_required`: a digest does not make `latest` a version.
    """
    found = read_reference(text)
    if found.tag == "latest" or not (found.tag or found.digest):
        raise Invalid("image.latest_refused", image=text[:200])
    if not found.digest:
        raise Invalid("image.digest_required", image=text[:200])
    return found


def is_digest(text: str) -> bool:
    """Whether `text` is a whole sha256 digest; a registry answers short ones with 500."""
    return DIGEST.fullmatch(text) is not None
