"""One watcher per cluster: list and watch Deployments and Pods, keep `Observed…` rows, wake rollouts (DESIGN, "Live state").

Runs in its own process. One coalesced transaction per cluster and second; rows whose resourceVersion alone moved are
skipped; one heartbeat row per cluster. Must not: patch anything, or ask the API server because somebody looks at a page.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import structlog
from asgiref.sync import sync_to_async
from django.db import InterfaceError, OperationalError, close_old_connections, transaction
from django.db.models.functions import Now

from apps.common.errors import IntegrationError, Unavailable
from apps.integrations.clients import get_kubernetes
from apps.integrations.kubernetes.client import Kubernetes
from apps.integrations.kubernetes.types import STEP_KEY
from apps.integrations.models import Cluster
from apps.tickets import bell, hints
from apps.tickets.engine import wake_step
from apps.tickets.models import Step, StepStatus
from apps.workloads.models import ClusterHeartbeat, ObservedDeployment, Workload
from apps.workloads.observe import see

log = structlog.get_logger(__name__)

Json = dict[str, Any]
WRITE_EVERY = 1.0
WORKLOADS_EVERY = 5.0
RETRY_FIRST, RETRY_MOST = 1.0, 30.0
KINDS = ("deployments", "pods")
WATCHER = f"{socket.gethostname()}:{os.getpid()}"


@dataclass
class Picture:
    """What one cluster's watches said: raw objects of the namespaces that hold workloads."""

    objects: dict[str, dict[tuple[str, str], Json]] = field(default_factory=lambda: {kind: {} for kind in KINDS})
    dirty: set[tuple[str, str]] = field(default_factory=set)
    listed: set[str] = field(default_factory=set)
    namespaces: set[str] = field(default_factory=set)

    def replace(self, kind: str, items: Iterable[Json]) -> None:
        """A fresh list of one kind."""
        self.objects[kind] = {_name(i): _slim(i) for i in items if i["metadata"].get("namespace") in self.namespaces}
        self.listed.add(kind)
        self.dirty |= set(self.objects["deployments"])

    def apply(self, kind: str, event: str, obj: Json) -> None:
        """One event of a watch."""
        key = _name(obj)
        if key[0] not in self.namespaces:
            return
        if event == "DELETED":
            self.objects[kind].pop(key, None)
        else:
            self.objects[kind][key] = _slim(obj)
        self.dirty.add(key) if kind == "deployments" else self._touch_owners(obj)

    def _touch_owners(self, pod: Json) -> None:
        labels = pod["metadata"].get("labels") or {}
        for key, deployment in self.objects["deployments"].items():
            if key[0] == pod["metadata"]["namespace"] and _selects(deployment, labels):
                self.dirty.add(key)

    def pods_of(self, deployment: Json) -> list[Json]:
        """The pods its selector matches."""
        namespace = deployment["metadata"]["namespace"]
        return [
            p
            for key, p in self.objects["pods"].items()
            if key[0] == namespace and _selects(deployment, p["metadata"].get("labels") or {})
        ]


def _name(obj: Json) -> tuple[str, str]:
    return obj["metadata"].get("namespace", ""), obj["metadata"]["name"]


def _slim(obj: Json) -> Json:
    """Without managedFields, which are most of an object's bytes and nothing the portal reads."""
    obj["metadata"].pop("managedFields", None)
    return obj


def _selects(deployment: Json, labels: dict[str, str]) -> bool:
    wanted = deployment["spec"]["selector"].get("matchLabels") or {}
    return bool(wanted) and all(labels.get(k) == v for k, v in wanted.items())


