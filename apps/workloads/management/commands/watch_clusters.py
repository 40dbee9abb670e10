"""`manage.py watch_clusters`: the watcher process, until SIGTERM or SIGINT.

Must not: share a process with web or worker.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import signal
from typing import Any

from django.core.management.base import BaseCommand

from apps.integrations import loop
from apps.workloads.watcher import watch_all

LOOK_SECONDS = 1.0


class Command(BaseCommand):
    help = "Watch every enabled cluster and keep what was observed in rows."

    def handle(self, *args: Any, **options: Any) -> None:
        # The adapters' sessions live on the outside loop, so the watchers run there too.
        outside = loop.loop_thread().loop
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: outside.call_soon_threadsafe(stop.set))
        watching = asyncio.run_coroutine_threadsafe(watch_all(stop), outside)
        # Not one long wait: on some systems a signal's handler runs only between waits.
        while not concurrent.futures.wait([watching], LOOK_SECONDS).done:
            continue
        watching.result()
        loop.shutdown()
