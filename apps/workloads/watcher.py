"""One watcher per cluster: list and watch Deployments and Pods, keep `Observed…` rows, wake rollouts (DESIGN, "Live state").

Runs in its own process. One coalesced transaction per cluster and second; rows whose resourceVersion alone moved are
skipped; one heartbeat row per cluster, as old as the last word on any of its watches. Must not: patch anything, or ask
the API server because somebody looks at a page.
"""

from __future__ import annotations

import asyncio
import os
import socket
import time
from contextlib import suppress
from datetime import timedelta
from typing import Any

import structlog
from asgiref.sync import sync_to_async
from django.db import InterfaceError, OperationalError, close_old_connections, transaction
from django.db.models.functions import Now
from psycopg_pool import PoolTimeout

from apps.common.db import db_now
from apps.common.errors import IntegrationError
from apps.integrations.clients import get_kubernetes
from apps.integrations.kubernetes.client import Kubernetes
from apps.integrations.kubernetes.types import STEP_KEY
from apps.integrations.models import Cluster
from apps.tickets import bell, hints
from apps.tickets.engine import wake_step
from apps.tickets.models import Step, StepStatus
from apps.workloads.models import ClusterHeartbeat, ObservedDeployment, Workload
from apps.workloads.observe import see
from apps.workloads.picture import KINDS, Json, Key, Picture

log = structlog.get_logger(__name__)

DATABASE_AWAY = (OperationalError, InterfaceError, PoolTimeout)
WRITE_EVERY = 1.0
LOOK_EVERY = 5.0
# A stream is ended by the server after WATCH_SECONDS and taken up where it stopped. So a cluster that hangs is noticed
# within seconds, although a quiet one has nothing to say; readers call an observation fresh for 15 seconds.
WATCH_SECONDS = 10
IDLE_SECONDS = 13.0
RETRY_FIRST, RETRY_MOST = 1.0, 30.0
EXPIRED = "kubernetes.expired"
WATCHER = f"{socket.gethostname()}:{os.getpid()}"[-80:]


