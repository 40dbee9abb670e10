"""What others see of a pod: its status in the store and its events.

Must not: decide what happens next.
"""

from __future__ import annotations

from apps.sandbox.kubernetes.kubelet.runs import Container, PodRun
from apps.sandbox.kubernetes.kubelet.status import build
from apps.sandbox.kubernetes.life.objects import find_condition
from apps.sandbox.kubernetes.life.work import Life


class Reporter:
    """Writes for the kubelets of all nodes."""

    def __init__(self, life: Life) -> None:
        self._life, self._store = life, life.store

    def is_node_ready(self, run: PodRun) -> bool:
        """Unknown nodes count as ready: a store without nodes is a test's."""
        node = self._store.get("nodes", None, run.place.node)
        ready = find_condition((node or {}).get("status") or {}, "Ready")
        return ready is None or ready["status"] == "True"

    def write(self, run: PodRun) -> None:
        """Write a pod's status."""
        pod = self._store.get("pods", *run.key)
        if pod is None or pod["metadata"]["uid"] != run.uid:
            return
        states = [c.state for c in run.containers.values()]
        status = build(pod, states, run.place, self._life.now(), is_node_ready=self.is_node_ready(run))
        self._store.update("pods", {**pod, "status": status}, status_only=True)

    def wait_because(self, run: PodRun, container: Container, reason: str, message: str) -> None:
        """A container waits, and why."""
        container.state.state = {"waiting": {"reason": reason, "message": message}}
        container.state.ready = container.state.started = False
        self.write(run)

    def event(self, run: PodRun, container: Container, reason: str, message: str, *, warning: bool = False) -> None:
        """An event about one container."""
        pod = self._store.get("pods", *run.key)
        if pod is None:
            return
        group = "initContainers" if container.state.is_init else "containers"
        path = f"spec.{group}{{{container.name}}}"
        self._life.events.record(
            pod, reason, message, component="kubelet", host=run.place.node, field_path=path, warning=warning
        )
