"""The phases of a restart as a caller meets them: 503, a moment of 401, refused connections, 503 again, up.

Must not: touch jobs or builds; the server does that.
"""

from __future__ import annotations

from enum import Enum

# Share of the whole time down. The 401 is what callers with valid credentials get while security shuts down.
SHARES = {"stopping": 0.2, "rejecting": 0.1, "refusing": 0.4, "starting": 0.3}


class Phase(Enum):
    """Where the server is."""

    UP = "up"
    STOPPING = "stopping"
    REJECTING = "rejecting"
    REFUSING = "refusing"
    STARTING = "starting"


def plan(down_seconds: float) -> list[tuple[Phase, float]]:
    """The phases in order with their seconds."""
    return [(Phase(name), down_seconds * share) for name, share in SHARES.items()]
