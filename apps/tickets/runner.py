"""The worker's own loop: claim what is due, visit it in a bounded pool, sleep until the next due time or a ring.

Every worker sweeps by itself, so a dead broker or a lost message only adds latency. Must not: hold a thread for
anything that waits; waiting is a row with a due time.
"""

from __future__ import annotations

import os
import secrets
import signal
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait

import structlog
from django.conf import settings
from django.db import Error, close_old_connections, connection
from psycopg_pool import PoolTimeout

from apps.tickets import bell, chores
from apps.tickets.claims import Claim, claim_due, hand_back, seconds_to_next
from apps.tickets.engine import visit

log = structlog.get_logger(__name__)

DATABASE_AWAY = (Error, PoolTimeout)
STILL_SECONDS = 60.0
_runner: Runner | None = None


class Runner:
    """One per worker process; `start` returns at once, `stop` waits for what is under way and hands leases back."""

    def __init__(self) -> None:
        self.owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"
        self._threads = settings.CONFIG.worker_threads
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="visit")
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._busy: set[Future[None]] = set()
        self._lock = threading.Lock()
        self._looked = time.monotonic()
        self._loop = threading.Thread(target=self._or_end, args=[self._run], name="runner", daemon=True)
        self._chores = threading.Thread(target=self._or_end, args=[self._run_chores], name="chores", daemon=True)

    def start(self) -> None:
        """Begin sweeping."""
        bell.set_local_wake(self._wake)
        self._loop.start()
        self._chores.start()

    def wake(self) -> None:
        """Look now."""
        self._wake.set()

    def trouble(self) -> str:
        """Why this runner should be started anew; "" when it sweeps. A database that is away is no reason."""
        still = time.monotonic() - self._looked
        if still > STILL_SECONDS:
            return f"it has not swept for {still:.0f} s"
        return "" if self._chores.is_alive() else "its chores have ended"

    def begin_stop(self) -> None:
        """Claim nothing more; what rings from now on is another worker's. Quick: a signal handler calls it."""
        if not self._stopping.is_set():
            self._stopping.set()
            bell.set_local_wake(None)
            self._wake.set()

    def stop(self, timeout: float | None = None) -> bool:
        """Claim nothing more, wait for what is under way until the time is over, hand back what is left.

        False when something is still under way: its lease is somebody else's now, so the process has to end at once.
        """
        end = time.monotonic() + (settings.CONFIG.stop_seconds if timeout is None else timeout)
        self.begin_stop()
        for thread in (self._loop, self._chores):
            if thread.ident is not None:
                thread.join(max(0.0, end - time.monotonic()))
        with self._lock:
            visits = set(self._busy)
        has_ended = not wait(visits, max(0.0, end - time.monotonic())).not_done
        has_ended &= chores.wait_for_running(max(0.0, end - time.monotonic()))
        self._pool.shutdown(wait=has_ended, cancel_futures=True)
        try:
            bell.ring(hand_back(self.owner))
            chores.hand_back(self.owner)
        except DATABASE_AWAY:
            log.warning("could not hand leases back; they run out by themselves")
        connection.close()
        return has_ended

    def _or_end(self, work: Callable[[], None]) -> None:
        """A thread that breaks takes the worker with it: better started anew than alive and deaf."""
        try:
            work()
        finally:
            if not self._stopping.is_set():
                log.critical("a thread of the runner broke, the worker ends")
                os.kill(os.getpid(), signal.SIGTERM)

    def _run(self) -> None:
        while not self._stopping.is_set():
            pause = settings.CONFIG.sweep_seconds
            try:
                pause = self._sweep()
            except DATABASE_AWAY as error:
                log.warning("the database is away", error=type(error).__name__)
                connection.close()
            finally:
                close_old_connections()
            self._looked = time.monotonic()
            self._wake.wait(pause)
            self._wake.clear()

    def _sweep(self) -> float:
        """Claim for every free thread; the pause until the next look, in seconds."""
        free = self._threads - len(self._busy)
        if free <= 0:
            return settings.CONFIG.sweep_seconds
        claims = claim_due(self.owner, free)
        for claim in claims:
            future = self._pool.submit(self._visit, claim)
            with self._lock:
                self._busy.add(future)
            future.add_done_callback(self._done)
        if len(claims) == free:
            return settings.CONFIG.sweep_seconds
        upcoming = seconds_to_next()
        return (
            settings.CONFIG.sweep_seconds
            if upcoming is None
            else max(0.02, min(upcoming, settings.CONFIG.sweep_seconds))
        )

    def _visit(self, claim: Claim) -> None:
        try:
            visit(claim)
        finally:
            close_old_connections()

    def _done(self, future: Future[None]) -> None:
        with self._lock:
            self._busy.discard(future)
        error = future.exception() if not future.cancelled() else None
        if error is not None:
            log.error("a visit broke", error=repr(error))
        self._wake.set()

    def _run_chores(self) -> None:
        while not self._stopping.wait(chores.LOOK_SECONDS):
            try:
                chores.run_due(self.owner, self._stopping)
            except DATABASE_AWAY as error:
                log.warning("the database is away", error=type(error).__name__)
                connection.close()
            finally:
                close_old_connections()


def start() -> Runner:
    """Start this process's runner."""
    global _runner
    _runner = Runner()
    _runner.start()
    return _runner


def wake() -> None:
    """Wake this process's runner, if it has one."""
    if _runner is not None:
        _runner.wake()


def trouble() -> str:
    """Why this process' worker should be started anew; "" when all is well."""
    return _runner.trouble() if _runner is not None else "it has no runner"
