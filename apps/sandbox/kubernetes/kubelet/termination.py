"""The end of pods: grace, the kill of every process, removal.

A terminating pod stays listed, unchanged but for its deletionTimestamp, until it is removed. Must not: replace it.
"""

from __future__ import annotations

import weakref
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from apps.sandbox.kubernetes.life.objects import Obj, is_ended, is_terminating, key_of, parse_stamp, stamp
from apps.sandbox.kubernetes.life.work import Life

if TYPE_CHECKING:
    from apps.sandbox.kubernetes.kubelet.pods import Kubelet

END = "pod-end"
DEFAULT_GRACE = 30
STOP_SECONDS = 0.5
FINALIZER_RETRY = 0.5


class Terminator:
    """Marks pods for deletion and removes them after their grace."""

    def __init__(self, life: Life, kubelet: Kubelet) -> None:
        self._life, self._kubelet = life, kubelet
        life.on_work(END, self._remove)
        life.on_change("pods", self._changed)

    def end(self, pod: Obj, grace_seconds: int | None = None) -> Obj:
        """Delete a pod as the API does; answers the object as it then is."""
        grace = (
            pod["spec"].get("terminationGracePeriodSeconds", DEFAULT_GRACE) if grace_seconds is None else grace_seconds
        )
        if not pod["spec"].get("nodeName") or is_ended(pod):
            grace = 0
        deadline = self._life.now() + timedelta(seconds=grace)
        if is_terminating(pod) and parse_stamp(pod["metadata"]["deletionTimestamp"]) <= deadline:
            return pod
        metadata = {
            **pod["metadata"],
            "deletionTimestamp": stamp(deadline),
            "deletionGracePeriodSeconds": grace,
        }
        marked = {**pod, "metadata": metadata}
        if grace == 0 and not metadata.get("finalizers"):
            self._life.processes.kill_pod(metadata["uid"])
            self._life.store.delete("pods", *key_of(pod))
            return marked
        for container in pod["spec"].get("containers") or ():
            if not is_terminating(pod):
                text = f"Stopping container {container['name']}"
                path = f"spec.containers{{{container['name']}}}"
                node = pod["spec"]["nodeName"]
                self._life.events.record(pod, "Killing", text, component="kubelet", host=node, field_path=path)
        return self._life.store.update("pods", marked)

    def _changed(self, kind: str, resource: str, pod: Obj, old: Obj | None) -> None:
        key = (END, *key_of(pod))
        if kind == "DELETED":
            self._life.timers.cancel(key)
            self._life.processes.kill_pod(pod["metadata"]["uid"])
        elif is_terminating(pod):
            self._life.timers.wish(key, min(self._stop_seconds(pod), self._grace_left(pod)))

    def _stop_seconds(self, pod: Obj) -> float:
        """How long the slowest container takes to stop."""
        run = self._kubelet.runs.get(pod["metadata"]["uid"])
        wishes = [c.behaviour.stop_seconds for c in run.containers.values()] if run else []
        return max([STOP_SECONDS if w is None else w for w in wishes] or [STOP_SECONDS])

    def _grace_left(self, pod: Obj) -> float:
        deadline = parse_stamp(pod["metadata"]["deletionTimestamp"])
        return max(0.0, (deadline - self._life.now()).total_seconds())

    def _remove(self, namespace: str, name: str) -> None:
        pod = self._life.store.get("pods", namespace, name)
        if pod is None or not is_terminating(pod):
            return
        self._life.processes.kill_pod(pod["metadata"]["uid"])
        if pod["metadata"].get("finalizers"):
            self._life.timers.wish((END, namespace, name), FINALIZER_RETRY)
            return
        self._life.store.delete("pods", namespace, name)


_TERMINATORS: weakref.WeakKeyDictionary[Any, Terminator] = weakref.WeakKeyDictionary()


def remember(server: Any, terminator: Terminator) -> None:
    """Let `pod_deleted_by_api` find it."""
    _TERMINATORS[server] = terminator


def pod_deleted_by_api(server: Any, pod: Obj, grace_seconds: int | None = None) -> Obj:
    """Mark a pod for deletion (or remove it at once); answers the object that the API returns."""
    return _TERMINATORS[server].end(pod, grace_seconds)
