"""The live bridge's calls to the database, off the loop, in threads of their own by urgency.

A connect that waits for a cluster may not stand before the guard's look, which has two seconds. Must not: be used for
anything but database work that was written for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, Literal, TypeVar

import structlog
from channels.db import database_sync_to_async

from apps.tickets.consumers import DATABASE_AWAY

log = structlog.get_logger(__name__)
T = TypeVar("T")
Lane = Literal["guard", "notes", "connect"]
THREADS: dict[Lane, int] = {"guard": 2, "notes": 4, "connect": 12}
RETRY_SECONDS = 1.0


@cache
def _lane(name: Lane) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(THREADS[name], thread_name_prefix=f"terminal-{name}")


async def in_thread(lane: Lane, function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """A synchronous call in one of the lane's threads, with its own database connection."""
    call = database_sync_to_async(function, thread_sensitive=False, executor=_lane(lane))
    return await call(*args, **kwargs)


async def noted(patience: Callable[[], float], function: Callable[..., T], *args: Any) -> T | None:
    """Write something down, again and again while the database is away; None when that took longer than `patience`.

    Only for calls that may be repeated. `patience` is asked anew each time: a process that stops has little.
    """
    loop = asyncio.get_running_loop()
    began = loop.time()
    while True:
        try:
            return await in_thread("notes", function, *args)
        except DATABASE_AWAY as error:
            if loop.time() - began > patience():
                log.warning("a terminal could not be noted", what=function.__name__, error=type(error).__name__)
                return None
            await asyncio.sleep(RETRY_SECONDS)
