"""A Deployment that is not there yet is made by the first release (D22), and whose Deployment the one there is.

Must not: change an object that is there, or make one from anything but the configuration in force.
"""

from __future__ import annotations

from typing import Any

from apps.integrations.kubernetes.client import Kubernetes
from apps.integrations.kubernetes.ownership import config_key, is_same_step, step_key
from apps.releases.change import where
from apps.releases.models import Release
from apps.releases.steps.building import deadline
from apps.releases.steps.ledger import begin, one_write, running
from apps.releases.targets import image_reference
from apps.tickets.calls import write
from apps.tickets.outcomes import Canceled, Done, Failed, Outcome
from apps.tickets.visit import Visit
from apps.workloads.configuring.live import is_made_for
from apps.workloads.configuring.making import deployment_of
from apps.workloads.models import ConfigurationRevision, Workload

Json = dict[str, Any]


def carries_key(deployment: Json, key: str) -> bool:
    """Whether this step's call stands there: the image it moved, or the Deployment it made."""
    return step_key(deployment) == key or (not step_key(deployment) and is_same_step(config_key(deployment), key))


def another_ones(visit: Visit, workload: Workload, deployment: Json) -> Failed | None:
    """Why the Deployment that is there is not the workload's. One that the portal made for the workload is taken: of
    this very step before a crash, or of another ticket."""
    uid = str(deployment["metadata"]["uid"])
    if uid == workload.deployment_uid:
        return None
    params = {"deployment": workload.deployment, "namespace": workload.namespace}
    if is_made_for(workload.project_environment, deployment):
        _take(visit, workload, uid)
        return None
    if workload.deployment_uid:
        return Failed("workload.replaced", params)
    return Failed("workload.name_taken", where(workload))


def make_deployment(
    visit: Visit, client: Kubernetes, workload: Workload, release: Release, revision: ConfigurationRevision
) -> Outcome:
    """Create it under the step's key; a visit after a crash finds it there by name, and its maker by label and manager.

    Server-side apply cannot insist that there is nothing yet: whoever was quicker owns other values, and that is a
    conflict, never taken over.
    """
    if visit.ticket.kind == "roll_back":
        return Failed("rollback.nothing_runs", where(workload))
    if visit.is_cancelling:
        return Canceled()
    image = image_reference(release, workload)
    wanted = deployment_of(workload, revision, image)
    begin(visit, workload, release, "", image)
    with one_write(visit):
        visit.save_intent_unless_cancelled(image=image, before="", creates=revision.number)
        applied = write(visit, client.apply(wanted, key=visit.key), deadline())
    refused = another_ones(visit, workload, applied.object)
    if refused is not None:
        return refused
    meta = applied.object["metadata"]
    running(visit, workload, meta)
    told = {"deployment": workload.deployment, "revision": revision.number}
    note = {"code": "rollout.deployment_made", "params": told}
    return Done({"generation": meta["generation"], "from": "", "to": image, "created": True, "note": note})


def _take(visit: Visit, workload: Workload, uid: str) -> None:
    with visit.owned():
        Workload.objects.filter(pk=workload.pk).update(deployment_uid=uid)
    workload.deployment_uid = uid
