"""Bringing the approved digest to one target and seeing it arrive (R3, R6, D20, D22).

Must not: change anything but the named container's image, or call success what was not observed.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models.functions import Now

from apps.common.db import db_now
from apps.common.errors import IntegrationError, NotFound
from apps.integrations.clients import get_kubernetes
from apps.integrations.kubernetes.client import Kubernetes
from apps.integrations.loop import run
from apps.releases.models import Rollout, TicketRelease
from apps.releases.steps.building import deadline
from apps.releases.steps.ledger import begin, one_write, running, workload_of
from apps.releases.steps.making import another_ones, carries_key, make_deployment
from apps.releases.steps.overtaken import overtaken
from apps.releases.targets import CHANGES_IMAGE, DEPLOYMENT_MISSING, image_reference
from apps.tickets import registry
from apps.tickets.calls import found_by_key, write
from apps.tickets.outcomes import Canceled, Done, Errored, Failed, Outcome, Waiting
from apps.tickets.visit import Visit
from apps.workloads.clusters import read_seen
from apps.workloads.configuring.making import maker_of
from apps.workloads.models import ClusterHeartbeat, ObservedDeployment, Workload
from apps.workloads.observe import Judgement, container_image, deadline_before, judge

WATCHER_FRESH = timedelta(seconds=15)
Json = dict[str, Any]


@registry.step("patch_image", writes=True)
def patch_image(visit: Visit) -> Outcome:
    """Replace the image by name and container, carrying the resourceVersion that was seen; 409 is read again.

    A Deployment that is not there yet is made with that image from the configuration in force (D22).
    """
    workload = workload_of(visit)
    release = TicketRelease.objects.select_related("release").get(ticket=visit.ticket).release
    client = get_kubernetes(workload.placement.cluster)
    image = image_reference(release, workload)
    try:
        deployment = run(client.get_deployment(workload.namespace, workload.deployment), deadline())
    except NotFound as error:
        revision = maker_of(workload) if error.code == DEPLOYMENT_MISSING else None
        if revision is None:
            raise
        return make_deployment(visit, client, workload, release, revision)
    refused = another_ones(visit, workload, deployment)
    if refused is not None:
        return refused
    meta, before = deployment["metadata"], container_image(deployment, workload.container)
    found: Json = {}
    stale = deadline_before(deployment)
    if before != image:
        if visit.is_cancelling:
            return Canceled()
        ended = overtaken(visit, workload, deployment)
        if ended is not None:
            return ended
        begin(visit, workload, release, before, image)
        meta = _patch(visit, client, workload, image, deployment)["metadata"]
    else:
        is_ours = carries_key(deployment, visit.key)
        found = found_by_key(visit.key) if is_ours else {}
        stale = (visit.step.intent or {}).get("stale_deadline", "") if is_ours else ""
        # What our rows lack (a call nobody recorded, a restored backup), or another's patch of this very digest.
        begin(visit, workload, release, before, image)
    running(visit, workload, meta)
    if stale:
        found = {**found, "stale_deadline": stale}
    return Done({"generation": meta["generation"], "from": before, "to": image, **found})


def _patch(visit: Visit, client: Kubernetes, workload: Workload, image: str, deployment: Json) -> Json:
    """The write itself."""
    version = deployment["metadata"]["resourceVersion"]
    before = container_image(deployment, workload.container)
    stale = deadline_before(deployment)
    with one_write(visit):
        visit.save_intent_unless_cancelled(
            image=image, before=before, resource_version=version, **({"stale_deadline": stale} if stale else {})
        )
        work = client.patch_image(
            workload.namespace,
            workload.deployment,
            workload.container,
            image,
            resource_version=version,
            key=visit.key,
            seen=deployment,
        )
        return write(visit, work, deadline())


@registry.step("await_rollout", writes=False, settles=True)
def await_rollout(visit: Visit) -> Outcome:
    """Done only when the cluster itself, read now, shows the digest on every replica (law 5, D20).

    While the watcher is fresh its row tells when a look is worth two calls; without it the cluster is asked.
    """
    workload = workload_of(visit)
    rollout = Rollout.objects.get(ticket=visit.ticket, workload=workload)
    wait = settings.CONFIG.rollout_recheck_seconds
    late = visit.age > settings.CONFIG.rollout_deadline_seconds
    is_patient = visit.age < settings.CONFIG.refused_pods_seconds
    told: Json = {
        "digest": rollout.to_digest,
        "generation": rollout.generation or 0,
        "is_patient": is_patient,
        "stale_deadline": _stale_deadline(visit),
    }
    if not late and _watcher_says_moving(workload, told):
        return Waiting(wait)
    try:
        seen = read_seen(workload)
    except NotFound:
        raise
    except IntegrationError as error:
        if error.retryable or error.unknown:
            raise
        return Errored(error.code, error.params)  # a credential, a certificate: we could not tell (law 4)
    judgement = judge(seen, **told)
    if judgement.state == "moving" and not late:
        return Waiting(wait, {"code": judgement.code, "params": judgement.params})
    if judgement.state == "moving":
        judgement = Judgement("failed", "rollout.deadline", {**judgement.params, "last": judgement.code})
    return _conclude(visit, rollout, judgement)


def _stale_deadline(visit: Visit) -> str:
    """The deadline condition that stood there before this target's change."""
    outputs = [visit.output_of(name, visit.step.target) for name in CHANGES_IMAGE]
    return next((str(one["stale_deadline"]) for one in outputs if one.get("stale_deadline")), "")


def _watcher_says_moving(workload: Workload, told: Json) -> bool:
    beat = ClusterHeartbeat.objects.filter(cluster=workload.placement.cluster_id).first()
    if beat is None or beat.seen_at is None or db_now() - beat.seen_at > WATCHER_FRESH:
        return False
    row = ObservedDeployment.objects.filter(workload=workload).first()
    if row is None:
        return False
    return judge(row.as_seen(), **told).state == "moving"


def _conclude(visit: Visit, rollout: Rollout, judgement: Judgement) -> Outcome:
    mine = Rollout.objects.filter(pk=rollout.pk)
    if judgement.state == "done":
        with visit.owned():
            mine.update(result=Rollout.Result.SUCCEEDED, reason=None, finished_at=Now())
        return Done({"generation": rollout.generation, "notes": list(judgement.notes)})
    reason = {"code": judgement.code, "params": judgement.params}
    with visit.owned():
        mine.update(result=Rollout.Result.FAILED, reason=reason, finished_at=Now())
    return Failed(judgement.code, judgement.params)
