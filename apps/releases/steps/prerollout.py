"""A command of the new image as a Job before its rollout (R15): made once, awaited, its log kept.

Must not: make a Job a second time under one attempt, or let a rollout begin behind one that did not succeed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings

from apps.common.errors import IntegrationError, NotFound
from apps.integrations.clients import get_kubernetes
from apps.integrations.kubernetes.client import Kubernetes
from apps.integrations.kubernetes.jobs import job_state
from apps.integrations.kubernetes.ownership import step_key
from apps.integrations.kubernetes.types import JobState
from apps.integrations.loop import run
from apps.releases.steps.building import deadline, release_of
from apps.releases.steps.ledger import one_write, workload_of
from apps.releases.targets import PRE_ROLLOUT, image_reference
from apps.tickets import registry
from apps.tickets.calls import write
from apps.tickets.outcomes import Canceled, Done, Errored, Failed, Outcome, Waiting
from apps.tickets.visit import CancelRequestedError, Visit
from apps.workloads.configuring.making import in_force_for, job_of, pre_rollout_of
from apps.workloads.models import Workload
from apps.workloads.observe import see_pod
from apps.workloads.rendering.prerollout import KEPT_SECONDS

Json = dict[str, Any]
TAIL_LINES, READ_BYTES, KEPT_CHARACTERS = 200, 64 * 1024, 16 * 1024
# Kubernetes itself ends the Job at its deadline; so long after it nobody there does.
PATIENCE_SECONDS = 60.0
OVERDUE = "DeadlineExceeded"


@dataclass
class _Run:
    """One visit to a Job. `kept` is what the step's output says of it: its name, uid, deadline, and its log so far."""

    visit: Visit
    client: Kubernetes
    workload: Workload
    kept: Json

    @property
    def params(self) -> Json:
        """Which Job, for a sentence."""
        return {"job": self.kept["job"], "cluster": self.workload.placement.cluster.name}


@registry.step(PRE_ROLLOUT, writes=True)
def run_pre_rollout(visit: Visit) -> Outcome:
    """Done only when the Job's own condition says that it is complete; a Job that vanished is never made again."""
    workload = workload_of(visit)
    client = get_kubernetes(workload.placement.cluster)
    kept = visit.step.output or {}
    if kept.get("key") != visit.key:  # nothing yet, or of an earlier attempt
        return _first(visit, client, workload)
    job = _Run(visit, client, workload, kept)
    try:
        state = run(client.read_job(workload.namespace, kept["job"]), deadline())
    except NotFound as error:
        if error.code != "kubernetes.object_missing":
            raise
        return _vanished(job)
    return _look(job, state)


def _first(visit: Visit, client: Kubernetes, workload: Workload) -> Outcome:
    """Make the Job, or find what a call without an answer made; from here on it is known by its uid."""
    revision = in_force_for([workload]).get(workload.pk)
    given = pre_rollout_of(revision)
    if revision is None or given is None:
        return Done({"note": {"code": "pre_rollout.no_longer", "params": {"workload": workload.name}}})
    wanted = job_of(workload, revision, image_reference(release_of(visit), workload), visit.key) or {}
    name = str(wanted["metadata"]["name"])
    if visit.is_cancelling or _may_be_forgotten(visit):
        found = run(client.find_object("jobs", workload.namespace, name), deadline())
        if found is None or step_key(found) != visit.key:
            params = {"job": name, "cluster": workload.placement.cluster.name}
            return Canceled() if visit.is_cancelling else Errored("pre_rollout.gone", params)
        state = job_state(found)
    else:
        with visit.owned():
            visit.freeze()  # what it changes is no image, but a change all the same (D17)
        try:
            state = _make(visit, client, wanted)
        except CancelRequestedError:
            if not visit.was_begun:
                raise
            return Waiting(0.0)  # an earlier call may have made it: the next visit looks, and stops it
    seconds = int(given["timeout_seconds"])
    kept = {"key": visit.key, "job": name, "uid": state.uid, "timeout_seconds": seconds, "command": given["command"]}
    visit.remember(**kept, log="", log_is_cut=False)  # over what an earlier attempt left
    return _look(_Run(visit, client, workload, kept), state)


