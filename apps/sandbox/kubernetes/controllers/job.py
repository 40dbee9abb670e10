"""Jobs: pods that run to their end, again after a failure, until enough have succeeded or too many failed.

Must not: index completions, or restart a pod in place (the kubelet does).
"""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import TYPE_CHECKING

from apps.sandbox.kubernetes import quota
from apps.sandbox.kubernetes.controllers.newpod import pod_of_template
from apps.sandbox.kubernetes.errors import ApiError
from apps.sandbox.kubernetes.life.objects import (
    Obj,
    controller_uid,
    is_active,
    is_ready,
    is_terminating,
    key_of,
    parse_stamp,
    stamp,
)
from apps.sandbox.kubernetes.life.work import Children, Life

if TYPE_CHECKING:
    from collections.abc import Callable

KIND = "job"
COMPONENT = "job-controller"
# The real one waits 10 s, 20 s … after a failure; here a fifth of it.
BACK_OFF_SECONDS, LONGEST_BACK_OFF_SECONDS = 2.0, 72.0
REFUSED_RETRY_SECONDS = 1.0


class JobController:
    """Runs Jobs."""

    def __init__(self, life: Life, pods: Children, end_pod: Callable[[Obj], object]) -> None:
        self._life, self._pods, self._end_pod = life, pods, end_pod
        life.on_work(KIND, self.sync)
        life.on_change("jobs", self._changed)
        life.on_change("pods", self._pod_changed)

    def _changed(self, kind: str, resource: str, job: Obj, old: Obj | None) -> None:
        if kind != "DELETED":
            self._life.want(KIND, key_of(job))

    def _pod_changed(self, kind: str, resource: str, pod: Obj, old: Obj | None) -> None:
        for owner in pod["metadata"].get("ownerReferences") or ():
            if owner["kind"] == "Job":
                self._life.want(KIND, (pod["metadata"]["namespace"], owner["name"]))

    def sync(self, namespace: str, name: str) -> None:
        """Start what is missing, count, and give a verdict."""
        job = self._life.store.get("jobs", namespace, name)
        if job is None or is_terminating(job):
            return
        status = copy.deepcopy(job.get("status") or {})
        if any(c["type"] in ("Complete", "Failed") for c in status.get("conditions") or ()):
            self._expire(job, status)
            return
        uid = job["metadata"]["uid"]
        pods = [p for p in self._pods.of(uid) if controller_uid(p) == uid]
        active = [p for p in pods if is_active(p)]
        succeeded = [p for p in pods if p["status"]["phase"] == "Succeeded"]
        failed = [p for p in pods if p["status"]["phase"] == "Failed"]
        status.setdefault("startTime", stamp(self._life.now()))
        verdict = self._verdict(job, status, len(succeeded), len(failed))
        if verdict is None and not job["spec"].get("suspend"):
            wanted = min(job["spec"].get("parallelism", 1), job["spec"].get("completions", 1) - len(succeeded))
            active += self._start(job, wanted - len(active), failed)
        elif verdict is not None:
            for pod in active:
                self._end_pod(pod)
            active = []
        self._write(job, status, active, len(succeeded), len(failed), verdict)

    def _verdict(self, job: Obj, status: Obj, succeeded: int, failed: int) -> tuple[str, str, str] | None:
        """Condition type, reason and message; None while it goes on."""
        spec = job["spec"]
        if succeeded >= spec.get("completions", 1):
            return "Complete", "CompletionsReached", "Reached expected number of succeeded pods"
        if failed > spec.get("backoffLimit", 6):
            return "Failed", "BackoffLimitExceeded", "Job has reached the specified backoff limit"
        limit = spec.get("activeDeadlineSeconds")
        if limit is not None:
            end = parse_stamp(status["startTime"]) + timedelta(seconds=limit)
            left = (end - self._life.now()).total_seconds()
            if left <= 0:
                return "Failed", "DeadlineExceeded", "Job was active longer than specified deadline"
            self._life.want(KIND, key_of(job), left + 0.05)
        return None

    def _start(self, job: Obj, count: int, failed: list[Obj]) -> list[Obj]:
        """New pods; none before the back-off after the last failure is over."""
        if count <= 0:
            return []
        if failed:
            pause = min(LONGEST_BACK_OFF_SECONDS, BACK_OFF_SECONDS * 2 ** (len(failed) - 1)) * self._life.scale
            last = max(_ended_at(p) for p in failed)
            left = (parse_stamp(last) + timedelta(seconds=pause) - self._life.now()).total_seconds()
            if left > 0:
                self._life.want(KIND, key_of(job), left + 0.05)
                return []
        name, uid = job["metadata"]["name"], job["metadata"]["uid"]
        prefix = "batch.kubernetes.io/"
        labels = {f"{prefix}controller-uid": uid, f"{prefix}job-name": name, "controller-uid": uid, "job-name": name}
        made: list[Obj] = []
        for _ in range(count):
            try:
                pod = pod_of_template(self._life.store, job, job["spec"]["template"], labels)
                quota.admit_pod(self._life.store, pod)
            except ApiError as error:
                self._event(job, "FailedCreate", f"Error creating: {error.message}", warning=True)
                self._life.want(KIND, key_of(job), REFUSED_RETRY_SECONDS)
                return made
            made.append(self._life.store.create("pods", pod))
            self._event(job, "SuccessfulCreate", f"Created pod: {pod['metadata']['name']}")
        return made

    def _write(
        self,
        job: Obj,
        status: Obj,
        active: list[Obj],
        succeeded: int,
        failed: int,
        verdict: tuple[str, str, str] | None,
    ) -> None:
        numbers = {"active": len(active), "succeeded": succeeded, "failed": failed}
        for key, value in numbers.items():
            status.pop(key, None)
            if value:
                status[key] = value
        status |= {"ready": sum(is_ready(p) for p in active), "terminating": 0, "uncountedTerminatedPods": {}}
        if verdict is not None:
            now = stamp(self._life.now())
            kind, reason, message = verdict
            first = "SuccessCriteriaMet" if kind == "Complete" else "FailureTarget"
            common = {"status": "True", "lastProbeTime": now, "lastTransitionTime": now, "reason": reason}
            status["conditions"] = [{"type": t, **common, "message": message} for t in (first, kind)]
            if kind == "Complete":
                status["completionTime"] = now
                self._event(job, "Completed", "Job completed")
            else:
                self._event(job, reason, message, warning=True)
        if status != job.get("status"):
            self._life.store.update("jobs", {**job, "status": status}, status_only=True)

    def _expire(self, job: Obj, status: Obj) -> None:
        """Delete a finished Job after its ttlSecondsAfterFinished."""
        seconds = job["spec"].get("ttlSecondsAfterFinished")
        if seconds is None:
            return
        ended = parse_stamp(status["conditions"][-1]["lastTransitionTime"])
        left = (ended + timedelta(seconds=seconds) - self._life.now()).total_seconds()
        if left > 0:
            self._life.want(KIND, key_of(job), left + 0.05)
        else:
            self._life.store.delete("jobs", *key_of(job))

    def _event(self, job: Obj, reason: str, message: str, *, warning: bool = False) -> None:
        self._life.events.record(job, reason, message, component=COMPONENT, warning=warning)


def _ended_at(pod: Obj) -> str:
    """When a failed pod's last container ended."""
    ended = [(c.get("state") or {}).get("terminated") for c in pod["status"].get("containerStatuses") or ()]
    return max([e["finishedAt"] for e in ended if e] or [pod["metadata"]["creationTimestamp"]])
