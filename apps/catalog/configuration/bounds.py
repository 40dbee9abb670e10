"""How large and how deep a document may be, looked at before anything else reads it.

Must not: recurse, or know a member.
"""

from __future__ import annotations

from typing import Any

from apps.common.errors import Invalid
from apps.common.payload import check_payload

LARGEST, DEEPEST, LARGEST_NUMBER = 2 * 1024 * 1024, 20, 1 << 53


def check_bounds(document: Any, *, largest: int = LARGEST, deepest: int = DEEPEST) -> None:
    """Raise Invalid for what is no JSON object, over `largest` bytes, deeper than `deepest`, or holds odd values."""
    if not isinstance(document, dict):
        raise Invalid("configuration.not_an_object")
    size = 0
    waiting: list[tuple[Any, int]] = [(document, 1)]
    while waiting:
        value, depth = waiting.pop()
        if isinstance(value, dict | list):
            if depth > deepest:
                raise Invalid("configuration.too_deep", most=deepest)
            size += len(value)
            if size > largest:
                raise Invalid("configuration.too_big", most=largest)
            waiting.extend((child, depth + 1) for child in (value.values() if isinstance(value, dict) else value))
            if isinstance(value, dict):
                waiting.extend((_key(key), depth) for key in value)
        size += _size_of(value)
        if size > largest:
            raise Invalid("configuration.too_big", most=largest)
    check_payload(document)


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise Invalid("configuration.not_json", kind=type(key).__name__)
    return key


def _size_of(value: Any) -> int:
    """Bytes of a text, 1 for the rest."""
    if isinstance(value, str):
        return len(value.encode("utf-8", "surrogatepass"))
    if isinstance(value, bool | float | dict | list) or value is None:
        return 1
    if isinstance(value, int):
        if abs(value) > LARGEST_NUMBER:
            raise Invalid("configuration.number_too_large", most=LARGEST_NUMBER)
        return 1
    raise Invalid("configuration.not_json", kind=type(value).__name__)
