"""Is a recording what was recorded? Walks the segments as they lie in the store and names the first that does not hold.

Must not: repair anything, know rows, or hold more than a few megabytes of a recording however long its lines are.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain as joined

from apps.terminals.recording.chain import LONGEST_SEAL, Seal, Sealed, parse_seal, segment_hash, without_hash
from apps.terminals.recording.errors import RecordingError
from apps.terminals.recording.store import RecordingStore

# A segment is one flush: little more than two megabytes of output, six times as much when all of it is escaped. What is
# longer was not written by the portal.
LONGEST_SEGMENT = 64 * 1024 * 1024


@dataclass(frozen=True)
class Anchor:
    """What is known of a recording beside its content: how far it came, and whether that was its end.

    `sealed=None`: nothing is known; then only what contradicts itself is found.
    """

    sealed: Sealed | None
    is_final: bool

    @property
    def segments(self) -> int:
        """So many there must be."""
        return self.sealed.segments if self.sealed else 0

    def is_end(self, sealed: Sealed) -> bool:
        """Whether nothing may follow."""
        return self.is_final and self.sealed is not None and sealed.segments == self.sealed.segments

    def contradicts(self, sealed: Sealed) -> bool:
        """Whether the chain came by here with another hash."""
        return self.sealed is not None and sealed.segments == self.sealed.segments and sealed.head != self.sealed.head


@dataclass(frozen=True)
class Verdict:
    """`sealed` is how far all holds. `code` is empty when that is everything; else the first place that does not."""

    sealed: Sealed
    code: str = ""
    segment: int | None = None
    position: int | None = None

    @property
    def is_intact(self) -> bool:
        """Nothing was found."""
        return not self.code


@dataclass(frozen=True)
class Found:
    """A segment as it lies there; `seal` is None for what follows the last seal."""

    data: bytes
    seal: Seal | None


def check(store: RecordingStore, session_id: int, anchor: Anchor) -> Verdict:
    """The verdict on one recording."""
    try:
        return _walk(segments(store.stream(session_id)), session_id, anchor)
    except RecordingError as error:
        if error.code != "recording.missing":
            raise
    return Verdict(Sealed(), "recording.missing", 1, 0) if anchor.segments else Verdict(Sealed())


def segments(stream: Iterable[bytes]) -> Iterator[Found]:
    """Cut a stream behind each seal; what is longer than any segment of ours comes as one that has no seal."""
    held: list[bytes] = []
    size = 0
    for line in _lines(stream):
        held.append(line)
        size += len(line)
        seal = parse_seal(line) if len(line) <= LONGEST_SEAL else None
        if seal is not None or size > LONGEST_SEGMENT:
            yield Found(b"".join(held), seal)
            held, size = [], 0
    if held:
        yield Found(b"".join(held), None)


def _lines(stream: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in stream:
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            yield line + b"\n"
        if len(rest) > LONGEST_SEGMENT:
            yield rest
            rest = b""
    if rest:
        yield rest


def _walk(found: Iterator[Found], session_id: int, anchor: Anchor) -> Verdict:
    sealed = Sealed()
    for segment in found:
        if anchor.is_end(sealed):
            return Verdict(sealed, "recording.appended", sealed.segments + 1, sealed.bytes)
        seq = sealed.segments + 1
        if segment.seal is None:
            return _without_seal(sealed, anchor, next(found, None))
        if segment.seal.seq != seq:
            return _out_of_place(sealed, segment.seal, found)
        digest = segment_hash(sealed.head, seq, without_hash(segment.data))
        if digest != segment.seal.hash:
            return Verdict(sealed, "recording.changed", seq, sealed.bytes)
        if seq == 1 and _session_of(segment.data) != session_id:
            return Verdict(sealed, "recording.foreign", 1, 0)
        sealed = Sealed(sealed.bytes + len(segment.data), seq, digest)
        if anchor.contradicts(sealed):
            return Verdict(Sealed(), "recording.rewritten", 1, 0)
    return _at_end(sealed, anchor)


def _at_end(sealed: Sealed, anchor: Anchor) -> Verdict:
    if sealed.segments < anchor.segments:
        return Verdict(sealed, "recording.truncated", sealed.segments + 1, sealed.bytes)
    return Verdict(sealed)


def _without_seal(sealed: Sealed, anchor: Anchor, following: Found | None) -> Verdict:
    """The end of a flush is missing: cut off, or (of a session that goes on) not written yet."""
    if following is not None:
        return Verdict(sealed, "recording.changed", sealed.segments + 1, sealed.bytes)
    if sealed.segments < anchor.segments:
        return Verdict(sealed, "recording.truncated", sealed.segments + 1, sealed.bytes)
    if anchor.is_final:
        return Verdict(sealed, "recording.torn", sealed.segments + 1, sealed.bytes)
    return Verdict(sealed)


def _out_of_place(sealed: Sealed, seal: Seal, later: Iterable[Found]) -> Verdict:
    """Another number stands here than should: the right one comes later, or is nowhere."""
    seq = sealed.segments + 1
    rest = joined([seal], (segment.seal for segment in later if segment.seal is not None))
    is_there = any(other.seq == seq for other in rest) or seal.seq < seq
    return Verdict(sealed, "recording.reordered" if is_there else "recording.lost_segment", seq, sealed.bytes)


def _session_of(segment: bytes) -> object:
    try:
        header = json.loads(segment.partition(b"\n")[0])
    except ValueError:
        return None
    return header.get("session") if isinstance(header, dict) else None
