"""One byte form per JSON value, so that equal content has an equal hash.

Must not: accept what JSON cannot say (NaN, datetimes, sets); the caller decides their form.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any


def canonical_json(obj: Any) -> bytes:
    """UTF-8, keys sorted, no spaces; raises on NaN and on what is not JSON."""
    return json.dumps(obj, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def sha256_hex(obj: Any) -> str:
    """SHA-256 of the canonical form, as 64 hexadecimal digits."""
    return hashlib.sha256(canonical_json(obj)).hexdigest()
