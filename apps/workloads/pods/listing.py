"""The pods of a workload on every cluster of its environment, asked of the clusters now: worst first.

One LIST per cluster and second however many look: who comes in between reads the same answer. The selector and the
ReplicaSets, which stay, are read again only when a pod names one that is unknown, while two versions are there, or after
ten seconds. Must not: be called inside a transaction, or take a cluster's silence for no pods.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings

from apps.common.db import db_now
from apps.common.errors import IntegrationError, NotFound
from apps.integrations.clients import get_kubernetes
from apps.integrations.kubernetes.client import Kubernetes
from apps.integrations.loop import run_many
from apps.workloads.models import Workload
from apps.workloads.pods.meaning import Json, pod_by_meaning, urgency
from apps.workloads.pods.own import controller_of
from apps.workloads.selectors import as_query

KEPT_SECONDS = 1.0
KNOWN_SECONDS = 10.0
MOST_KEPT = 500
REVISION = "deployment.kubernetes.io/revision"


@dataclass(frozen=True)
class Listing:
    """What was found; `clusters` says of each whether it answered: {cluster, reachable, code, params}."""

    at: datetime
    clusters: list[Json]
    pods: list[Json]


@dataclass
class _Known:
    """What stays of one Deployment: its uid, its selector, its ReplicaSets as uid → revision."""

    uid: str
    selector: str
    revisions: dict[str, int]
    read_at: float = field(default_factory=time.monotonic)

    @property
    def newest(self) -> str:
        """The uid of the ReplicaSet with the highest revision: the one that is rolled out or being so."""
        return max(self.revisions, key=lambda uid: self.revisions[uid], default="")

    def explains(self, pods: list[Json]) -> bool:
        """Whether it still says all about these pods."""
        owners = {owner["uid"] for pod in pods if (owner := controller_of(pod, "ReplicaSet")) is not None}
        is_old = time.monotonic() - self.read_at > KNOWN_SECONDS
        return not is_old and len(owners) <= 1 and owners <= set(self.revisions)


@dataclass
class _Place:
    """The answer for one workload, and the lock behind which the next one is made."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    made_at: float = float("-inf")
    listing: Listing | None = None


_lock = threading.Lock()
_places: dict[tuple[int, str], _Place] = {}
_known: dict[int, _Known] = {}


def siblings_of(workload: Workload) -> list[Workload]:
    """The workload as it lies on each cluster of its environment, itself among them."""
    rows = Workload.objects.filter(project_environment=workload.project_environment_id, name=workload.name)
    return list(rows.select_related("placement__cluster").order_by("placement__wave", "placement__cluster__name"))


def list_pods(workload: Workload) -> Listing:
    """The pods on all its clusters, at most a second old. Which clusters did not answer stands in the listing."""
    with _lock:
        if len(_places) > MOST_KEPT:
            _places.clear()
            _known.clear()
        place = _places.setdefault((workload.project_environment_id, workload.name), _Place())
    with place.lock:
        if place.listing is None or time.monotonic() - place.made_at > KEPT_SECONDS:
            place.listing = _ask(siblings_of(workload))
            place.made_at = time.monotonic()
        return place.listing


def forget() -> None:
    """Drop what is kept: for tests, whose clusters come and go under the same ids."""
    with _lock:
        _places.clear()
        _known.clear()


def _ask(workloads: list[Workload]) -> Listing:
    works: list[Coroutine[Any, Any, list[Json]]] = [_pods_of(one) for one in workloads]
    found = run_many(works, settings.CONFIG.outside_timeout)
    clusters, pods = [], []
    for one, answer in zip(workloads, found, strict=True):
        cluster = one.placement.cluster
        where = {"cluster": cluster.name, "cluster_id": cluster.pk, "workload": one.pk}
        if isinstance(answer, IntegrationError):
            clusters.append({**where, "reachable": False, "code": answer.code, "params": answer.params})
        else:
            clusters.append({**where, "reachable": True, "code": "", "params": {}})
            pods += [{**where, **pod} for pod in answer]
    return Listing(db_now(), clusters, sorted(pods, key=lambda pod: (*urgency(pod), pod["cluster"])))


async def _pods_of(workload: Workload) -> list[Json]:
    """The workload's own pods on its cluster; none where it has no Deployment yet."""
    client = get_kubernetes(workload.placement.cluster)
    known = _known.get(workload.pk)
    if known is None:
        known = await _read_known(client, workload)
    if known is None:
        return []
    pods = await client.list_pods(workload.namespace, known.selector)
    if not known.explains(pods):
        fresh = await _read_known(client, workload)
        if fresh is None:
            return []
        if fresh.selector != known.selector:
            pods = await client.list_pods(workload.namespace, fresh.selector)
        known = fresh
    own = [pod for pod in pods if (controller_of(pod, "ReplicaSet") or {}).get("uid") in known.revisions]
    return [pod_by_meaning(pod, workload.container, known.newest) for pod in own]


async def _read_known(client: Kubernetes, workload: Workload) -> _Known | None:
    try:
        deployment = await client.get_deployment(workload.namespace, workload.deployment)
    except NotFound as error:
        _known.pop(workload.pk, None)
        if not error.code.startswith("kubernetes."):
            raise
        return None
    uid, selector = str(deployment["metadata"]["uid"]), as_query(deployment["spec"]["selector"])
    sets = (await client.list_objects("replicasets", workload.namespace, label_selector=selector)).items
    revisions = {
        str(one["metadata"]["uid"]): int((one["metadata"].get("annotations") or {}).get(REVISION, 0))
        for one in sets
        if (controller_of(one, "Deployment") or {}).get("uid") == uid
    }
    _known[workload.pk] = _Known(uid, selector, revisions)
    return _known[workload.pk]
