"""The Celery tasks behind the doorbell: they only wake this worker's runner, or say how it is.

Must not: do work or call a service.
"""

from __future__ import annotations

from celery import shared_task

from apps.tickets import probe, runner


@shared_task(name="tickets.look", ignore_result=True)
def look(step_id: int) -> None:
    """Something is due, probably this step; the runner claims whatever is due."""
    runner.wake()


@shared_task(name="tickets.say", ignore_result=True)
def say(nonce: str) -> None:
    """`manage.py probe_worker` asks whether this worker still hears and sweeps."""
    probe.answer(nonce, runner.trouble())
