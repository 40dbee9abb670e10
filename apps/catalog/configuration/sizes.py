"""What a workload of each language gets of CPU and memory when nobody says anything else.

The figures are the portal's own starting points, to be replaced by what is measured. Must not: know a standard; the
tests judge that these sizes satisfy the ones of docs/configuration.md.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """Requests as Kubernetes quantities, and the CPU that a process may take for a while where it is small."""

    cpu: str
    memory: str
    burst: str


_FULL = {"java": Size("1", "1Gi", "2"), "go": Size("500m", "256Mi", "1")}
_SMALL = {"java": Size("250m", "768Mi", "1"), "go": Size("100m", "128Mi", "500m")}
_OTHER_FULL = Size("500m", "512Mi", "1")
_OTHER_SMALL = Size("100m", "256Mi", "500m")
# Staging is where production's behaviour is looked at, so it gets the same.
FULL_TIERS = ("staging", "production")


def size_of(language: str, tier: str) -> Size:
    """The size for a language in a tier; a language that the portal does not bring gets the one of most."""
    if tier in FULL_TIERS:
        return _FULL.get(language, _OTHER_FULL)
    return _SMALL.get(language, _OTHER_SMALL)
