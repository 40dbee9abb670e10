"""A sealed segment as bytes, as the tests of forged and cut recordings need it."""

from __future__ import annotations

from io import BytesIO

from apps.terminals.recording import chain
from apps.terminals.recording.chain import Sealed


def seal(lines: bytes, at: float, before: Sealed) -> tuple[bytes, Sealed]:
    """These lines as a segment, and where the chain stands after it."""
    body = BytesIO()
    body.write(lines)
    after = chain.seal(body, at, before)
    return body.getvalue(), after
