"""Deployments: one visit per change brings ReplicaSets a step nearer and writes the status that follows from it.

The order of writes is the real controller's, because watchers see each of them. Must not: touch pods.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from apps.sandbox.kubernetes.controllers import revisions, rolling
from apps.sandbox.kubernetes.controllers.deployment_status import (
    condition,
    copy_failures,
    counters,
    deadline,
    has_deadline,
    is_complete,
    judge,
)
from apps.sandbox.kubernetes.controllers.revisions import Strategy, annotate, find_new, revision, wanted
from apps.sandbox.kubernetes.life.objects import (
    Obj,
    controller_uid,
    find_condition,
    is_ended,
    is_terminating,
    key_of,
    put_condition,
)
from apps.sandbox.kubernetes.life.work import Children, Life

if TYPE_CHECKING:
    from apps.sandbox.kubernetes.controllers.rolling import Steps

KIND = "deployment"
COMPONENT = "deployment-controller"
STALE_RETRY_SECONDS = 0.2


class DeploymentController:
    """Keeps ReplicaSets in step with Deployments."""

    def __init__(self, life: Life, replica_sets: Children, pods: Children) -> None:
        self._life, self._replica_sets, self._pods = life, replica_sets, pods
        self._store = life.store
        life.on_work(KIND, self.sync)
        life.on_change("deployments", self._changed)
        life.on_change("replicasets", self._replica_set_changed)
        life.on_change("pods", self._pod_changed)

    def _changed(self, kind: str, resource: str, obj: Obj, old: Obj | None) -> None:
        if kind != "DELETED":
            self._life.want(KIND, key_of(obj))

    def _replica_set_changed(self, kind: str, resource: str, obj: Obj, old: Obj | None) -> None:
        for owner in obj["metadata"].get("ownerReferences") or ():
            if owner["kind"] == "Deployment":
                self._life.want(KIND, (obj["metadata"]["namespace"], owner["name"]))

    def _pod_changed(self, kind: str, resource: str, obj: Obj, old: Obj | None) -> None:
        """Only Recreate waits for pods themselves."""
        if kind != "DELETED":
            return
        for owner in obj["metadata"].get("ownerReferences") or ():
            replica_set = self._store.get("replicasets", obj["metadata"]["namespace"], owner["name"])
            if replica_set is not None:
                self._replica_set_changed("MODIFIED", "replicasets", replica_set, None)

    # -- one visit ----------------------------------------------------------------------------------------
    def sync(self, namespace: str, name: str) -> None:
        """Take one step."""
        deployment = self._store.get("deployments", namespace, name)
        if deployment is None or is_terminating(deployment):
            return
        deployment = self._note_pause(copy.deepcopy(deployment))
        strategy = Strategy.of(deployment)
        uid = deployment["metadata"]["uid"]
        everything = [
            r
            for r in self._replica_sets.of(uid)
            if controller_uid(r) == uid and "deletionTimestamp" not in r["metadata"]
        ]
        if deployment["spec"].get("paused") or rolling.is_scaling(strategy, everything):
            self._scale(deployment, strategy, everything)
        elif strategy.is_rolling:
            self._roll(deployment, strategy, everything)
        else:
            self._recreate(deployment, strategy, everything)

    def _roll(self, deployment: Obj, strategy: Strategy, everything: list[Obj]) -> None:
        deployment, new, old = self._ensure_new(deployment, strategy, everything, create=True)
        if new is None:
            return
        size = wanted(new)
        target = strategy.replicas if size > strategy.replicas else rolling.new_size(strategy, [*old, new], size)
        steps: Steps = [(new, target)] if target != size else rolling.shrink_old(strategy, new, old)
        changed = self._resize(deployment, strategy, steps)
        self._finish(deployment, strategy, [*old, new], new, changed)

    def _recreate(self, deployment: Obj, strategy: Strategy, everything: list[Obj]) -> None:
        deployment, new, old = self._ensure_new(deployment, strategy, everything, create=False)
        steps: Steps = [(r, 0) for r in old if wanted(r) > 0]
        if not steps and not any(self._has_pods(r) for r in old):
            deployment, new, old = self._ensure_new(deployment, strategy, everything, create=True)
            if new is not None and wanted(new) != strategy.replicas:
                steps = [(new, strategy.replicas)]
        changed = self._resize(deployment, strategy, steps)
        self._finish(deployment, strategy, [*old, *([new] if new else [])], new, changed)

    def _scale(self, deployment: Obj, strategy: Strategy, everything: list[Obj]) -> None:
        deployment, new, old = self._ensure_new(deployment, strategy, everything, create=False)
        sizes = rolling.scale(strategy, new, old)
        changed = self._resize(deployment, strategy, sizes)
        everything = [changed.get(r["metadata"]["uid"], r) for r in (*old, *([new] if new else []))]
        new = changed.get(new["metadata"]["uid"], new) if new else None
        status = counters(deployment, everything, new, strategy, self._life.now())
        if deployment["spec"].get("paused"):
            self._clean_up(deployment, old)
        self._put_status(deployment, status)

    def _has_pods(self, replica_set: Obj) -> bool:
        return any(not is_ended(p) for p in self._pods.of(replica_set["metadata"]["uid"]))

    # -- ReplicaSets --------------------------------------------------------------------------------------
    def _ensure_new(
        self, deployment: Obj, strategy: Strategy, everything: list[Obj], *, create: bool
    ) -> tuple[Obj, Obj | None, list[Obj]]:
        """The Deployment as written, its current ReplicaSet (made when wished) and the others."""
        new = find_new(deployment, everything)
        old = [r for r in everything if r is not new]
        number = max([0, *(revision(r) for r in old)]) + 1
        if new is not None:
            copied = copy.deepcopy(new)
            if annotate(deployment, copied, number, strategy, is_new=False):
                return deployment, self._store.update("replicasets", copied), old
            if revision(deployment) != revision(new):
                deployment = self._put_revision(deployment, revision(new), None)
            return deployment, new, old
        if not create:
            return deployment, None, old
        made = revisions.make(deployment, 0)
        made["spec"]["replicas"] = rolling.new_size(strategy, old, 0)
        annotate(deployment, made, number, strategy, is_new=True)
        made = self._store.create("replicasets", made)
        name = made["metadata"]["name"]
        if wanted(made):
            self._event(deployment, f"Scaled up replica set {name} from 0 to {wanted(made)}")
        deployment = self._put_revision(deployment, number, f'Created new replica set "{name}"')
        return deployment, made, old

    def _put_revision(self, deployment: Obj, number: int, created: str | None) -> Obj:
        """The revision annotation goes out with the status, before observedGeneration moves."""
        annotated = copy.deepcopy(deployment)
        annotated["metadata"].setdefault("annotations", {})[revisions.REVISION] = str(number)
        if created and has_deadline(deployment):
            status = annotated.setdefault("status", {})
            now = self._life.now()
            put_condition(status, condition("Progressing", "True", "NewReplicaSetCreated", created, now))
        return self._write(annotated)

    def _resize(self, deployment: Obj, strategy: Strategy, steps: Steps) -> dict[str, Obj]:
        """Give ReplicaSets new sizes; the changed ones by uid."""
        changed: dict[str, Obj] = {}
        for replica_set, size in steps:
            copied = copy.deepcopy(replica_set)
            before = wanted(replica_set)
            copied["spec"]["replicas"] = size
            if not revisions.put_sizes(copied, strategy) and size == before:
                continue
            changed[copied["metadata"]["uid"]] = self._store.update("replicasets", copied)
            if size != before:
                direction = "up" if size > before else "down"
                name = copied["metadata"]["name"]
                self._event(deployment, f"Scaled {direction} replica set {name} from {before} to {size}")
        return changed

    def _clean_up(self, deployment: Obj, old: list[Obj]) -> None:
        for replica_set in revisions.superfluous(deployment, old):
            self._store.delete("replicasets", *key_of(replica_set))

    def _event(self, deployment: Obj, message: str) -> None:
        self._life.events.record(deployment, "ScalingReplicaSet", message, component=COMPONENT)

    # -- status -------------------------------------------------------------------------------------------
    def _finish(
        self, deployment: Obj, strategy: Strategy, everything: list[Obj], new: Obj | None, changed: dict[str, Obj]
    ) -> None:
        """Status, judgement on progress, and the next look when a deadline runs."""
        everything = [changed.get(r["metadata"]["uid"], r) for r in everything]
        new = changed.get(new["metadata"]["uid"], new) if new is not None else None
        now = self._life.now()
        status = counters(deployment, everything, new, strategy, now)
        name = new["metadata"]["name"] if new is not None else deployment["metadata"]["name"]
        judge(deployment, status, name, self._life.scale, now)
        copy_failures(status, everything, new)
        if is_complete(deployment, status) and not changed:
            self._clean_up(deployment, [r for r in everything if r is not new])
        self._put_status(deployment, status)
        due = deadline(deployment, status, self._life.scale)
        if due is not None and has_deadline(deployment):
            delay = max(0.0, (due - now).total_seconds()) + 0.05
            self._life.timers.wish((KIND, *key_of(deployment)), delay)

    def _note_pause(self, deployment: Obj) -> Obj:
        """Progressing says when a deployment is paused or goes on."""
        if not has_deadline(deployment):
            return deployment
        progress = find_condition(deployment.get("status") or {}, "Progressing")
        if progress is not None and progress["reason"] == "ProgressDeadlineExceeded":
            return deployment
        was_paused = progress is not None and progress["reason"] == "DeploymentPaused"
        is_paused = bool(deployment["spec"].get("paused"))
        if was_paused == is_paused:
            return deployment
        reason, message = (
            ("DeploymentPaused", "Deployment is paused")
            if is_paused
            else ("DeploymentResumed", "Deployment is resumed")
        )
        status = deployment.setdefault("status", {})
        put_condition(status, condition("Progressing", "Unknown", reason, message, self._life.now()))
        return self._write(deployment)

    def _put_status(self, deployment: Obj, status: Obj) -> None:
        if status != (deployment.get("status") or {}):
            self._write({**deployment, "status": status})

    def _write(self, deployment: Obj) -> Obj:
        """Write the status (and the revision annotation with it), unless a fault keeps it stale."""
        namespace, name = key_of(deployment)
        about = {"subject": f"{namespace}/{name}", "namespace": namespace, "name": name}
        if self._life.faults.active("deployment.status", about):
            self._life.want(KIND, (namespace, name), STALE_RETRY_SECONDS)
            return deployment
        return self._store.update("deployments", deployment, status_only=True)
