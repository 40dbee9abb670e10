"""`manage.py watch_clusters`: the watcher process. Must not: share a process with web or worker."""

from __future__ import annotations

import asyncio
from typing import Any

from django.core.management.base import BaseCommand

from apps.integrations import loop
from apps.workloads.watcher import watch_all


class Command(BaseCommand):
    help = "Watch every enabled cluster and keep what was observed in rows."

    def handle(self, *args: Any, **options: Any) -> None:
        # The adapters' sessions live on the outside loop, so the watchers run there too.
        task = asyncio.run_coroutine_threadsafe(watch_all(), loop.loop_thread().loop)
        try:
            task.result()
        except KeyboardInterrupt:
            task.cancel()
