"""What a document would change: per cluster the objects, a server-side dry run of each, quotas, what would go.

Must not: change anything; a cluster that does not answer is said to be unknown and hides no other one (law 4).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from apps.catalog.standards.findings import evaluate
from apps.catalog.standards.services import current_standards
from apps.catalog.standards.telling import told
from apps.common.errors import IntegrationError
from apps.integrations.clients import get_kubernetes
from apps.integrations.kubernetes.client import Kubernetes
from apps.integrations.kubernetes.types import CONFIG_KEY, Applied
from apps.integrations.loop import run_many
from apps.projects.models import ProjectEnvironment
from apps.workloads.configuring import revisions
from apps.workloads.configuring.held import assert_held, for_dry_run, scope_of, tried
from apps.workloads.configuring.live import (
    Live,
    belongs_to_others,
    left_over,
    object_name,
    read_before,
    read_live,
    takes_own_image,
    wanted_objects,
)
from apps.workloads.configuring.planning import Plan, Target, completed, judged_subject, plan_for
from apps.workloads.configuring.quotas import quota_rows
from apps.workloads.rendering import between, changes, to_yaml, values

Json = dict[str, Any]

AT_A_TIME = 8
# A cluster is asked some fifteen times, one after the other; all of them together take no longer than this.
DEADLINE_TIMEOUTS = 3
DRY_KEY = "preview"


def preview(
    pair: ProjectEnvironment, name: str, document: Json, *, based_on: int | None = None, take_over: bool = False
) -> Json:
    """The completed document, findings, and a row per cluster. Invalid with `fields` for a wrong document.

    based_on: number of the revision that was edited; a newer one in force is told as `applied_meanwhile`.
    take_over: with the fields of other managers, for a person who was shown whose they are.
    """
    whole = completed(pair, name, document)
    plan = plan_for(pair, name)
    assert_held(pair, name, whole, plan.held)
    number = revisions.next_number(pair, name)
    for target in plan.targets:
        wanted_objects(whole, plan, target, Live(None, None), number)  # refuses what no cluster needs to be asked for
    rows = look_at_all(plan, whole, number, take_over=take_over)
    image = next((row["image"] for row in rows if row["image"]), "")
    standards = current_standards()
    findings = evaluate(whole, judged_subject(pair, name, image), standards)
    newer = revisions.applied_since(pair, name, based_on) if based_on is not None else None
    return {
        "document": whole,
        "findings": told(findings, standards),
        "clusters": rows,
        "left_out": list(plan.left_out),
        "applied_meanwhile": newer,
    }


def look_at_all(plan: Plan, document: Json, number: int, *, take_over: bool = False) -> list[Json]:
    """A row per target, asked side by side within a deadline; the document is completed."""
    return [
        _row(target, {"not_checked" if found.retryable else "refused": found.as_reason()})
        if isinstance(found, IntegrationError)
        else _row(target, found)
        for target, found in zip(plan.targets, _answers(plan, document, number, take_over, {}), strict=True)
    ]


def look_or_raise(
    plan: Plan, document: Json, number: int, *, take_over: bool = False, images: dict[int, str] | None = None
) -> list[Json]:
    """The same, but the first cluster that cannot be asked raises: nobody decides about what nobody could read.

    images: by a cluster's id, where another image comes with the document than the one that runs.
    """
    rows = []
    for target, found in zip(plan.targets, _answers(plan, document, number, take_over, images or {}), strict=True):
        if isinstance(found, IntegrationError):
            raise found
        rows.append(_row(target, found))
    return rows


def _answers(
    plan: Plan, document: Json, number: int, take_over: bool, images: dict[int, str]
) -> list[Json | IntegrationError]:
    free = asyncio.Semaphore(AT_A_TIME)
    asked = [target for target in plan.targets if target.refused is None]
    works = [
        _in_turn(free, _Look(plan, one, document, number, take_over, images.get(one.cluster.pk, ""))) for one in asked
    ]
    found = dict(
        zip(
            [target.cluster.pk for target in asked],
            run_many(works, settings.CONFIG.outside_timeout * DEADLINE_TIMEOUTS),
            strict=True,
        )
    )
    return [found.get(one.cluster.pk, {"refused": one.refused}) for one in plan.targets]


def _row(target: Target, found: Json) -> Json:
    """Everything a row has, with what was found out."""
    return {
        "cluster": target.cluster.name,
        "namespace": target.namespace,
        "wave": target.wave,
        "image": "",
        "yaml": "",
        "helm_values": "",
        "objects": [],
        "removed": [],
        "quotas": [],
        "note": None,
        "refused": None,
        "not_checked": None,
        **found,
    }


@dataclass(frozen=True)
class _Look:
    """One look at one cluster."""

    plan: Plan
    target: Target
    document: Json
    number: int
    take_over: bool
    image: str = ""


async def _in_turn(free: asyncio.Semaphore, look: _Look) -> Json:
    async with free:
        return await _ask(get_kubernetes(look.target.cluster), look)


async def _ask(client: Kubernetes, look: _Look) -> Json:
    """What one cluster says."""
    plan, target = look.plan, look.target
    live = await read_live(client, target, plan.name)
    wanted = wanted_objects(look.document, plan, target, live, look.number, image=look.image)
    objects = [await _dry_run(client, look, one) for one in wanted]
    quotas = await client.read_quota(target.namespace)
    gone = await left_over(client, plan, target, wanted)
    image = live.image(target.container)
    params = {"workload": plan.name, "cluster": target.cluster.name}
    return {
        "image": image,
        "yaml": to_yaml(wanted),
        "helm_values": values(wanted, plan.subject(target, image, look.number)),
        "objects": objects,
        "removed": [object_name(one) for one in gone],
        "quotas": quota_rows(look.document, quotas, live.deployment),
        "note": None if image else {"code": "configuration.first_release_makes_it", "params": params},
    }


async def _dry_run(client: Kubernetes, look: _Look, wanted: Json) -> Json:
    """One object: what the cluster itself says it would become. A refusal is about this object alone."""
    row: Json = {"object": object_name(wanted), "created": False, "changes": [], "refused": None}
    before = await read_before(client, look.plan, look.target, wanted)
    row["created"] = before is None
    if before is not None:
        row["refused"] = belongs_to_others(look.plan, look.target, before)
        if row["refused"]:
            return row
    sent = for_dry_run(wanted)
    try:
        answer = await _try(client, look, sent, before)
    except IntegrationError as error:
        if error.retryable:
            raise
        row["refused"] = error.as_reason()
        return row
    after = tried(answer.object, wanted, scope_of(look.plan.pair, look.plan.name))
    found = changes(None, wanted) if before is None else between(_without_key(before), _without_key(after))
    row["changes"] = [{"path": one.path, "before": one.before, "after": one.after} for one in found]
    return row


async def _try(client: Kubernetes, look: _Look, sent: Json, before: Json | None) -> Applied:
    force = look.take_over or (bool(look.image) and await takes_own_image(client, sent, before, DRY_KEY))
    return await client.apply(sent, key=DRY_KEY, dry_run=True, seen=before, force=force)


def _without_key(obj: Json) -> Json:
    """Whose step applied it last is no change."""
    metadata = obj.get("metadata") or {}
    annotations = {key: value for key, value in (metadata.get("annotations") or {}).items() if key != CONFIG_KEY}
    return {**obj, "metadata": {**metadata, "annotations": annotations}}
