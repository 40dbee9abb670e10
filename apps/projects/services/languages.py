"""Which languages there are: `catalog`, a higher room, hands in the look-up at start. Must not: import it."""

from __future__ import annotations

from collections.abc import Callable

_knows: Callable[[str], bool] = lambda slug: False  # noqa: E731 - until catalog is loaded nothing is known


def set_language_source(knows: Callable[[str], bool]) -> None:
    """Register the look-up (from `catalog`'s AppConfig.ready)."""
    global _knows
    _knows = knows


def is_language(slug: str) -> bool:
    """Whether the catalog has this language."""
    return _knows(slug)
