"""Periodic work as leased rows: every worker looks, exactly one does each piece at a time; no scheduler process.

Must not: do anything that is lost when skipped once; a chore is always "look again at what the rows say".
"""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

import structlog
from django.conf import settings
from django.db import close_old_connections, connection

from apps.common.errors import DomainError
from apps.tickets import registry
from apps.tickets.models import Chore

log = structlog.get_logger(__name__)

LOOK_SECONDS = 0.25
ENSURE_EVERY_LOOKS = 40
THREADS = 4
_pool = ThreadPoolExecutor(THREADS, thread_name_prefix="chore")
_running: set[str] = set()
_futures: set[Future[None]] = set()
_looks = 0
_lock = threading.Lock()

_CLAIM = """
UPDATE tickets_chore SET lease_owner = %s, lease_until = now() + make_interval(secs => %s), fence = fence + 1
WHERE id IN (
    SELECT id FROM tickets_chore WHERE due_at <= now() AND (lease_until IS NULL OR lease_until <= now())
    AND name <> ALL (%s) ORDER BY due_at LIMIT %s FOR UPDATE SKIP LOCKED)
RETURNING name, fence
"""
_END = """
UPDATE tickets_chore SET lease_until = NULL, lease_owner = '', due_at = now() + make_interval(secs => %s),
    last_done_at = CASE WHEN %s::jsonb IS NULL THEN now() ELSE last_done_at END, last_error = %s::jsonb
WHERE name = %s AND fence = %s
"""

_HAND_BACK = """
UPDATE tickets_chore SET lease_until = NULL, lease_owner = '', fence = fence + 1
WHERE lease_owner = %s AND lease_until IS NOT NULL
"""


def run_due(owner: str, stopping: threading.Event) -> None:
    """Claim due chores and run them in their own small pool, so that a hanging outside never stops steps."""
    global _looks
    if _looks % ENSURE_EVERY_LOOKS == 0:
        ensure_rows()
    _looks += 1
    with _lock:
        running = sorted(_running)
    if len(running) >= THREADS:
        return
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [owner, settings.CONFIG.chore_lease_seconds, running, THREADS - len(running)])
        claimed = cursor.fetchall()
    for name, fence in claimed:
        if not stopping.is_set():
            with _lock:
                _running.add(name)
            future = _pool.submit(_run_one, name, fence)
            _futures.add(future)
            future.add_done_callback(_tell_crash)


def wait_for_running(seconds: float) -> bool:
    """Whether every chore of this process ended within that time."""
    return not wait(set(_futures), seconds).not_done


def hand_back(owner: str) -> None:
    """Give up the chores of a worker that stops: another one does them at once."""
    with connection.cursor() as cursor:
        cursor.execute(_HAND_BACK, [owner])


def ensure_rows() -> None:
    """One row per chore and id; rows of ids that are gone are taken away."""
    wanted = set()
    for name, chore in registry.CHORES.items():
        wanted |= {name} if chore.each is None else {f"{name}:{ident}" for ident in chore.each()}
    Chore.objects.bulk_create([Chore(name=name) for name in sorted(wanted)], ignore_conflicts=True)
    # Only of chores this version knows: a newer worker beside this one has others.
    gone = [
        name
        for name in Chore.objects.exclude(name__in=wanted).values_list("name", flat=True)
        if name.partition(":")[0] in registry.CHORES
    ]
    Chore.objects.filter(name__in=gone).delete()


def _run_one(full_name: str, fence: int) -> None:
    close_old_connections()
    try:
        _work(full_name, fence)
    finally:
        with _lock:
            _running.discard(full_name)
        # A connection that broke under a chore must not poison this thread for the next one.
        connection.close()


def _work(full_name: str, fence: int) -> None:
    name, _, ident = full_name.partition(":")
    chore = registry.CHORES.get(name)
    error: dict[str, Any] | None = {"code": "engine.crash", "params": {"step": full_name, "error_id": ""}}
    try:
        if chore is not None:
            chore.function(ident)
        error = None
    except DomainError as problem:
        error = problem.as_reason()
        log.warning("a chore could not be done", chore=full_name, code=problem.code)
    finally:
        _end(full_name, fence, chore.every() if chore else 60.0, error)


def _tell_crash(future: Future[None]) -> None:
    """What a chore did not expect is logged; its row says that it crashed, and it is due again as usual."""
    _futures.discard(future)
    problem = future.exception() if not future.cancelled() else None
    if problem is not None:
        log.error("a chore crashed", exc_info=problem)


def _end(full_name: str, fence: int, every: float, error: dict[str, Any] | None) -> None:
    import json

    text = None if error is None else json.dumps(error)
    with connection.cursor() as cursor:
        cursor.execute(_END, [every, text, text, full_name, fence])
