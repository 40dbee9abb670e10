"""Jobs that run once, their state, and what their pods wrote.

Must not: wait for a Job, or start one of the same name a second time under another key.
"""

from __future__ import annotations

from typing import Any, Literal

from apps.common.errors import Rejected
from apps.integrations.answers import Answer
from apps.integrations.kubernetes.objects import Objects, identity, keyed
from apps.integrations.kubernetes.ownership import step_key
from apps.integrations.kubernetes.paths import path_of
from apps.integrations.kubernetes.statuses import status_of
from apps.integrations.kubernetes.types import STEP_KEY, JobState, Json, PodLog

LOG_BYTES = 256 * 1024
MOST_LOG_BYTES = 4 * 1024 * 1024
LOG_LINES = 2000
ENDS: dict[str, Literal["succeeded", "failed"]] = {"Complete": "succeeded", "Failed": "failed"}
LONGEST_MESSAGE = 1000


class Jobs(Objects):
    """Calls about Jobs and logs."""

    async def run_job(self, job: Json, *, key: str) -> JobState:
        """Create a Job once; key: the annotation `opsportal.io/step-key`. May be repeated under the same key.

        The name is taken once: a Job of it with our key is ours and is not started again, whatever became of it; with
        another key it is `kubernetes.job_taken`. That holds while the Job is there: a caller that renders
        `ttlSecondsAfterFinished` does not repeat the call once so much time has passed since the first one. And pods
        are started again unless it has `backoffLimit: 0` and `restartPolicy: Never`.
        """
        name, namespace = identity(job, "jobs")
        made = await self._create("jobs", namespace, keyed(job, STEP_KEY, key))
        found = made if made is not None else await self.get_object("jobs", namespace, name)
        if step_key(found) != key:
            about = self.http.about(f"Job {namespace}/{name}")
            raise Rejected("kubernetes.job_taken", object=name, namespace=namespace, said="", **about)
        return job_state(found)

    async def read_job(self, namespace: str, name: str) -> JobState:
        """The state of a Job. NotFound `kubernetes.object_missing`. Read: repeatable."""
        return job_state(await self.get_object("jobs", namespace, name))

    async def read_log(
        self,
        namespace: str,
        pod: str,
        container: str,
        *,
        tail_lines: int = LOG_LINES,
        limit_bytes: int = LOG_BYTES,
        previous: bool = False,
    ) -> PodLog:
        """The last lines of a container's log, at most `limit_bytes` (4 MiB) of them from their beginning.

        "" for a pod that no node has yet. Rejected `kubernetes.log_not_yet` (retryable): the container waits to start.
        Read: repeatable.
        """
        limit = max(1, min(limit_bytes, MOST_LOG_BYTES))
        query = {"container": container, "tailLines": str(max(0, tail_lines)), "limitBytes": str(limit)}
        query |= {"previous": "true"} if previous else {}
        what = f"log of {namespace}/{pod}"
        path = path_of("pods", namespace, pod, "log")
        with self._naming("pods", namespace, pod):
            answer = await self.http.request(
                "GET", path, what=what, query=query, allow=(400,), limit=MOST_LOG_BYTES, cut=True
            )
            if answer.status == 400:
                raise self._no_log(answer, pod, container)
        return PodLog(answer.text(), len(answer.body) >= limit)

    def _no_log(self, answer: Answer, pod: str, container: str) -> Exception:
        said = str(status_of(answer).get("message", ""))
        if "is waiting to start" not in said:
            return self.http.error_of(answer, is_write=False)
        told: dict[str, Any] = {"object": pod, "container": container, "said": self.http.quote(said)}
        return Rejected("kubernetes.log_not_yet", retryable=True, **told, **answer.about)


def job_state(job: Json) -> JobState:
    """A Job's state from its conditions; counters that Kubernetes leaves out are 0."""
    metadata, status = job["metadata"], job.get("status") or {}
    pods = {name: int(status.get(name) or 0) for name in ("active", "succeeded", "failed")}
    for condition in status.get("conditions") or []:
        end = ENDS.get(str(condition.get("type")))
        if end and condition.get("status") == "True":
            reason, message = str(condition.get("reason") or ""), str(condition.get("message") or "")
            return JobState(
                metadata["name"], metadata["uid"], step_key(job), end, reason, message[:LONGEST_MESSAGE], pods
            )
    return JobState(metadata["name"], metadata["uid"], step_key(job), "active", pods=pods)
