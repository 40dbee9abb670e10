"""What waits for a person in his inbox and is no ticket (yet); upper rooms hand in where it comes from.

Must not: import any upper room, or count without bound.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from apps.policy.actor import Actor

MOST = 50


@dataclass(frozen=True)
class Reminder:
    """One thing: `what` and `id` name it, `code` and `params` are its sentence."""

    what: str
    id: int
    code: str
    at: datetime
    project: str
    environment: str
    params: dict[str, Any] = field(default_factory=dict)


Source = Callable[[Actor, int], list[Reminder]]
_sources: dict[str, Source] = {}


def reminders_of(what: str) -> Callable[[Source], Source]:
    """Decorator: a function that answers at most so many reminders for an actor, oldest first."""

    def add(source: Source) -> Source:
        _sources[what] = source
        return source

    return add


def reminders_for(actor: Actor) -> list[Reminder]:
    """All of them, oldest first, at most MOST."""
    found = [one for _, source in sorted(_sources.items()) for one in source(actor, MOST)]
    return sorted(found, key=lambda one: (one.at, one.what, one.id))[:MOST]
