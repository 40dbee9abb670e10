"""Bringing back a configuration together with the image that ran under it (R8): one write of the Deployment, one rollout.

One step and no two: between two writes a cancel or a brake would leave an image under a configuration that it never ran
with. Must not: apply a document that the ticket does not carry, or judge the rollout.
"""

from __future__ import annotations

from typing import Any

from apps.common.errors import NotFound
from apps.integrations.clients import get_kubernetes
from apps.integrations.loop import run
from apps.releases.change import where
from apps.releases.models import Rollout, TicketRelease
from apps.releases.steps.building import deadline
from apps.releases.steps.ledger import begin, running, workload_of
from apps.releases.steps.making import another_ones
from apps.releases.steps.overtaken import overtaken
from apps.releases.targets import DEPLOYMENT_MISSING, RESTORE, image_reference
from apps.tickets import registry
from apps.tickets.outcomes import Done, Failed, Outcome
from apps.tickets.visit import Visit
from apps.workloads.configuring.applying import apply_revision
from apps.workloads.configuring.restoring import revision_of
from apps.workloads.models import Workload
from apps.workloads.observe import container_image

Json = dict[str, Any]


@registry.step(RESTORE, writes=True)
def restore_configuration(visit: Visit) -> Outcome:
    """Every object of the ticket's revision, the Deployment among them with the old image.

    Each object is applied under the step's key, so that a visit after a crash finds what is done and goes on.
    """
    workload = workload_of(visit)
    client = get_kubernetes(workload.placement.cluster)
    try:
        deployment = run(client.get_deployment(workload.namespace, workload.deployment), deadline())
    except NotFound as error:
        if error.code != DEPLOYMENT_MISSING:
            raise
        return Failed("rollback.nothing_runs", where(workload))
    refused = another_ones(visit, workload, deployment) or overtaken(visit, workload, deployment)
    if refused is not None:
        return refused
    return _bring_back(visit, workload, container_image(deployment, workload.container))


def _bring_back(visit: Visit, workload: Workload, before: str) -> Outcome:
    release = TicketRelease.objects.select_related("release").get(ticket=visit.ticket).release
    revision, image = revision_of(visit.ticket), image_reference(release, workload)
    assert revision is not None  # the plan has this step only for a ticket with a revision

    def write_down() -> None:
        begin(visit, workload, release, before, image)

    outcome = apply_revision(visit, revision, workload.placement.cluster_id, image=image, on_open=write_down)
    if not isinstance(outcome, Done):
        return outcome
    done = outcome.output or {}
    if not Rollout.objects.filter(ticket=visit.ticket, workload=workload).exists():
        write_down()  # what our rows lack: all of it stands there from a call that a restored backup does not know
    running(visit, workload, {"generation": done["generation"]})
    told = {"number": revision.number, "from": visit.ticket.facts["brought_back_from"]}
    note = {"code": "rollback.configuration_back", "params": told}
    return Done({**done, "from": before, "to": image, "note": note})
