"""HorizontalPodAutoscalers of a cluster without metrics: finds its target, finds no metrics, and says so.

Must not: scale anything.
"""

from __future__ import annotations

from apps.sandbox.kubernetes.life.objects import Obj, find_condition, is_terminating, key_of, stamp
from apps.sandbox.kubernetes.life.work import Life
from apps.sandbox.kubernetes.resources import BY_PLURAL

KIND = "autoscaler"
PERIOD_SECONDS = 15.0
SCALED = ("deployments", "replicasets", "statefulsets")
NO_METRICS = (
    "the HPA was unable to compute the replica count: failed to get {name} utilization: unable to get metrics for "
    "resource {name}: unable to fetch metrics from resource metrics API: the server could not find the requested "
    "resource (get pods.metrics.k8s.io)"
)


class AutoscalerController:
    """Writes the status of autoscalers one period after they were changed."""

    def __init__(self, life: Life) -> None:
        self._life = life
        life.on_change("horizontalpodautoscalers", self._changed)
        life.on_work(KIND, self.sync)

    def _changed(self, kind: str, resource: str, scaler: Obj, old: Obj | None) -> None:
        if kind == "ADDED" or (kind == "MODIFIED" and old is not None and scaler["spec"] != old["spec"]):
            self._life.want(KIND, key_of(scaler), PERIOD_SECONDS * self._life.scale)

    def sync(self, namespace: str, name: str) -> None:
        """Look once."""
        store = self._life.store
        scaler = store.get("horizontalpodautoscalers", namespace, name)
        if scaler is None or is_terminating(scaler):
            return
        wanted = scaler["spec"].get("scaleTargetRef") or {}
        target = self._target(namespace, wanted)
        status: Obj = {"desiredReplicas": 0, "currentMetrics": None}
        if target is None:
            why = f'{wanted.get("kind", "")} "{wanted.get("name", "")}" not found'
            told = f"the HPA controller was unable to get the target's current scale: {why}"
            status["conditions"] = [self._condition(scaler, "AbleToScale", "False", "FailedGetScale", told)]
        else:
            status["currentMetrics"] = [{"type": ""}]
            replicas = (target.get("status") or {}).get("replicas", 0)
            status |= {"currentReplicas": replicas} if replicas else {}
            told = "the HPA controller was able to get the target's current scale"
            able = self._condition(scaler, "AbleToScale", "True", "SucceededGetScale", told)
            message = NO_METRICS.format(name=_metric(scaler))
            active = self._condition(scaler, "ScalingActive", "False", "FailedGetResourceMetric", message)
            status["conditions"] = [able, active]
        if status != scaler.get("status"):
            store.update("horizontalpodautoscalers", {**scaler, "status": status}, status_only=True)

    def _target(self, namespace: str, wanted: Obj) -> Obj | None:
        plural = next((p for p in SCALED if BY_PLURAL[p].kind == wanted.get("kind")), None)
        return self._life.store.get(plural, namespace, str(wanted.get("name", ""))) if plural else None

    def _condition(self, scaler: Obj, kind: str, status: str, reason: str, message: str) -> Obj:
        before = find_condition(scaler.get("status") or {}, kind) or {}
        is_same = before.get("status") == status
        since = before["lastTransitionTime"] if is_same else stamp(self._life.now())
        return {"type": kind, "status": status, "lastTransitionTime": since, "reason": reason, "message": message}


def _metric(scaler: Obj) -> str:
    """The first resource that is measured."""
    metrics = scaler["spec"].get("metrics") or [{}]
    return str((metrics[0].get("resource") or {}).get("name", "cpu"))
