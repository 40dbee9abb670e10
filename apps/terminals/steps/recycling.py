"""The steps that replace one pod: it is deleted by its uid, and its successor is awaited.

Must not: delete a pod by its name alone, or call a workload ready that is not.
"""

from __future__ import annotations

from django.conf import settings
from django.db.models.functions import Now

from apps.common.errors import Rejected
from apps.integrations.clients import get_kubernetes
from apps.integrations.loop import run
from apps.terminals.models import TerminalSession
from apps.tickets import registry
from apps.tickets.calls import found_by_key, write
from apps.tickets.outcomes import Done, Failed, Outcome, Waiting
from apps.tickets.visit import Visit
from apps.workloads.clusters import read_seen
from apps.workloads.models import Workload

DELETE, AWAIT = "delete_pod", "await_successor"
GOES_WITHIN = 300.0
RECHECK = 1.0


def _workload(visit: Visit) -> Workload:
    rows = Workload.objects.select_related("placement__cluster", "project_environment")
    return rows.get(pk=visit.params["workload"])


@registry.step(DELETE, writes=True)
def delete_pod(visit: Visit) -> Outcome:
    """Delete the pod with that uid, with its grace period; another one of its name stays.

    The uid is the key: what an unanswered call did is looked up by it, and deleting again what goes already is nothing.
    """
    workload, uid = _workload(visit), visit.params["uid"]
    client = get_kubernetes(workload.placement.cluster)
    deadline = settings.CONFIG.outside_timeout
    if visit.was_begun:
        found = run(client.find_object("pods", workload.namespace, visit.params["pod"]), deadline)
        if found is None or found["metadata"]["uid"] != uid or "deletionTimestamp" in found["metadata"]:
            return Done({"uid": uid, **found_by_key(uid)})
    visit.save_intent_unless_cancelled(pod=visit.params["pod"], uid=uid)
    visit.freeze()
    try:
        work = client.delete_object("pods", workload.namespace, visit.params["pod"], uid=uid)
        was_there = write(visit, work, deadline)
    except Rejected as error:
        if error.code != "kubernetes.replaced":
            raise
        was_there = False
    return Done({"uid": uid, "was_there": was_there})


@registry.step(AWAIT, writes=False)
def await_successor(visit: Visit) -> Outcome:
    """Done when that very pod is gone and the workload has as many ready pods as it wants."""
    workload, params = _workload(visit), visit.params
    client = get_kubernetes(workload.placement.cluster)
    found = run(client.find_object("pods", workload.namespace, params["pod"]), settings.CONFIG.outside_timeout)
    if found is not None and found["metadata"]["uid"] == params["uid"]:
        if visit.age > GOES_WITHIN:
            return Failed("recycle.pod_still_there", {"pod": params["pod"], "seconds": int(visit.age)})
        return Waiting(RECHECK)
    seen = read_seen(workload)
    told = {"ready": seen.ready, "replicas": seen.replicas_wanted}
    if seen.observed_generation >= seen.generation and seen.ready >= seen.replicas_wanted:
        with visit.owned():
            touched = TerminalSession.objects.filter(pod_uid=params["uid"], pod_gone_at__isnull=True)
            touched.filter(touched_at__isnull=False).update(pod_gone_at=Now())
        return Done(told)
    if visit.age > settings.CONFIG.rollout_deadline_seconds:
        return Failed("recycle.no_successor", {"pod": params["pod"], "seconds": int(visit.age), **told})
    return Waiting(RECHECK, told)
