"""What of a workload is on a cluster now, and the objects that are wanted there, fitted to it.

The image is the one that runs (D22), and a Deployment that was there before keeps its selector, which can never change.
Must not: write to a cluster.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from apps.common.errors import IntegrationError
from apps.integrations.kubernetes.client import Kubernetes
from apps.integrations.kubernetes.ownership import is_ours, pod_spec_of
from apps.integrations.kubernetes.paths import plural_of
from apps.integrations.kubernetes.types import CONFIG_MANAGER, FIELD_MANAGER
from apps.projects.models import ProjectEnvironment
from apps.workloads.configuring.held import SECRET, scope_of, sealed
from apps.workloads.configuring.planning import Plan, Target
from apps.workloads.rendering import changes, render
from apps.workloads.rendering.subject import ENVIRONMENT, NAME, PART_OF

Json = dict[str, Any]

RUNNERS = ("Deployment", "CronJob")
# What a document can become, so what may be left of an earlier revision.
OUR_KINDS = [
    "secrets",
    "configmaps",
    "services",
    "deployments",
    "cronjobs",
    "horizontalpodautoscalers",
    "ingresses",
    "poddisruptionbudgets",
]
# Never applied: an object with it is left out, but what it becomes is checked.
NO_IMAGE = "no-image-yet"


@dataclass(frozen=True)
class Live:
    """The objects of the workload's name that run pods; None where there is none."""

    deployment: Json | None
    cron: Json | None

    def image(self, container: str) -> str:
        """The image of that container, "" where nothing runs."""
        for runner in (self.deployment, self.cron):
            for one in pod_spec_of(runner or {}).get("containers") or []:
                if one.get("name") == container and one.get("image"):
                    return str(one["image"])
        return ""


async def read_live(client: Kubernetes, target: Target, name: str) -> Live:
    """Two reads."""
    return Live(
        await client.find_object("deployments", target.namespace, name),
        await client.find_object("cronjobs", target.namespace, name),
    )


async def read_before(client: Kubernetes, plan: Plan, target: Target, wanted: Json) -> Json | None:
    """What stands under the name of a wanted object, a Secret with digests for its values; None where nothing does."""
    found = await client.find_object(plural_of(wanted), target.namespace, wanted["metadata"]["name"])
    return sealed(found, scope_of(plan.pair, plan.name))


def wanted_objects(
    document: Json, plan: Plan, target: Target, live: Live, revision: int, *, image: str = ""
) -> list[Json]:
    """The objects for a target, in the order they are applied; with `image` for the one that runs.

    Without an image that runs there is no Deployment or CronJob: the first release makes it (D22). Raises Invalid as
    `render`.
    """
    image = image or live.image(target.container)
    found = render(document, plan.subject(target, image or NO_IMAGE, revision))
    if not image:
        return [one for one in found if one["kind"] not in RUNNERS]
    return [_fitted(one, live.deployment) if one["kind"] == "Deployment" and live.deployment else one for one in found]


def _fitted(wanted: Json, live: Json) -> Json:
    """The Deployment with the selector it was made with, and with pods that this one finds, too.

    Where an autoscaler is switched on while only the portal owns `replicas`, the number that runs stays named: left
    out, the server would reset it to 1. Once the autoscaler has changed it, the field is its own.
    """
    fitted = copy.deepcopy(wanted)
    selector = live["spec"].get("selector")
    if selector:
        fitted["spec"]["selector"] = copy.deepcopy(selector)
        labels = fitted["spec"]["template"]["metadata"].setdefault("labels", {})
        labels |= {key: value for key, value in (selector.get("matchLabels") or {}).items() if key not in labels}
    if "replicas" not in fitted["spec"] and _only_we_own_replicas(live):
        fitted["spec"]["replicas"] = live["spec"]["replicas"]
    return fitted


async def takes_own_image(client: Kubernetes, sent: Json, before: Json | None, key: str) -> bool:
    """Whether `sent` has to be forced for the image that a release of the portal moved, and for nothing else: a dry run.

    Any other owner is told by the write itself, never taken over.
    """
    try:
        await client.apply(sent, key=key, seen=before, dry_run=True)
    except IntegrationError as error:
        if error.code != "kubernetes.apply_conflict":
            raise
        managers = {one["manager"] for one in error.params["conflicts"]}
        return managers == {FIELD_MANAGER} and not error.params["more"]
    return False


def _only_we_own_replicas(live: Json) -> bool:
    owners = [
        (entry.get("manager"), entry.get("operation"))
        for entry in live["metadata"].get("managedFields") or []
        if "f:replicas" in ((entry.get("fieldsV1") or {}).get("f:spec") or {})
    ]
    return owners == [(CONFIG_MANAGER, "Apply")]


async def left_over(client: Kubernetes, plan: Plan, target: Target, wanted: list[Json]) -> list[Json]:
    """Objects of an earlier revision that the document no longer gives, by kind."""
    labels = {NAME: plan.name, PART_OF: plan.pair.project.slug, ENVIRONMENT: plan.pair.environment.slug}
    selector = ",".join(f"{key}={value}" for key, value in labels.items())
    kept = {(plural_of(one), one["metadata"]["name"]) for one in wanted}
    found = await client.list_ours(target.namespace, selector, OUR_KINDS)
    return [one for one in found if (plural_of(one), one["metadata"]["name"]) not in kept]


def belongs_to_others(plan: Plan, target: Target, live: Json) -> Json | None:
    """Why an object that the portal made for another project or environment is not this workload's; None when it may
    be taken. In a shared namespace two workloads of one name would else overwrite each other. A Secret that anybody else
    made is never taken, for what stands in it could not be given back."""
    where = {"object": object_name(live), "namespace": target.namespace, "cluster": target.cluster.name}
    if live["kind"] == SECRET and not is_ours(live):
        return {"code": "secret.name_taken", "params": where}
    if not is_ours(live) or is_made_for(plan.pair, live):
        return None
    params = {
        **where,
        "project": str((live["metadata"].get("labels") or {}).get(PART_OF, "")),
    }
    return {"code": "configuration.object_of_others", "params": params}


def is_made_for(pair: ProjectEnvironment, live: Json) -> bool:
    """Whether the portal's configuration made this object for that project and environment."""
    labels = live["metadata"].get("labels") or {}
    return is_ours(live) and (labels.get(PART_OF), labels.get(ENVIRONMENT)) == (
        pair.project.slug,
        pair.environment.slug,
    )


def what_it_does(wanted: Json, before: Json | None) -> Json:
    """`{object, did}`: what applying it does to what stands there."""
    did = "created" if before is None else "changed" if changes(before, wanted) else "unchanged"
    return {"object": object_name(wanted), "did": did}


def object_name(obj: Json) -> str:
    """How an object is called: `Deployment book-api`."""
    return f"{obj['kind']} {obj['metadata']['name']}"
