"""The two generations of distribution that are in use, as one stand-in can be either: 3.x, and Debian's 2.8.

Where they answer differently the handlers ask `Edition.is_old`; both sides are proven against the real servers in
tests/contracts. Must not: hold behaviour of its own.
"""

from __future__ import annotations

from enum import Enum


class Edition(Enum):
    """Which registry the stand-in is."""

    V3 = "3"
    V2_8 = "2.8"

    @property
    def is_old(self) -> bool:
        """Whether it answers as docker-registry 2.8 does."""
        return self is Edition.V2_8