class ClusterWatcher:
    """The tasks of one cluster: one watch per kind, one writer."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.client: Kubernetes = get_kubernetes(cluster)
        self.picture = Picture()
        self.workloads: dict[tuple[str, str], list[Workload]] = {}
        self.trouble: Json | None = None

    async def run(self) -> None:
        """Until cancelled."""
        await self._load_workloads()
        async with asyncio.TaskGroup() as group:
            for kind in KINDS:
                group.create_task(self._watch(kind))
            group.create_task(self._write())
            group.create_task(self._follow_workloads())

    async def _watch(self, kind: str) -> None:
        pause = RETRY_FIRST
        while True:
            try:
                listed = await self.client.list_objects(kind)
                self.picture.replace(kind, listed.items)
                self.trouble, pause = None, RETRY_FIRST
                await self._follow(kind, listed.resource_version)
            except IntegrationError as error:
                self.picture.listed.discard(kind)
                if error.code != "kubernetes.expired":
                    self.trouble = error.as_reason()
                    log.warning("watch broke", cluster=self.cluster.name, kind=kind, code=error.code)
                    await asyncio.sleep(error.retry_after or pause)
                    pause = min(RETRY_MOST, pause * 2)

    async def _follow(self, kind: str, resource_version: str) -> None:
        """Watch on from there; a stream that ends cleanly is taken up where it stopped, without a list."""
        while True:
            try:
                async for event in self.client.watch(kind, resource_version=resource_version):
                    resource_version = event.resource_version or resource_version
                    if event.type != "BOOKMARK":
                        self.picture.apply(kind, event.type, event.object)
            except Unavailable as error:
                if error.code != "outside.timeout":
                    raise

    async def _write(self) -> None:
        while True:
            await asyncio.sleep(WRITE_EVERY)
            alive = self.picture.listed == set(KINDS) and self.trouble is None
            dirty, self.picture.dirty = (self.picture.dirty, set()) if alive else (set(), self.picture.dirty)
            try:
                await sync_to_async(self._store)(dirty, alive)
            except (OperationalError, InterfaceError):
                log.warning("the database is away", cluster=self.cluster.name)
                self.picture.dirty |= dirty

    def _store(self, dirty: set[tuple[str, str]], alive: bool) -> None:
        """One transaction: changed rows and the heartbeat."""
        close_old_connections()
        changed: list[Workload] = []
        with transaction.atomic():
            for key in dirty:
                for workload in self.workloads.get(key, []):
                    if self._store_one(workload, key):
                        changed.append(workload)
            beat: dict[str, Any] = {"watcher": WATCHER, "trouble": self.trouble}
            if alive:
                beat["seen_at"] = Now()
            ClusterHeartbeat.objects.update_or_create(cluster_id=self.cluster.pk, defaults=beat)
            for workload in changed:
                hints.announce("workload", workload.pk, workload.project_environment.project_id)
        if changed:
            wake_rollouts([w.pk for w in changed])

    def _store_one(self, workload: Workload, key: tuple[str, str]) -> bool:
        deployment = self.picture.objects["deployments"].get(key)
        row = ObservedDeployment.objects.filter(workload=workload).first()
        if deployment is None:
            gone = ObservedDeployment.objects.filter(workload=workload, exists=True)
            return bool(gone.update(exists=False, changed_at=Now()))
        seen = see(deployment, self.picture.pods_of(deployment), workload.container, STEP_KEY)
        fields = ObservedDeployment.fields_of(seen)
        if row is not None and all(getattr(row, k) == v for k, v in fields.items() if k != "resource_version"):
            return False
        ObservedDeployment.objects.update_or_create(workload=workload, defaults={**fields, "changed_at": Now()})
        return True

    async def _follow_workloads(self) -> None:
        while True:
            await asyncio.sleep(WORKLOADS_EVERY)
            try:
                await self._load_workloads()
            except (OperationalError, InterfaceError):
                log.warning("the database is away", cluster=self.cluster.name)

    async def _load_workloads(self) -> None:
        """Which Deployments are ours; a namespace that is new to us needs a list of both kinds."""
        found = await sync_to_async(self._read_workloads)()
        fresh = {w.namespace for rows in found.values() for w in rows}
        new_rows = set(found) - set(self.workloads)
        self.workloads = found
        if fresh - self.picture.namespaces:
            self.picture.namespaces |= fresh
            for kind in [k for k in KINDS if k in self.picture.listed]:
                try:
                    listed = await self.client.list_objects(kind)
                except IntegrationError as error:
                    self.trouble = error.as_reason()
                    self.picture.namespaces -= fresh
                    return
                self.picture.replace(kind, listed.items)
        self.picture.dirty |= new_rows

    def _read_workloads(self) -> dict[tuple[str, str], list[Workload]]:
        close_old_connections()
        rows: dict[tuple[str, str], list[Workload]] = {}
        own = Workload.objects.filter(placement__cluster=self.cluster.pk).select_related("project_environment")
        for workload in own:
            rows.setdefault((workload.namespace, workload.deployment), []).append(workload)
        return rows


def wake_rollouts(workload_ids: list[int]) -> None:
    """Rollouts that wait for one of these workloads look now."""
    waiting = Step.objects.filter(
        name="await_rollout", status__in=[StepStatus.DUE, StepStatus.WAITING], params__workload__in=workload_ids
    ).values_list("pk", flat=True)
    ids = list(waiting)
    for step_id in ids:
        wake_step(step_id)
    if ids:
        bell.ring(ids)


async def watch_all() -> None:
    """A watcher for every enabled cluster; clusters that come, change or go are noticed every few seconds."""
    running: dict[tuple[int, str], asyncio.Task[None]] = {}
    try:
        while True:
            try:
                clusters = await sync_to_async(_enabled)()
            except (OperationalError, InterfaceError):
                await asyncio.sleep(WORKLOADS_EVERY)
                continue
            wanted = {(c.pk, c.updated_at.isoformat()): c for c in clusters}
            for key in [k for k in running if k not in wanted or running[k].done()]:
                running.pop(key).cancel()
            for key, cluster in wanted.items():
                if key not in running:
                    running[key] = asyncio.create_task(ClusterWatcher(cluster).run(), name=f"watch {cluster.name}")
            await asyncio.sleep(WORKLOADS_EVERY)
    finally:
        for task in running.values():
            task.cancel()


def _enabled() -> list[Cluster]:
    close_old_connections()
    return list(Cluster.objects.filter(is_enabled=True).select_related("registry"))
