"""PodDisruptionBudgets: counts the pods they select and says how many may be disturbed.

Must not: evict (the API does, by its own count), or count anything but pods.
"""

from __future__ import annotations

from apps.sandbox.kubernetes.api.selectors import matches_labels
from apps.sandbox.kubernetes.life.objects import (
    Obj,
    find_condition,
    is_ready,
    is_terminating,
    key_of,
    resolve_count,
    stamp,
)
from apps.sandbox.kubernetes.life.work import Life

KIND = "budget"


class BudgetController:
    """Keeps the status of budgets true."""

    def __init__(self, life: Life) -> None:
        self._life = life
        life.on_change("poddisruptionbudgets", self._changed)
        life.on_change("pods", self._pod_changed)
        life.on_work(KIND, self.sync)

    def _changed(self, kind: str, resource: str, budget: Obj, old: Obj | None) -> None:
        if kind != "DELETED":
            self._life.want(KIND, key_of(budget))

    def _pod_changed(self, kind: str, resource: str, pod: Obj, old: Obj | None) -> None:
        if kind == "MODIFIED" and old is not None and is_ready(pod) == is_ready(old):
            return
        for budget in self._life.store.list("poddisruptionbudgets", pod["metadata"]["namespace"]):
            self._life.want(KIND, key_of(budget))

    def sync(self, namespace: str, name: str) -> None:
        """Count and write."""
        budget = self._life.store.get("poddisruptionbudgets", namespace, name)
        if budget is None or is_terminating(budget):
            return
        selector = budget["spec"].get("selector")
        pods = [
            pod
            for pod in self._life.store.list("pods", namespace)
            if selector is not None and matches_labels(selector, pod["metadata"].get("labels"))
        ]
        healthy = sum(is_ready(pod) and not is_terminating(pod) for pod in pods)
        needed = _needed(budget["spec"], len(pods))
        status = {
            "observedGeneration": budget["metadata"]["generation"],
            "disruptionsAllowed": max(0, healthy - needed) if pods else 0,
            "currentHealthy": healthy,
            "desiredHealthy": needed,
            "expectedPods": len(pods),
        }
        status["conditions"] = [self._condition(budget, status)]
        if status != budget.get("status"):
            self._life.store.update("poddisruptionbudgets", {**budget, "status": status}, status_only=True)

    def _condition(self, budget: Obj, status: Obj) -> Obj:
        is_allowed = status["disruptionsAllowed"] > 0
        now = {
            "type": "DisruptionAllowed",
            "status": str(is_allowed),
            "observedGeneration": status["observedGeneration"],
            "reason": "SufficientPods" if is_allowed else "InsufficientPods",
            "message": "",
        }
        before = find_condition(budget.get("status") or {}, "DisruptionAllowed") or {}
        is_same = before.get("status") == now["status"]
        now["lastTransitionTime"] = before["lastTransitionTime"] if is_same else stamp(self._life.now())
        return now


def _needed(spec: Obj, expected: int) -> int:
    """How many pods must stay healthy; percentages are rounded up."""
    if "minAvailable" in spec:
        return resolve_count(spec["minAvailable"], expected, up=True)
    return max(0, expected - resolve_count(spec.get("maxUnavailable", 0), expected, up=True))
