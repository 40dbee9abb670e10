"""The Celery task behind the doorbell: it only wakes this worker's runner. Must not: do work or call a service."""

from __future__ import annotations

from celery import shared_task

from apps.tickets import runner


@shared_task(name="tickets.look", ignore_result=True)
def look(step_id: int) -> None:
    """Something is due, probably this step; the runner claims whatever is due."""
    runner.wake()
