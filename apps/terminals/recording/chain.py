"""The seal at the end of each segment: `[t,"h","<seq> <hash>"]`, chained by `common.hashchain`.

A seal covers every byte of its segment before the hash itself, its own time and number included, and the seal before;
what follows the hash is fixed. So no byte of a stream can change without a seal that does not fit.
Must not: know where segments are kept.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from io import BytesIO

from apps.common.hashchain import GENESIS, link_hash

# json.dumps of `[t, "h", …]` without spaces; no line of output can look like it, because its quotes are escaped.
_SEAL = re.compile(rb'\[\d+\.\d+,"h","(\d{1,15}) ([0-9a-f]{64})"\]\n\Z')
_HASH_BYTES, _END = 64, b'"]\n'
LONGEST_SEAL = 160


@dataclass(frozen=True)
class Sealed:
    """How far a recording is durable: bytes of the stream, segments, and the hash of the last one."""

    bytes: int = 0
    segments: int = 0
    head: str = GENESIS


@dataclass(frozen=True)
class Seal:
    """What a seal line claims."""

    seq: int
    hash: str


def seal(body: BytesIO, at: float, before: Sealed) -> Sealed:
    """The lines in `body`, up to its position, become a segment, sealed `at` seconds after the beginning; where the chain
    stands after it."""
    seq = before.segments + 1
    body.write(f'[{round(at, 4)},"h","{seq} '.encode())
    with body.getbuffer() as covered:
        digest = segment_hash(before.head, seq, covered[: body.tell()])
    body.write(digest.encode() + _END)
    return Sealed(before.bytes + body.tell(), seq, digest)


def segment_hash(head: str, seq: int, covered: bytes | memoryview) -> str:
    """The hash that belongs to these bytes in this place."""
    return link_hash(head, seq, {"bytes": len(covered), "sha256": hashlib.sha256(covered).hexdigest()})


def parse_seal(line: bytes) -> Seal | None:
    """What a line claims as a seal; None when it is none."""
    found = _SEAL.match(line)
    return Seal(int(found[1]), found[2].decode()) if found else None


def without_hash(segment: bytes) -> bytes:
    """The bytes of a sealed segment that its hash covers."""
    return segment[: -(_HASH_BYTES + len(_END))]
