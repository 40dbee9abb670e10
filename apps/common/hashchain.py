"""A chain of hashes: each link covers its content, its position and the link before.

Must not: know tables or files; audit rows and recordings bring their own content.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from apps.common.canonical import sha256_hex

GENESIS = "0" * 64


@dataclass(frozen=True)
class Link:
    """One stored position of a chain."""

    seq: int
    content: Mapping[str, Any]
    prev_hash: str
    hash: str


@dataclass(frozen=True)
class Verdict:
    """`bad_seq` is the first position that does not hold, `code` says what is wrong with it."""

    checked: int
    head: str
    bad_seq: int | None = None
    code: str = ""

    @property
    def is_intact(self) -> bool:
        """True when every position holds."""
        return self.bad_seq is None


def link_hash(prev_hash: str, seq: int, content: Mapping[str, Any]) -> str:
    """The hash of one link."""
    return sha256_hex({"content": content, "prev_hash": prev_hash, "seq": seq})


def verify(links: Iterable[Link], *, start_seq: int = 1, start_hash: str = GENESIS) -> Verdict:
    """Walk the chain and stop at the first position that is missing, moved or changed."""
    seq, head, checked = start_seq, start_hash, 0
    for link in links:
        if link.seq != seq:
            return Verdict(checked, head, seq, "chain.missing")
        if link.prev_hash != head:
            return Verdict(checked, head, seq, "chain.broken")
        if link.hash != link_hash(head, seq, link.content):
            return Verdict(checked, head, seq, "chain.changed")
        head, seq, checked = link.hash, seq + 1, checked + 1
    return Verdict(checked, head)
