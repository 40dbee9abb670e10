"""Bringing the approved digest to one target and seeing it arrive (R3, R6, D20, D22).

Must not: change anything but the named container's image, or call success what was not observed.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now

from apps.common.db import db_now
from apps.common.errors import IntegrationError, NotFound
from apps.integrations.clients import get_kubernetes
from apps.integrations.kubernetes.client import Kubernetes
from apps.integrations.kubernetes.types import STEP_KEY
from apps.integrations.loop import run
from apps.projects.models import Project
from apps.releases.models import Release, Rollout, TicketRelease
from apps.releases.steps.building import deadline
from apps.releases.steps.overtaken import unknown_later_key
from apps.releases.targets import image_reference
from apps.tickets import registry
from apps.tickets.brakes import BrakeOnError
from apps.tickets.calls import found_by_key, write
from apps.tickets.models import Step, StepStatus, TicketStatus
from apps.tickets.outcomes import Canceled, Done, Ended, Errored, Failed, Outcome, Waiting
from apps.tickets.visit import CancelRequestedError, Visit
from apps.workloads.clusters import read_seen
from apps.workloads.models import ClusterHeartbeat, ObservedDeployment, Workload
from apps.workloads.observe import Judgement, container_image, deadline_before, digest_of, judge

WATCHER_FRESH = timedelta(seconds=15)
UNREADABLE = ("outside.bad_answer", "outside.too_large")
Json = dict[str, Any]


def _workload(visit: Visit) -> Workload:
    return Workload.objects.select_related("placement__cluster__registry", "project_environment__project").get(
        pk=visit.params["workload"]
    )


@registry.step("patch_image", writes=True)
def patch_image(visit: Visit) -> Outcome:
    """Replace the image by name and container, carrying the resourceVersion that was seen; 409 is read again."""
    workload = _workload(visit)
    release = TicketRelease.objects.select_related("release").get(ticket=visit.ticket).release
    client = get_kubernetes(workload.placement.cluster)
    image = image_reference(release, workload)
    deployment = run(client.get_deployment(workload.namespace, workload.deployment), deadline())
    meta = deployment["metadata"]
    if meta["uid"] != workload.deployment_uid:
        params = {"deployment": workload.deployment, "namespace": workload.namespace}
        return Failed("workload.replaced", params)
    before = container_image(deployment, workload.container)
    key, found = visit.key, {}
    stale = deadline_before(deployment)
    if before != image:
        if visit.is_cancelling:
            return Canceled()
        later = unknown_later_key(deployment, visit.ticket)
        if later:
            params = {"key": later, "cluster": workload.placement.cluster.name, "image": before}
            return Ended(TicketStatus.SUPERSEDED, {"code": "rollout.overtaken_unknown", "params": params})
        _begin(visit, workload, release, before, image)
        meta = _patch(visit, client, workload, image, deployment)["metadata"]
    else:
        is_ours = (meta.get("annotations") or {}).get(STEP_KEY) == key
        found = found_by_key(key) if is_ours else {}
        stale = (visit.step.intent or {}).get("stale_deadline", "") if is_ours else ""
        # What our rows lack (a call nobody recorded, a restored backup), or another's patch of this very digest.
        _begin(visit, workload, release, before, image)
    with visit.owned():
        visit.freeze()  # again: another target's refusal may have taken it back meanwhile
        Rollout.objects.filter(ticket=visit.ticket, workload=workload).update(
            generation=meta["generation"], result=Rollout.Result.RUNNING
        )
    if stale:
        found = {**found, "stale_deadline": stale}
    return Done({"generation": meta["generation"], "from": before, "to": image, **found})


def _patch(visit: Visit, client: Kubernetes, workload: Workload, image: str, deployment: Json) -> Json:
    """The write itself; when it surely was not made, nothing is left behind that says it may have been."""
    version = deployment["metadata"]["resourceVersion"]
    may_be_there = visit.was_begun  # an earlier call of this attempt has no answer: a conflict may be its own trace
    before = container_image(deployment, workload.container)
    try:
        stale = deadline_before(deployment)
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
    except (CancelRequestedError, BrakeOnError):
        if not may_be_there:
            _unfreeze_if_untouched(visit)
        raise
    except IntegrationError as error:
        if not may_be_there and not error.unknown and error.code not in UNREADABLE:
            visit.forget_intent()
            _unfreeze_if_untouched(visit)
        raise


def _unfreeze_if_untouched(visit: Visit) -> None:
    """As long as this ticket changed no cluster, its gates and approvals are read again by a retry (D17)."""
    others = Step.objects.filter(ticket=visit.ticket, name="patch_image").exclude(pk=visit.step.pk)
    with visit.owned():
        on_its_way = others.filter(Q(intent__isnull=False) | Q(status=StepStatus.SUCCEEDED)).exists()
        if not on_its_way and not Rollout.objects.filter(ticket=visit.ticket, generation__isnull=False).exists():
            visit.unfreeze()


def _begin(visit: Visit, workload: Workload, release: Release, before: str, image: str) -> None:
    """What was there and what shall be there, written before the change; the ticket is frozen from here (D17)."""
    with visit.owned():
        visit.freeze()
        from_digest = digest_of(before)
        if from_digest:
            _know_image(workload, before, from_digest)
        rollout, created = Rollout.objects.get_or_create(
            ticket=visit.ticket,
            workload=workload,
            defaults={
                "release": release,
                "from_image": before,
                "from_digest": from_digest,
                "to_image": image,
                "to_digest": release.digest,
                "started_at": Now(),
            },
        )
        if not created:
            Rollout.objects.filter(pk=rollout.pk).update(
                result=Rollout.Result.PENDING, reason=None, finished_at=None, to_image=image
            )


def _know_image(workload: Workload, image: str, digest: str) -> None:
    """An image that runs but was not built here becomes a release one may roll back to (D21)."""
    project = workload.project_environment.project
    known = Release.objects.filter(project=project, digest=digest)
    if known.exists():
        return
    # Two targets of a wave may find the same image at once: one after the other.
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    if known.exists():
        return
    name = image.partition("@")[0]
    _, _, path = name.partition("/")
    repository, _, tag = path.partition(":")
    Release.objects.create(
        project=project,
        ref="",
        tag="" if Release.objects.filter(project=project, tag=tag).exists() else tag,
        image_repository=repository,
        digest=digest,
        is_built_here=False,
    )


@registry.step("await_rollout", writes=False, settles=True)
def await_rollout(visit: Visit) -> Outcome:
    """Done only when the cluster itself, read now, shows the digest on every replica (law 5, D20).

    While the watcher is fresh its row tells when a look is worth two calls; without it the cluster is asked.
    """
    workload = _workload(visit)
    rollout = Rollout.objects.get(ticket=visit.ticket, workload=workload)
    wait = settings.CONFIG.rollout_recheck_seconds
    late = visit.age > settings.CONFIG.rollout_deadline_seconds
    is_patient = visit.age < settings.CONFIG.refused_pods_seconds
    told = {
        "digest": rollout.to_digest,
        "generation": rollout.generation or 0,
        "is_patient": is_patient,
        "stale_deadline": visit.output_of("patch_image", visit.step.target).get("stale_deadline", ""),
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
