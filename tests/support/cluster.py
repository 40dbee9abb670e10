"""A cluster without the API server around it: the store, everything that lives in it, and the pod streams."""

from __future__ import annotations

import asyncio
import copy
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web

from apps.sandbox.base.server import StandIn
from apps.sandbox.kubernetes import controllers, exec, kubelet, logs  # noqa: A004 - the package is called so
from apps.sandbox.kubernetes.errors import ApiError, not_found
from apps.sandbox.kubernetes.store import Store

Obj = dict[str, Any]
Objs = list[Obj]  # the cluster has a method named `list`


@dataclass
class Access:
    """Where images are looked up."""

    host: str
    url: str
    user: str = ""
    password: str = ""


class LivingCluster(StandIn):
    """The living parts on their own; `history` has every status a Deployment ever had."""

    name = "cluster"

    def __init__(
        self,
        *,
        registry: Access | None = None,
        pod_start_seconds: float = 0.1,
        scale: float = 0.1,
        path: Path | None = None,
    ) -> None:
        self.store = Store(path)
        self.registry = registry
        self.pod_start_seconds = pod_start_seconds
        self.progress_seconds_scale = scale
        self.history: list[tuple[str, str, Obj]] = []
        super().__init__()

    def routes(self) -> None:
        path = "/api/v1/namespaces/{namespace}/pods/{name}/"
        self.app.router.add_get(path + "log", self._log)
        self.app.router.add_get(path + "exec", self._exec)

    async def start_work(self) -> None:
        for number in range(0 if self.store.list("nodes") else 3):
            self.store.create("nodes", {"apiVersion": "v1", "kind": "Node", "metadata": {"name": f"node-{number}"}})
        self.store.subscribe(lambda kind, resource, obj, old: self.history.append((kind, resource, obj)))
        controllers.start(self)

    async def stop_work(self) -> None:
        await controllers.stop(self)
        self.store.save()

    def _pod(self, request: web.Request) -> Obj:
        pod = self.store.get("pods", request.match_info["namespace"], request.match_info["name"])
        if pod is None:
            raise not_found("pods", request.match_info["name"])
        return pod

    async def _log(self, request: web.Request) -> web.StreamResponse:
        try:
            return await logs.handle(self, request, self._pod(request))
        except ApiError as error:
            return web.json_response(error.to_status(), status=error.code)

    async def _exec(self, request: web.Request) -> web.StreamResponse:
        try:
            return await exec.handle(self, request, self._pod(request))
        except ApiError as error:
            return web.json_response(error.to_status(), status=error.code)

    # -- for tests: everything happens on the cluster's own loop ----------------------------------------------
    async def _call(self, work: Callable[[], Any]) -> Any:
        return work()

    def do(self, work: Callable[[], Any]) -> Any:
        """Run something on the cluster's loop and wait for its result."""
        loop = controllers.life_of(self).loop
        return asyncio.run_coroutine_threadsafe(self._call(work), loop).result(10)

    def get(self, resource: str, name: str, namespace: str = "q") -> Any:
        return self.do(lambda: self.store.get(resource, namespace, name))

    def list(self, resource: str) -> Objs:
        return self.do(lambda: list(self.store.list(resource, "q")))

    def create(self, resource: str, obj: Obj) -> Obj:
        return self.do(lambda: self.store.create(resource, obj))

    def change(self, resource: str, name: str, edit: Callable[[Obj], Any]) -> Obj:
        """Edit a copy of an object and store it, as a client's PUT does."""

        def work() -> Obj:
            obj = copy.deepcopy(self.store.get(resource, "q", name))
            assert obj is not None
            edit(obj)
            return self.store.update(resource, obj)

        return self.do(work)

    def delete(self, resource: str, name: str) -> Any:
        if resource == "pods":
            return self.do(lambda: kubelet.pod_deleted_by_api(self, self.store.get("pods", "q", name) or {}, None))
        return self.do(lambda: self.store.delete(resource, "q", name))

    def wait(self, check: Callable[[], Any], seconds: float = 10) -> Any:
        """Poll until `check` answers something true; its answer."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = self.do(check)
            if found:
                return found
            time.sleep(0.01)
        raise AssertionError(f"not within {seconds} s: {check}")

    def settled(self, name: str, replicas: int, seconds: float = 10) -> Obj:
        """Wait until a Deployment is complete and counts `replicas`; its status."""

        def check() -> Obj | None:
            found = self.store.get("deployments", "q", name)
            status = (found or {}).get("status") or {}
            same = all(status.get(k, 0) == replicas for k in ("replicas", "updatedReplicas", "availableReplicas"))
            is_seen = found is not None and status.get("observedGeneration") == found["metadata"]["generation"]
            return status if same and is_seen else None

        return self.wait(check, seconds)

    def seen(self, resource: str, name: str) -> Objs:
        """Every state of an object since the start, in order."""
        return self.do(lambda: [o for _, r, o in self.history if r == resource and o["metadata"]["name"] == name])


def deployment(name: str = "web", replicas: int = 3, image: str = "nginx:1", **spec: Any) -> Obj:
    """A Deployment as the API stores it, with its defaults."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "q", "labels": {"app": name}},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"creationTimestamp": None, "labels": {"app": name}},
                "spec": {"containers": [{"name": "app", "image": image}]},
            },
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}},
            "revisionHistoryLimit": 10,
            "progressDeadlineSeconds": 600,
            **spec,
        },
    }


def pod(name: str = "p", image: str = "busybox", *, annotations: dict[str, str] | None = None, **spec: Any) -> Obj:
    """A Pod of one container."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "q", "annotations": annotations or {}},
        "spec": {"containers": [{"name": "app", "image": image}], "terminationGracePeriodSeconds": 30, **spec},
        "status": {"phase": "Pending"},
    }


def set_image(image: str) -> Callable[[Obj], None]:
    """An edit for `change`."""

    def edit(obj: Obj) -> None:
        obj["spec"]["template"]["spec"]["containers"][0]["image"] = image

    return edit


def numbers(status: Obj) -> tuple[int, int, int, int, int]:
    """replicas, updated, ready, available, unavailable."""
    names = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas", "unavailableReplicas")
    return tuple(status.get(n, 0) for n in names)  # type: ignore[return-value]


def reason(status: Obj, kind: str) -> str:
    """`True MinimumReplicasAvailable` of a condition; empty when there is none."""
    found = next((c for c in status.get("conditions") or () if c["type"] == kind), None)
    return f"{found['status']} {found['reason']}" if found else ""


def found(cluster: LivingCluster, resource: str, name: str) -> Obj:
    """An object as it is now, empty when absent; for checks that `wait` runs on the cluster's loop."""
    return cluster.store.get(resource, "q", name) or {}
