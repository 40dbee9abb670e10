"""The queue and the executors: quiet period, folding of equal requests, one build at a time per job, stop and cancel.

A build's own work is given as a coroutine function. Must not: know HTTP or what a build does.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from apps.sandbox.base.journal import Journal
from apps.sandbox.jenkins.model import ABORTED, FAILURE, Build, Controller, Job, Parameter, QueueItem, State, now_ms
from apps.sandbox.jenkins.store import Store

logger = logging.getLogger(__name__)
STOP_DELAY = 0.15
SAVE_DELAY = 0.2
Work = Callable[[Build], Awaitable[str]]


@dataclass(frozen=True)
class Scheduled:
    """The queue item a request ended in; `folded` when it had been there before."""

    item: QueueItem
    folded: bool


class Executors:
    """Moves items through the queue and runs builds in `slots` slots."""

    def __init__(
        self, controller: Controller, store: Store, journal: Journal, work: Work, slots: int, left_seconds: float
    ) -> None:
        self.controller = controller
        self.store = store
        self.journal = journal
        self.work = work
        self.slots: list[Build | None] = [None] * slots
        self.left_seconds = left_seconds
        self._tasks: dict[Build, asyncio.Task[None]] = {}
        self._wake: asyncio.TimerHandle | None = None
        self._save: asyncio.TimerHandle | None = None
        self._open = True

    # -- queue --------------------------------------------------------------------------------------------
    def schedule(self, job: Job, parameters: Sequence[Parameter], cause: str, quiet_seconds: float) -> Scheduled:
        """Queue a request, or fold it into an equal one that still waits."""
        due = now_ms() + int(quiet_seconds * 1000)
        for item in self.controller.waiting():
            if item.asks_the_same(job, parameters):
                item.causes.append(cause)
                item.due = min(item.due, due)
                self._soon()
                return Scheduled(item, True)
        item = QueueItem(self.controller.next_queue_id, job, tuple(parameters), [cause], now_ms(), due)
        self.controller.next_queue_id += 1
        self.controller.queue[item.id] = item
        self._changed()
        self._soon()
        return Scheduled(item, False)

    def cancel(self, item: QueueItem) -> None:
        """Take an item out of the queue."""
        item.cancelled = True
        self._leave(item)

    def find_item(self, ident: int) -> QueueItem | None:
        """An item in the queue or one that left it within the last `left_seconds`."""
        item = self.controller.queue.get(ident)
        if item is not None and self._forgotten(item):
            del self.controller.queue[ident]
            return None
        return item

    def _forgotten(self, item: QueueItem) -> bool:
        return item.state is State.LEFT and time.monotonic() - item.left_at > self.left_seconds

    def _leave(self, item: QueueItem) -> None:
        item.state, item.left_at = State.LEFT, time.monotonic()
        self._changed()

    def _soon(self, seconds: float = 0.0) -> None:
        if self._wake is not None:
            self._wake.cancel()
        self._wake = asyncio.get_running_loop().call_later(seconds, self.maintain)

    def maintain(self) -> None:
        """Move every item as far as it can go now; comes again when the next quiet period ends."""
        if not self._open:
            return
        for item in [i for i in self.controller.queue.values() if self._forgotten(i)]:
            del self.controller.queue[item.id]
        now, later = now_ms(), []
        for item in self.controller.waiting():
            if item.due > now:
                later.append(item.due - now)
            else:
                self._advance(item)
        if later:
            self._soon(min(later) / 1000 + 0.005)

    def _advance(self, item: QueueItem) -> None:
        item.ready_at = item.ready_at or now_ms()
        if item.job.running and not item.job.config.concurrent:
            item.state = State.BLOCKED
        elif self.controller.quieting_down or None not in self.slots:
            item.state = State.BUILDABLE
        else:
            self._start(item)

    # -- builds -------------------------------------------------------------------------------------------
    @property
    def busy(self) -> int:
        """Slots in use."""
        return sum(1 for build in self.slots if build is not None)

    def _start(self, item: QueueItem) -> None:
        job = item.job
        log = self.store.log_of(job, job.next_number)
        build = Build(job, job.next_number, item.id, item.parameters, item.causes, now_ms(), log)
        if job.builds:
            job.builds[max(job.builds)].export_cache.clear()
        job.builds[build.number] = build
        job.running.append(build)
        job.next_number += 1
        item.build = build
        self._leave(item)
        slot = self.slots.index(None)
        self.slots[slot] = build
        self.store.save_job(job)
        self.store.save_build(build)
        self._note("build.start", build)
        self._tasks[build] = asyncio.get_running_loop().create_task(self._execute(build, slot))

    async def _execute(self, build: Build, slot: int) -> None:
        result, began = FAILURE, time.monotonic()
        try:
            result = await self.work(build)
        except asyncio.CancelledError:
            result = ABORTED
            build.log.line("Build was aborted")
            build.log.line(f"Aborted by {build.stopped_by or 'SYSTEM'}")
        finally:
            build.log.line(f"Finished: {result}")
            build.duration = max(1, int((time.monotonic() - began) * 1000))
            build.result = result
            build.job.running.remove(build)
            build.export_cache.clear()
            self.slots[slot] = None
            self._tasks.pop(build, None)
            self._finished(build)

    def _finished(self, build: Build) -> None:
        if self.controller.find(build.job.name) is build.job:
            self.store.save_build(build)
            self._discard_old(build.job)
        self._note("build.end", build)
        if self._open:
            self._soon()

    def _discard_old(self, job: Job) -> None:
        """Keep as many builds as the job's build discarder says."""
        finished = [b for b in job.builds.values() if not b.building and not b.keep_log]
        for build in finished[: -job.config.keep_builds] if job.config.keep_builds > 0 else []:
            self.forget(build)

    def forget(self, build: Build) -> None:
        """Delete a finished build."""
        build.job.builds.pop(build.number, None)
        self.store.delete_build(build)
        for other in build.job.builds.values():
            other.export_cache.clear()

    def stop(self, build: Build, user: str) -> None:
        """Ask a build to stop; the result stays open for a moment, as with Jenkins."""
        if build.building and not build.stopped_by:
            build.stopped_by = user
            asyncio.get_running_loop().call_later(STOP_DELAY, self._interrupt, build)

    def _interrupt(self, build: Build) -> None:
        task = self._tasks.get(build)
        if task is not None:
            task.cancel()

    async def _abort(self, builds: list[Build]) -> None:
        """Cancel builds and wait for their end."""
        await asyncio.sleep(0)  # a task that never ran would end without writing its result
        tasks = [self._tasks[b] for b in builds if b in self._tasks]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def delete_job(self, job: Job) -> None:
        """Delete a job: out of the queue, its builds aborted, its files gone."""
        self.controller.remove(job)
        await self._abort(list(job.running))
        self.store.delete_job(job)
        self._changed()

    def _note(self, kind: str, build: Build) -> None:
        detail = {"job": build.job.name, "number": build.number, "key": build.key, "queue_id": build.queue_id}
        if build.result is not None:
            detail["result"] = build.result
        path = f"/job/{build.job.name}/{build.number}/"
        self.journal.add(kind, method="", path=path, status=200, accepted=True, subject=build.job.name, detail=detail)

    # -- life ---------------------------------------------------------------------------------------------
    def open(self) -> None:
        """Take up work."""
        self._open = True
        self._soon()

    async def close(self, *, lose_queue: bool = False) -> None:
        """Abort what runs and take no more; items that left are forgotten, waiting ones unless `lose_queue`."""
        self._open = False
        await self._abort(list(self._tasks))
        for item in list(self.controller.queue.values()):
            if lose_queue or item.state is State.LEFT:
                del self.controller.queue[item.id]
        if self._wake is not None:
            self._wake.cancel()
        self._flush()

    def _changed(self) -> None:
        if self._save is None:
            self._save = asyncio.get_running_loop().call_later(SAVE_DELAY, self._flush)

    def _flush(self) -> None:
        if self._save is not None:
            self._save.cancel()
            self._save = None
        self.store.save_controller(self.controller)
