"""A registry's things in our own words. Must not: hold behaviour."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Manifest:
    """What a reference points to now; `digest` is its identity."""

    digest: str
    media_type: str
    size: int


@dataclass(frozen=True)
class Blob:
    """One blob as a manifest names it."""

    digest: str
    size: int


@dataclass(frozen=True)
class Image:
    """A manifest with what its configuration says. For an index, configuration and size are of one platform."""

    digest: str
    media_type: str
    size_compressed: int
    created: datetime | None
    labels: dict[str, str] = field(default_factory=dict)
    config_digest: str = ""
