"""The doorbell: after commit, tell some worker that something is due. Losing every ring loses nothing (law 2).

Messages go out on a thread of their own, so that a broker that hangs keeps no request waiting. Must not: raise when the
broker is away, or carry anything but ids.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import structlog
from django.db import transaction

log = structlog.get_logger(__name__)

MUTE_SECONDS = 5.0
MOST_WAITING = 100
_muted_until = 0.0
_local_wake: threading.Event | None = None


class _Sender:
    """One thread that sends, and the bound on what waits for it: a ring more or less changes nothing."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="bell")
        self._room = threading.BoundedSemaphore(MOST_WAITING)

    def send(self, step_id: int) -> None:
        """Send it soon, or not at all when too many wait."""
        if self._room.acquire(blocking=False):
            self._pool.submit(_send, step_id).add_done_callback(lambda _future: self._room.release())


_sender = _Sender()


def _renew_sender() -> None:
    global _sender
    _sender = _Sender()


os.register_at_fork(after_in_child=_renew_sender)  # threads do not live on in a forked process


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
    if not step_ids:
        return
    if _local_wake is not None:
        _local_wake.set()
    elif time.monotonic() >= _muted_until:
        _sender.send(step_ids[0])


def _send(step_id: int) -> None:
    global _muted_until
    if time.monotonic() < _muted_until:
        return
    from apps.tickets.tasks import look

    try:
        look.apply_async(args=[step_id], retry=False, ignore_result=True)
    except (OSError, look.OperationalError) as error:
        _muted_until = time.monotonic() + MUTE_SECONDS
        log.warning("the broker is away; workers sweep by themselves", error=type(error).__name__)
