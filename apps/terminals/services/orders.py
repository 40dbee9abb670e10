"""The guard's one look at all sessions of a process: which must end, and what of the others changed.

Nine statements at most, for any number of sessions. Must not: end a session itself (its process does, and then says so), or take
a right for granted for longer than this look.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Value
from django.db.models.functions import Now

from apps.common.db import ClockTimestamp, IsAnyOf
from apps.terminals.models import TerminalSession, TerminalWatcher
from apps.terminals.rights import Row, causes, rows_of

# A watcher says every ten seconds that he is there.
WATCHING_FOR = timedelta(seconds=25)
WARN_BEFORE = timedelta(minutes=5)


@dataclass(frozen=True)
class End:
    """The session ends now, for this reason: nothing more is shown or passed on."""

    code: str
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Changed:
    """It goes on, and this is how it stands; `watchers` are their names. Times are the database's, as is `now`."""

    now: datetime
    ends_at: datetime | None = None
    warn_at: datetime | None = None
    extended: bool = False
    watchers: tuple[str, ...] = ()


Order = End | Changed


def orders(host: str, ids: Iterable[int]) -> dict[int, Order]:
    """What the process `host` has to do with each of these sessions, every one of which gets an answer.

    Also says in the rows that the process still holds those that go on. Raises only what a database that is away does.
    """
    asked = list(dict.fromkeys(ids))
    if not asked:
        return {}
    rows = {row.pk: row for row in rows_of(asked)}
    held = {pk: row for pk, row in rows.items() if row.state != TerminalSession.State.ENDED and row.host == host}
    ending = causes(held.values())
    watching = _watchers(held)
    TerminalSession.objects.filter(IsAnyOf("pk", held), host=host).exclude(state=TerminalSession.State.ENDED).update(
        seen_at=ClockTimestamp()
    )
    found: dict[int, Order] = {}
    for pk in asked:
        row = held.get(pk)
        if row is None:
            found[pk] = _not_held(rows.get(pk))
        elif pk in ending:
            found[pk] = End(ending[pk].code, ending[pk].params)
        else:
            found[pk] = _standing(row, watching[pk])
    return found


def warn_at(ends_at: datetime | None) -> datetime | None:
    """When its user is warned: five minutes before the end."""
    return None if ends_at is None else ends_at - WARN_BEFORE


def _standing(row: Row, watchers: list[str]) -> Changed:
    return Changed(row.now, row.ends_at, warn_at(row.ends_at), row.extended_at is not None, tuple(watchers))


def _not_held(row: Row | None) -> End:
    """Ended by somebody else (swept while this process was not heard), or no longer this process's."""
    if row is not None and row.state == TerminalSession.State.ENDED:
        return End(row.end_code, dict(row.end_params))
    return End("terminal.end.host_lost")


def _watchers(ids: Iterable[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    there = TerminalWatcher.objects.filter(IsAnyOf("session_id", ids), seen_at__gt=Now() - Value(WATCHING_FOR))
    for watcher in there.select_related("user").order_by("started_at", "id"):
        found[watcher.session_id].append(str(watcher.user))
    return found