def _may_be_forgotten(visit: Visit) -> bool:
    """Whether a call without an answer is so old that Kubernetes may have removed what it made, once that had ended.

    Half of that time, for it is counted by another clock.
    """
    return visit.was_begun and visit.age > KEPT_SECONDS / 2


def _make(visit: Visit, client: Kubernetes, wanted: Json) -> JobState:
    with one_write(visit):
        visit.save_intent_unless_cancelled(job=wanted["metadata"]["name"])
        return write(visit, client.run_job(wanted, key=visit.key), deadline())


def _look(job: _Run, state: JobState) -> Outcome:
    """What the Job has come to, and what follows."""
    visit, kept = job.visit, job.kept
    if state.uid != kept["uid"]:
        return _vanished(job)
    tail = run(_tail(job), deadline() * 2)
    told = {**kept, "state": state.state, **tail}
    if state.state == "succeeded":
        return Done(told)
    if state.state == "failed" and state.reason == OVERDUE:
        return Failed("pre_rollout.deadline", {**job.params, "seconds": kept["timeout_seconds"]}, told)
    if state.state == "failed":
        params = {"reason": state.reason, "exit_code": told.get("exit_code"), "said": state.message[:300]}
        return Failed("pre_rollout.failed", {**job.params, **params}, told)
    if visit.is_cancelling or _is_overdue(job):
        return _stop(job, told)
    return Waiting(settings.CONFIG.rollout_recheck_seconds, told)


def _is_overdue(job: _Run) -> bool:
    return job.visit.age > float(job.kept["timeout_seconds"]) + PATIENCE_SECONDS


def _stop(job: _Run, told: Json) -> Outcome:
    """Delete the Job, and say that it is stopped only once no pod of it is left (D8)."""
    namespace, name = job.workload.namespace, job.kept["job"]
    write(job.visit, job.client.delete_object("jobs", namespace, name, uid=job.kept["uid"]), deadline())
    if run(job.client.list_pods(namespace, f"job-name={name}"), deadline()):
        return Waiting(settings.CONFIG.rollout_recheck_seconds, told)
    if job.visit.is_cancelling:
        return Canceled({**told, "state": "stopped"})
    return Failed("pre_rollout.deadline", {**job.params, "seconds": job.kept["timeout_seconds"]}, told)


def _vanished(job: _Run) -> Outcome:
    """The Job is not there, or another one is: ours was deleted, by us or by somebody else."""
    if job.visit.is_cancelling or _is_overdue(job):
        return _stop(job, job.kept)
    return Errored("pre_rollout.gone", job.params)


async def _tail(job: _Run) -> Json:
    """The end of the newest pod's log and how its container ended; what was read before stays when it cannot be read."""
    namespace, container = job.workload.namespace, job.workload.container
    try:
        pods = await job.client.list_pods(namespace, f"job-name={job.kept['job']}")
        if not pods:
            return {}
        pod = max(pods, key=lambda one: str(one["metadata"].get("creationTimestamp", "")))
        found: Json = {"pod": pod["metadata"]["name"], "exit_code": see_pod(pod, container).exit_code}
        log = await job.client.read_log(
            namespace, found["pod"], container, tail_lines=TAIL_LINES, limit_bytes=READ_BYTES
        )
    except IntegrationError as error:
        return {"log_reason": error.as_reason()}
    # A column of JSON holds no NUL.
    text = log.text.replace("\x00", "\ufffd")
    is_cut = log.is_cut or len(text) > KEPT_CHARACTERS or text.count("\n") >= TAIL_LINES
    return {**found, "log": text[-KEPT_CHARACTERS:], "log_is_cut": is_cut, "log_reason": None}
