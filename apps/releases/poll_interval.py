"""One interval of the poller at one Jenkins controller: what it saw, and how long it still may ask (D23).

Must not: read or write a row.
"""

from __future__ import annotations

import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.conf import settings

from apps.integrations.jenkins.client import Jenkins
from apps.integrations.jenkins.types import BuildRef
from apps.integrations.loop import run

T = TypeVar("T")


def share() -> float:
    """A third of the lease of a chore, in seconds."""
    return float(settings.CONFIG.chore_lease_seconds) / 3


@dataclass
class Interval:
    """One look at one controller. New calls begin in the first two thirds of the lease and end in the last."""

    jenkins: Jenkins
    begun: float = field(default_factory=time.monotonic)
    seen: dict[str, list[BuildRef]] = field(default_factory=dict)  # by our key, oldest first

    def is_over(self) -> bool:
        """Whether no new call may begin."""
        return time.monotonic() - self.begun > 2 * share()

    @property
    def seconds(self) -> float:
        """How long one call may take."""
        return min(float(settings.CONFIG.outside_timeout), share())

    def ask(self, work: Coroutine[Any, Any, T]) -> T:
        """One call within its time."""
        return run(work, self.seconds)
