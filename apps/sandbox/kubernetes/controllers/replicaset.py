"""ReplicaSets: as many pods as wanted, and the counters that say how far they are.

Must not: touch pods that it does not own, or replace a pod that is still there.
"""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import TYPE_CHECKING

from apps.sandbox.kubernetes import quota
from apps.sandbox.kubernetes.controllers.newpod import pod_of_template
from apps.sandbox.kubernetes.errors import ApiError
from apps.sandbox.kubernetes.life.objects import (
    Key,
    Obj,
    controller_uid,
    drop_condition,
    find_condition,
    is_active,
    is_ready,
    key_of,
    parse_stamp,
    put_condition,
    stamp,
)
from apps.sandbox.kubernetes.life.work import Children, Life

if TYPE_CHECKING:
    from collections.abc import Callable

KIND = "replicaset"
COMPONENT = "replicaset-controller"
FIRST_RETRY_SECONDS = 0.1
LONGEST_RETRY_SECONDS = 5.0


class ReplicaSetController:
    """Keeps pods in step with ReplicaSets."""

    def __init__(self, life: Life, pods: Children, end_pod: Callable[[Obj], object]) -> None:
        self._life, self._pods, self._end_pod = life, pods, end_pod
        self._failures: dict[Key, int] = {}
        life.on_work(KIND, self.sync)
        life.on_change("replicasets", self._changed)
        life.on_change("pods", self._pod_changed)

    def _changed(self, kind: str, resource: str, obj: Obj, old: Obj | None) -> None:
        if kind == "DELETED":
            self._failures.pop(key_of(obj), None)
        elif old is None or old["metadata"].get("generation") != obj["metadata"].get("generation"):
            self._life.want(KIND, key_of(obj))

    def _pod_changed(self, kind: str, resource: str, obj: Obj, old: Obj | None) -> None:
        for owner in obj["metadata"].get("ownerReferences") or ():
            if owner["kind"] == "ReplicaSet":
                self._life.want(KIND, (obj["metadata"]["namespace"], owner["name"]))

    # -- one visit ----------------------------------------------------------------------------------------
    def sync(self, namespace: str, name: str) -> None:
        """Create or delete what is missing or too much, then write the counters of what was there before."""
        replica_set = self._life.store.get("replicasets", namespace, name)
        if replica_set is None or "deletionTimestamp" in replica_set["metadata"]:
            return
        uid = replica_set["metadata"]["uid"]
        pods = [p for p in self._pods.of(uid) if is_active(p) and controller_uid(p) == uid]
        missing = replica_set["spec"].get("replicas", 1) - len(pods)
        failure = None
        if missing > 0:
            failure = self._create(replica_set, missing)
        elif missing < 0:
            self._delete(replica_set, pods, -missing)
        self._retry_later((namespace, name), failure)
        self._write_status(replica_set, pods, failure, missing)

    def _create(self, replica_set: Obj, count: int) -> ApiError | None:
        for _ in range(count):
            try:
                pod = self._create_one(replica_set)
            except ApiError as error:
                message = f"Error creating: {error.message}"
                self._event(replica_set, "FailedCreate", message, warning=True)
                return error
            self._event(replica_set, "SuccessfulCreate", f"Created pod: {pod['metadata']['name']}")
        return None

    def _create_one(self, replica_set: Obj) -> Obj:
        store = self._life.store
        pod = pod_of_template(store, replica_set, replica_set["spec"]["template"])
        quota.admit_pod(store, pod)
        return store.create("pods", pod)

    def _delete(self, replica_set: Obj, pods: list[Obj], count: int) -> None:
        """Unassigned, not ready and young pods go first."""
        pods = sorted(pods, key=lambda p: p["metadata"].get("creationTimestamp", ""), reverse=True)
        pods.sort(key=lambda p: (bool(p["spec"].get("nodeName")), is_ready(p)))
        for pod in pods[:count]:
            self._end_pod(pod)
            self._event(replica_set, "SuccessfulDelete", f"Deleted pod: {pod['metadata']['name']}")

    def _event(self, about: Obj, reason: str, message: str, *, warning: bool = False) -> None:
        self._life.events.record(about, reason, message, component=COMPONENT, warning=warning)

    def _retry_later(self, key: Key, failure: ApiError | None) -> None:
        if failure is None:
            self._failures.pop(key, None)
            return
        times = self._failures.get(key, 0)
        self._failures[key] = times + 1
        self._life.want(KIND, key, min(LONGEST_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2**times))

    # -- counters -----------------------------------------------------------------------------------------
    def _write_status(self, replica_set: Obj, pods: list[Obj], failure: ApiError | None, missing: int) -> None:
        current = self._life.store.get("replicasets", *key_of(replica_set))
        if current is None:
            return
        status = copy.deepcopy(current.get("status") or {})
        for name in ("fullyLabeledReplicas", "readyReplicas", "availableReplicas"):
            status.pop(name, None)
        labels = ((replica_set["spec"]["template"].get("metadata") or {}).get("labels") or {}).items()
        ready = [p for p in pods if is_ready(p)]
        counters = {
            "fullyLabeledReplicas": sum(labels <= (p["metadata"].get("labels") or {}).items() for p in pods),
            "readyReplicas": len(ready),
            "availableReplicas": self._available(replica_set, ready),
        }
        status["replicas"] = len(pods)
        status |= {k: v for k, v in counters.items() if v}
        status["observedGeneration"] = current["metadata"]["generation"]
        self._put_failure(status, failure, missing)
        if status != current.get("status"):
            self._life.store.update("replicasets", {**current, "status": status}, status_only=True)

    def _put_failure(self, status: Obj, failure: ApiError | None, missing: int) -> None:
        if failure is None:
            drop_condition(status, "ReplicaFailure")
        elif find_condition(status, "ReplicaFailure") is None:
            reason = "FailedCreate" if missing > 0 else "FailedDelete"
            now = stamp(self._life.now())
            put_condition(
                status,
                {
                    "type": "ReplicaFailure",
                    "status": "True",
                    "lastTransitionTime": now,
                    "reason": reason,
                    "message": failure.message,
                },
            )

    def _available(self, replica_set: Obj, ready: list[Obj]) -> int:
        """How many have been ready for minReadySeconds; comes back for those that have not."""
        seconds = replica_set["spec"].get("minReadySeconds", 0)
        if not seconds:
            return len(ready)
        now, count = self._life.now(), 0
        for pod in ready:
            condition = find_condition(pod["status"], "Ready")
            since = parse_stamp(condition["lastTransitionTime"]) if condition else now
            remaining = (since + timedelta(seconds=seconds) - now).total_seconds()
            if remaining <= 0:
                count += 1
            else:
                self._life.want(KIND, key_of(replica_set), remaining + 0.05)
        return count
