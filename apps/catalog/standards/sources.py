"""Where the documents that run now come from: the workloads room, a higher one, hands in the look-up at start.

Must not: import it, or keep a document.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from apps.catalog.standards.look import Subject


@dataclass(frozen=True)
class Current:
    """A completed document that is in force, and whom it is for."""

    document: Mapping[str, Any]
    subject: Subject


def _none() -> Iterable[Current]:
    """Until somebody hands in a look-up there is no document."""
    return ()


_source: Callable[[], Iterable[Current]] = _none


def set_document_source(source: Callable[[], Iterable[Current]] | None) -> None:
    """Register the look-up (from an AppConfig.ready); None takes it away."""
    global _source
    _source = source or _none


def current_documents() -> Iterable[Current]:
    """Every document in force."""
    return _source()
