"""Ties the runner to a Celery worker's life. Must not: start anything in a process that is not a worker."""

from __future__ import annotations

from typing import Any

from celery.signals import worker_ready, worker_shutdown

from apps.tickets import runner

_running: list[runner.Runner] = []


@worker_ready.connect
def _start(**_kwargs: Any) -> None:
    _running.append(runner.start())


@worker_shutdown.connect
def _stop(**_kwargs: Any) -> None:
    while _running:
        _running.pop().stop()