class ClusterWatcher:
    """The tasks of one cluster: one watch per kind, one writer, one that follows which workloads there are."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.client: Kubernetes = get_kubernetes(cluster)
        self.picture = Picture()
        self.workloads: dict[Key, list[Workload]] = {}
        self.heard: dict[str, float] = {}
        self.trouble: dict[str, Json] = {}
        self.told: tuple[float, Json | None] | None = None
        self.relist = {kind: asyncio.Event() for kind in KINDS}

    async def run(self) -> None:
        """Until cancelled."""
        await self._load_workloads()
        async with asyncio.TaskGroup() as group:
            for kind in KINDS:
                group.create_task(self._watch(kind))
            group.create_task(self._write())
            group.create_task(self._follow_workloads())

    # -- listening ----------------------------------------------------------------------------------------
    async def _watch(self, kind: str) -> None:
        """List, then follow until the stream is too old or a namespace is new to us; then list again."""
        pause = 0.0
        while True:
            begun = time.monotonic()
            self.relist[kind].clear()
            try:
                listed = await self.client.list_objects(kind)
                self.picture.replace(kind, listed.items)
                self._hear(kind)
                await self._follow_until_relist(kind, listed.resource_version)
            except IntegrationError as error:
                pause = 0.0 if time.monotonic() - begun > WATCH_SECONDS else pause
                pause = await self._recover(kind, error, pause)
            self.picture.listed.discard(kind)

    async def _follow_until_relist(self, kind: str, version: str) -> None:
        asked = asyncio.create_task(self.relist[kind].wait())
        follow = asyncio.create_task(self._follow(kind, version))
        try:
            await asyncio.wait({asked, follow}, return_when=asyncio.FIRST_COMPLETED)
            if follow.done():
                follow.result()
        finally:
            asked.cancel()
            follow.cancel()
            await asyncio.gather(asked, follow, return_exceptions=True)

    async def _follow(self, kind: str, version: str) -> None:
        """Watch on from there, until it is too old; a broken stream is taken up where it stopped, without a list."""
        pause = 0.0
        while True:
            begun = time.monotonic()
            try:
                stream = self.client.watch(
                    kind, resource_version=version, timeout_seconds=WATCH_SECONDS, idle_seconds=IDLE_SECONDS
                )
                async for event in stream:
                    version = event.resource_version or version
                    if event.type != "BOOKMARK":
                        self.picture.apply(kind, event.type, event.object)
                    self._hear(kind)
                    pause = 0.0
                self._hear(kind)
                if time.monotonic() - begun < WATCH_SECONDS / 2:  # whoever ends streams early is not asked at once
                    await asyncio.sleep(RETRY_FIRST)
            except IntegrationError as error:
                if error.code == EXPIRED:
                    raise
                pause = await self._recover(kind, error, pause)

    def _hear(self, kind: str) -> None:
        self.heard[kind] = time.monotonic()
        self.trouble.pop(kind, None)

    async def _recover(self, kind: str, error: IntegrationError, pause: float) -> float:
        """Remember why, wait, and say how long to wait next time. The first `expired` is answered at once by a list."""
        log.warning("watch broke", cluster=self.cluster.name, kind=kind, code=error.code)
        if error.code != EXPIRED:
            self.trouble[kind] = error.as_reason()
            pause = max(pause, RETRY_FIRST)
        await asyncio.sleep(min(RETRY_MOST, error.retry_after or pause))
        return min(RETRY_MOST, max(RETRY_FIRST, pause * 2))

    # -- writing ------------------------------------------------------------------------------------------
    async def _write(self) -> None:
        while True:
            await asyncio.sleep(WRITE_EVERY)
            dirty = self.picture.take_dirty()
            try:
                await sync_to_async(self._store)(dirty)
            except DATABASE_AWAY as error:
                log.warning("the database is away", cluster=self.cluster.name, error=type(error).__name__)
                self.picture.dirty |= dirty
                self.told = None

    def _store(self, dirty: set[Key]) -> None:
        """One transaction: changed rows and the heartbeat."""
        close_old_connections()
        changed: list[Workload] = []
        with transaction.atomic():
            for key in dirty:
                changed += [workload for workload in self.workloads.get(key, []) if self._store_one(workload, key)]
            self._beat()
            for workload in changed:
                hints.announce("workload", workload.pk, workload.project_environment.project_id)
        if changed:
            wake_rollouts([workload.pk for workload in changed])

    def _beat(self) -> None:
        """When the quieter of the two watches was last heard, and what is wrong; written when either has changed."""
        heard = min(self.heard[kind] for kind in KINDS) if len(self.heard) == len(KINDS) else 0.0
        trouble = next((self.trouble[kind] for kind in KINDS if kind in self.trouble), None)
        if (heard, trouble) == self.told:
            return
        beat: dict[str, Any] = {"watcher": WATCHER, "trouble": trouble}
        if heard:
            beat["seen_at"] = db_now() - timedelta(seconds=time.monotonic() - heard)
        ClusterHeartbeat.objects.update_or_create(cluster_id=self.cluster.pk, defaults=beat)
        self.told = (heard, trouble)

    def _store_one(self, workload: Workload, key: Key) -> bool:
        """Write what is seen of a workload; whether anything but the resourceVersion differs from its row."""
        deployment = self.picture.deployment(key)
        fields: dict[str, Any] = {"exists": False}
        if deployment is not None:
            seen = see(deployment, self.picture.pods_of(deployment), workload.container, STEP_KEY)
            fields = ObservedDeployment.fields_of(seen)
        row = ObservedDeployment.objects.filter(workload=workload).first()
        if row is not None and all(getattr(row, k) == v for k, v in fields.items() if k != "resource_version"):
            return False
        ObservedDeployment.objects.update_or_create(workload=workload, defaults={**fields, "changed_at": Now()})
        return True

    # -- which workloads there are ------------------------------------------------------------------------
    async def _follow_workloads(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY)
            try:
                await self._load_workloads()
            except DATABASE_AWAY as error:
                log.warning("the database is away", cluster=self.cluster.name, error=type(error).__name__)

    async def _load_workloads(self) -> None:
        """Which Deployments are ours; a namespace that is new to us needs a list of both kinds."""
        found = await sync_to_async(self._read_workloads)()
        before = {w.pk for rows in self.workloads.values() for w in rows}
        self.workloads = found
        self.picture.dirty |= {key for key, rows in found.items() if any(w.pk not in before for w in rows)}
        namespaces = {namespace for namespace, _ in found}
        if namespaces - self.picture.namespaces:
            self.picture.namespaces |= namespaces
            for kind in KINDS:
                self.picture.listed.discard(kind)
                self.relist[kind].set()

    def _read_workloads(self) -> dict[Key, list[Workload]]:
        close_old_connections()
        rows: dict[Key, list[Workload]] = {}
        own = Workload.objects.filter(placement__cluster=self.cluster.pk).select_related("project_environment")
        for workload in own:
            rows.setdefault((workload.namespace, workload.deployment), []).append(workload)
        return rows


def wake_rollouts(workload_ids: list[int]) -> None:
    """Rollouts that wait for one of these workloads look now."""
    waiting = Step.objects.filter(
        name="await_rollout", status__in=[StepStatus.DUE, StepStatus.WAITING], params__workload__in=workload_ids
    )
    ids = [pk for pk in waiting.values_list("pk", flat=True) if wake_step(pk)]
    if ids:
        bell.ring(ids)


async def watch_all(stop: asyncio.Event) -> None:
    """A watcher for every enabled cluster, until `stop`; clusters that come, change or go are noticed within seconds."""
    running: dict[tuple[int, str], asyncio.Task[None]] = {}
    try:
        while not stop.is_set():
            try:
                await _adjust(running)
            except DATABASE_AWAY as error:
                log.warning("the database is away", error=type(error).__name__)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), LOOK_EVERY)
    finally:
        await _end(list(running.values()))


async def _adjust(running: dict[tuple[int, str], asyncio.Task[None]]) -> None:
    """End the watchers of clusters that changed or went, start those that are missing or broke."""
    wanted = {(c.pk, c.updated_at.isoformat()): c for c in await sync_to_async(_enabled)()}
    await _end([running.pop(key) for key in list(running) if key not in wanted or running[key].done()])
    for key, cluster in wanted.items():
        if key not in running:
            running[key] = asyncio.create_task(_watch_one(cluster), name=f"watch {cluster.name}")


async def _watch_one(cluster: Cluster) -> None:
    await ClusterWatcher(cluster).run()


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    for task, outcome in zip(tasks, await asyncio.gather(*tasks, return_exceptions=True), strict=True):
        if isinstance(outcome, Exception):
            log.error("a watcher broke", task=task.get_name(), exc_info=outcome)


def _enabled() -> list[Cluster]:
    close_old_connections()
    return list(Cluster.objects.filter(is_enabled=True).select_related("registry"))
