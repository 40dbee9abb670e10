"""What is refused in a request body before anybody looks at its meaning: depth, NUL, halves of surrogate pairs.

Must not: know fields. PostgreSQL stores neither NUL nor lone surrogates; a body nested deeper than 64 is an attack.
"""

from __future__ import annotations

from typing import Any

from apps.common.errors import Invalid

MAX_DEPTH = 64


def check_payload(data: Any) -> None:
    """Raise `Invalid` for content that no endpoint takes; walks without recursion."""
    waiting: list[tuple[Any, int]] = [(data, 1)]
    while waiting:
        value, depth = waiting.pop()
        if isinstance(value, str):
            _check_text(value)
        elif isinstance(value, dict | list):
            if depth > MAX_DEPTH:
                raise Invalid("json_too_deep", max_depth=MAX_DEPTH)
            children = value.values() if isinstance(value, dict) else value
            waiting.extend((child, depth + 1) for child in children)
            if isinstance(value, dict):
                waiting.extend((key, depth) for key in value)


def _check_text(text: str) -> None:
    if "\x00" in text or any("\ud800" <= char <= "\udfff" for char in text if char > "\ud7ff"):
        raise Invalid("forbidden_characters")
