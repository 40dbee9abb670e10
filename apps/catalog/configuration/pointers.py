"""Where in a document something is: JSON pointers (RFC 6901) and the way a person reads the place.

Must not: look at a document.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Place = tuple[str | int, ...]
Fault = tuple[Place, str, dict[str, Any]]  # where, the code, its params


def pointer(place: Iterable[str | int]) -> str:
    """`("ports", 0, "name")` → `/ports/0/name`; the whole document is the empty text."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in place)


def readable(place: Iterable[str | int]) -> str:
    """`("ports", 0, "name")` → `ports[0].name`, at most 200 characters."""
    text = ""
    for part in place:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")[:200]
