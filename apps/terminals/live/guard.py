"""Looks every 1.5 seconds whether the shells of this process may go on; at once when the channel layer hints at a change.

Rights nobody could read for ten seconds are no rights. Must not: decide who may what (`services.orders` does), or look
while no shell is there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import structlog
from channels.layers import get_channel_layer

from apps.terminals.live.ends import End, because
from apps.terminals.live.threads import in_thread
from apps.terminals.services import live
from apps.terminals.services.live import Order
from apps.tickets.consumers import LAYER_AWAY
from apps.tickets.hints import GROUP

log = structlog.get_logger(__name__)


class Guard:
    """One per process. Times are seconds."""

    look_every = 1.5  # what nobody hints at, such as a grant that runs out, has to end shells within two
    not_sooner = 0.1  # a storm of hints is not a storm of looks
    unreadable_after = 10.0
    layer_within = 2.0
    layer_again = 5.0

    def __init__(
        self,
        host: str,
        ids: Callable[[], list[int]],
        obey: Callable[[dict[int, Order]], None],
        end_all: Callable[[End], None],
    ) -> None:
        self._host, self._ids, self._obey, self._end_all = host, ids, obey, end_all
        self._moved = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Look for as long as there is something to look after."""
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._guard())

    def wake(self) -> None:
        """Look now."""
        self._moved.set()

    async def _guard(self) -> None:
        listening = asyncio.create_task(self._listen())
        try:
            await self._look_on()
        finally:
            listening.cancel()
            await asyncio.wait({listening}, timeout=self.layer_within)

    async def _look_on(self) -> None:
        """One look at a time. A look that hangs is waited for, while the time since the last good one runs."""
        loop = asyncio.get_running_loop()
        seen_at = loop.time()
        while ids := self._ids():
            self._moved.clear()
            began = loop.time()
            look = asyncio.create_task(in_thread("guard", live.orders, self._host, ids))
            while not look.done():
                left = seen_at + self.unreadable_after - loop.time()
                if left <= 0:
                    log.error("the rights of terminals could not be read", shells=len(ids))
                    self._end_all(because("rights_unreadable"))
                    left = self.unreadable_after
                await asyncio.wait({look}, timeout=left)
            if self._take(look):
                seen_at = began
            elif loop.time() - seen_at > self.unreadable_after:
                self._end_all(because("rights_unreadable"))
            await self._pause()

    def _take(self, look: asyncio.Task[dict[int, Order]]) -> bool:
        """Whether the look saw anything. What fails in it for whatever reason is a right that could not be read."""
        error = look.exception()
        if error is not None:
            log.warning("the rights of terminals were not read", error=type(error).__name__, exc_info=error)
            return False
        self._obey(look.result())
        return True

    async def _pause(self) -> None:
        await asyncio.sleep(self.not_sooner)
        try:
            async with asyncio.timeout(self.look_every - self.not_sooner):
                await self._moved.wait()
        except TimeoutError:
            return

    # -- the channel layer only makes it earlier -----------------------------------------------------------
    async def _listen(self) -> None:
        """Any hint is a reason to look: most changes that end a shell announce themselves."""
        layer: Any = get_channel_layer()
        while layer is not None:
            try:
                async with asyncio.timeout(self.layer_within):
                    channel = await layer.new_channel("terminals.")
                    await layer.group_add(GROUP, channel)
                try:
                    while True:
                        await layer.receive(channel)
                        self.wake()
                finally:
                    async with asyncio.timeout(self.layer_within):
                        await layer.group_discard(GROUP, channel)
            except LAYER_AWAY as error:
                log.debug("the channel layer is away", error=type(error).__name__)
                await asyncio.sleep(self.layer_again)
