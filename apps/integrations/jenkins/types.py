"""Jenkins' things in our own words. Must not: hold behaviour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

KEY_PARAMETER = "OPSPORTAL_KEY"

Result = Literal["SUCCESS", "UNSTABLE", "FAILURE", "NOT_BUILT", "ABORTED"]


@dataclass(frozen=True)
class JobState:
    """What `ensure_job` did: made the job, or brought its configuration to the wanted one."""

    created: bool
    changed: bool


@dataclass(frozen=True)
class QueueItem:
    """A build that waits. `folded`: Jenkins answered with an item that was there before ours (equal parameters)."""

    id: int
    folded: bool = False
    job: str = ""
    key: str = ""
    why: str = ""


@dataclass(frozen=True)
class BuildRef:
    """One build. `result` is None while it runs, and for a moment after it was stopped."""

    job: str
    number: int
    key: str
    building: bool
    result: Result | None
    timestamp_ms: int
    duration_ms: int
    queue_id: int


@dataclass(frozen=True)
class Snapshot:
    """Queue and builds of a controller; the queue was read first, so an item that moved is seen at least once."""

    queue: list[QueueItem]
    builds: list[BuildRef]


@dataclass(frozen=True)
class LogPart:
    """A piece of a build's log. Continue at `next_start`, never at a count of characters.

    restarted: the log is shorter than `start`, so this text begins at 0 again. cut: the piece was larger than
    the bound; what follows `text` up to `next_start` is lost.
    """

    text: str
    next_start: int
    more: bool
    restarted: bool = False
    cut: bool = False
