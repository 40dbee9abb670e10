"""Ties the runner to a Celery worker's life. Must not: start anything in a process that is not a worker."""

from __future__ import annotations

import os
from typing import Any

import structlog
from celery.signals import celeryd_after_setup, worker_shutdown, worker_shutting_down

from apps.tickets import runner

log = structlog.get_logger(__name__)
_running: list[runner.Runner] = []


@celeryd_after_setup.connect
def _start(**_kwargs: Any) -> None:
    """Before the broker is asked for: without it the runner sweeps by itself."""
    _running.append(runner.start())


@worker_shutting_down.connect
def _begin_stop(**_kwargs: Any) -> None:
    """Runs in the signal's handler, while Celery still takes its own things down."""
    for one in _running:
        one.begin_stop()


@worker_shutdown.connect
def _stop(**_kwargs: Any) -> None:
    ended = [_running.pop().stop() for _ in range(len(_running))]
    if not all(ended):
        # A thread that still waits for the outside lost its lease: it must not come back to write once more.
        log.warning("calls under way were left behind; their steps are handed back and looked up by key")
        os._exit(0)
