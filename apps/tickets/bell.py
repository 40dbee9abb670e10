"""The doorbell: after commit, tell some worker that something is due. Losing every ring loses nothing (law 2).

Must not: raise when the broker is away, carry anything but ids, or keep a request waiting for a dead broker.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable

import structlog
from django.db import transaction

log = structlog.get_logger(__name__)

MUTE_SECONDS = 5.0
_muted_until = 0.0
_local_wake: threading.Event | None = None


def set_local_wake(event: threading.Event | None) -> None:
    """A worker's own runner registers its event: rings inside the worker need no broker at all."""
    global _local_wake
    _local_wake = event


def ring_on_commit(step_ids: Iterable[int]) -> None:
    """Ring once the current transaction is committed; nothing when there are no ids."""
    ids = list(step_ids)
    if ids:
        transaction.on_commit(lambda: ring(ids))


def ring(step_ids: list[int]) -> None:
    """Wake the local runner, else send one message; a broker that is away is left alone for some seconds."""
    global _muted_until
    if _local_wake is not None:
        _local_wake.set()
        return
    if time.monotonic() < _muted_until:
        return
    from apps.tickets.tasks import look

    try:
        look.apply_async(args=[step_ids[0]], retry=False, ignore_result=True)
    except (OSError, look.OperationalError) as error:
        _muted_until = time.monotonic() + MUTE_SECONDS
        log.warning("the broker is away; workers sweep by themselves", error=type(error).__name__)
