"""Pods to nodes: round robin over Ready nodes that take the pod; who finds none is told why.

Must not: weigh resources, or move a pod that has a node.
"""

from __future__ import annotations

import copy

from apps.sandbox.kubernetes.life.objects import Obj, find_condition, is_terminating, key_of, stamp
from apps.sandbox.kubernetes.life.work import Life

KIND = "schedule"
RETRY_SECONDS = 5.0


class Scheduler:
    """Assigns nodes."""

    def __init__(self, life: Life) -> None:
        self._life = life
        self._turn = 0
        self._waiting: set[tuple[str, str]] = set()
        life.on_work(KIND, self.sync)
        life.on_change("pods", self._changed)
        life.on_change("nodes", self._node_changed)

    def _changed(self, kind: str, resource: str, pod: Obj, old: Obj | None) -> None:
        if kind == "DELETED":
            self._waiting.discard(key_of(pod))
        elif kind == "ADDED" and not pod["spec"].get("nodeName"):
            self._life.want(KIND, key_of(pod))

    def _node_changed(self, kind: str, resource: str, node: Obj, old: Obj | None) -> None:
        for key in self._waiting:
            self._life.want(KIND, key)

    def sync(self, namespace: str, name: str) -> None:
        """Give one pod a node."""
        pod = self._life.store.get("pods", namespace, name)
        if pod is None or pod["spec"].get("nodeName") or is_terminating(pod):
            return
        nodes = self._life.store.list("nodes")
        reasons = [(node, self._refusal(node, pod)) for node in nodes]
        fitting = [node for node, reason in reasons if not reason]
        if not fitting:
            self._refuse(pod, [reason for _, reason in reasons])
            return
        self._waiting.discard((namespace, name))
        self._turn += 1
        node_name = fitting[self._turn % len(fitting)]["metadata"]["name"]
        bound = copy.deepcopy(pod)
        bound["spec"]["nodeName"] = node_name
        status = bound.setdefault("status", {})
        kept = [c for c in status.get("conditions") or () if c["type"] != "PodScheduled"]
        now = stamp(self._life.now())
        scheduled = {"type": "PodScheduled", "status": "True", "lastProbeTime": None, "lastTransitionTime": now}
        status["conditions"] = [*kept, scheduled]
        bound = self._life.store.update("pods", bound)
        message = f"Successfully assigned {namespace}/{name} to {node_name}"
        self._life.events.record_action(bound, "Scheduled", message, "Binding")

    @staticmethod
    def _refusal(node: Obj, pod: Obj) -> str:
        """Why a node does not take a pod; empty when it does."""
        spec = node.get("spec") or {}
        ready = find_condition(node.get("status") or {}, "Ready")
        if spec.get("unschedulable"):
            return "node(s) were unschedulable"
        if ready is not None and ready["status"] != "True":
            return "node(s) had untolerated taint {node.kubernetes.io/unreachable: }"
        labels = (node["metadata"].get("labels") or {}).items()
        if not (pod["spec"].get("nodeSelector") or {}).items() <= labels:
            return "node(s) didn't match Pod's node affinity/selector"
        tolerated = {t.get("key") for t in pod["spec"].get("tolerations") or ()}
        for taint in spec.get("taints") or ():
            if taint["effect"] != "PreferNoSchedule" and taint["key"] not in tolerated and None not in tolerated:
                return f"node(s) had untolerated taint {{{taint['key']}: {taint.get('value', '')}}}"
        return ""

    def _refuse(self, pod: Obj, reasons: list[str]) -> None:
        total = len(reasons)
        counts = ", ".join(f"{reasons.count(r)} {r}" for r in sorted(set(reasons)))
        message = f"0/{total} nodes are available: {counts}." if total else "no nodes available to schedule pods"
        if total:
            advice = f"{total} Preemption is not helpful for scheduling."
            message += f" preemption: 0/{total} nodes are available: {advice}"
        self._waiting.add(key_of(pod))
        self._life.want(KIND, key_of(pod), RETRY_SECONDS)
        now = stamp(self._life.now())
        old = find_condition(pod.get("status") or {}, "PodScheduled")
        since = old["lastTransitionTime"] if old is not None else now
        condition = {
            "type": "PodScheduled",
            "status": "False",
            "lastProbeTime": None,
            "lastTransitionTime": since,
            "reason": "Unschedulable",
            "message": message,
        }
        status = {**(pod.get("status") or {}), "phase": "Pending", "conditions": [condition]}
        if old is None or old.get("message") != message:
            self._life.events.record_action(pod, "FailedScheduling", message, "Scheduling", warning=True)
        self._life.store.update("pods", {**pod, "status": status}, status_only=True)
