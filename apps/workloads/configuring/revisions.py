"""The revisions of a configuration from rows: which is in force, which is next, what differs between two.

Must not: call a cluster; what is rendered here has the image that was last seen, or a mark in its place.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import F, Max, QuerySet

from apps.catalog.standards.sources import Current
from apps.common.errors import Conflict, Missing
from apps.projects.models import ProjectEnvironment
from apps.workloads.configuring.held import assert_held, changed_meanwhile
from apps.workloads.configuring.live import NO_IMAGE, RUNNERS, object_name
from apps.workloads.configuring.planning import Plan, Target, judged_subject
from apps.workloads.models import Configuration, ConfigurationRevision, ObservedDeployment
from apps.workloads.rendering import Subject, between, render

Json = dict[str, Any]


def configurations_of(project_id: int) -> QuerySet[Configuration]:
    """The configurations of a project with their environments."""
    rows = Configuration.objects.filter(project_environment__project=project_id)
    return rows.select_related("project_environment__environment", "project_environment__project")


def revisions_of(pair: ProjectEnvironment, name: str) -> QuerySet[ConfigurationRevision]:
    """All revisions of one configuration with their authors; none when there is no such configuration."""
    rows = ConfigurationRevision.objects.filter(configuration__project_environment=pair, configuration__name=name)
    return rows.select_related("author", "ticket")


def get_revision(pair: ProjectEnvironment, name: str, number: int) -> ConfigurationRevision:
    """One revision; Missing when there is none of this number."""
    found = revisions_of(pair, name).filter(number=number).first()
    if found is None:
        raise Missing
    return found


def in_force(pair: ProjectEnvironment, name: str) -> ConfigurationRevision | None:
    """The revision that was applied last; None before the first."""
    applied = revisions_of(pair, name).filter(applied_at__isnull=False)
    return applied.order_by("-applied_at", "-number").first()


def in_force_at(pair: ProjectEnvironment, name: str, moment: datetime) -> ConfigurationRevision | None:
    """The revision that was in force at that moment."""
    applied = revisions_of(pair, name).filter(applied_at__lte=moment)
    return applied.order_by("-applied_at", "-number").first()


def next_number(pair: ProjectEnvironment, name: str) -> int:
    """The number the next revision would have."""
    return (revisions_of(pair, name).aggregate(most=Max("number"))["most"] or 0) + 1


def applied_since(pair: ProjectEnvironment, name: str, based_on: int) -> Json | None:
    """The revision in force when it is another one than what an edit began with: `{number, by, at}`."""
    now = in_force(pair, name)
    if now is None or now.number == based_on:
        return None
    return {"number": now.number, "by": str(now.author or "opsportal"), "at": now.applied_at}


def document_changes(before: Json, after: Json) -> list[Json]:
    """What differs between two documents, paths as in the document."""
    found = between({"spec": before}, {"spec": after})
    return [{"path": one.path.removeprefix("spec."), "before": one.before, "after": one.after} for one in found]


def object_changes(plan: Plan, before: ConfigurationRevision, after: ConfigurationRevision) -> list[Json]:
    """What differs between the objects of two revisions: `[{object, is_new, is_gone, changes}]`, unchanged ones left
    out; the first target stands for all, for only the image differs between them."""
    target = first_target(plan)
    old, new = (
        {object_name(made): made for made in render(one.document, plan.as_of(one).subject(target, NO_IMAGE, 0))}
        for one in (before, after)
    )
    rows = []
    for name in dict.fromkeys([*old, *new]):
        found = between(old[name], new[name]) if name in old and name in new else []
        if found or name not in old or name not in new:
            told = [{"path": one.path, "before": one.before, "after": one.after} for one in found]
            rows.append({"object": name, "is_new": name not in old, "is_gone": name not in new, "changes": told})
    return rows


def first_target(plan: Plan, cluster: str = "") -> Target:
    """The target on that cluster, or the first one; Missing for another cluster, Conflict where there is none."""
    for one in plan.targets:
        if not cluster or one.cluster.name == cluster:
            return one
    if cluster:
        raise Missing
    raise Conflict("configuration.no_placement", environment=plan.pair.environment.slug)


def exported(revision: ConfigurationRevision, plan: Plan, cluster: str = "") -> tuple[list[Json], Subject]:
    """The objects of a revision for a cluster, with the image that was last seen there; without one there is nothing
    that runs pods."""
    target = first_target(plan, cluster)
    image = seen_image(plan.pair, plan.name, target.cluster.pk)
    subject = plan.as_of(revision).subject(target, image or NO_IMAGE, revision.number)
    found = render(revision.document, subject)
    return [one for one in found if image or one["kind"] not in RUNNERS], subject


def seen_image(pair: ProjectEnvironment, name: str, cluster_id: int | None = None) -> str:
    """The image the watcher last saw of the workload, on that cluster or on any; "" for none."""
    rows = ObservedDeployment.objects.filter(workload__project_environment=pair, workload__deployment=name, exists=True)
    if cluster_id is not None:
        rows = rows.filter(workload__placement__cluster=cluster_id)
    return rows.exclude(image="").order_by("workload_id").values_list("image", flat=True).first() or ""


def documents_in_force() -> Iterator[Current]:
    """Every document in force, for the standards: what would a stricter one refuse?"""
    rows = _newest_applied().select_related(
        "configuration__project_environment__project", "configuration__project_environment__environment"
    )
    for one in rows.iterator(chunk_size=200):
        head = one.configuration
        pair = head.project_environment
        yield Current(one.document, judged_subject(pair, head.name, seen_image(pair, head.name)))


def in_force_of(configuration_ids: list[int]) -> dict[int, ConfigurationRevision]:
    """The revision in force of each of these configurations that has one, in one query."""
    rows = _newest_applied().filter(configuration__in=configuration_ids).select_related("author", "ticket")
    return {one.configuration_id: one for one in rows}


def _newest_applied() -> QuerySet[ConfigurationRevision]:
    """Of each configuration the revision that was applied last."""
    rows = ConfigurationRevision.objects.filter(applied_at__isnull=False)
    return rows.order_by("configuration_id", F("applied_at").desc(), "-number").distinct("configuration_id")


def bind_values(revision: ConfigurationRevision, plan: Plan) -> None:
    """From the start on it is these held values and no others; who approved another version is asked again (D17)."""
    assert_held(plan.pair, plan.name, revision.document, plan.held)
    revision.secret_versions = plan.secret_versions(revision.document)
    revision.save(update_fields=["secret_versions"])


def assert_values(revision: ConfigurationRevision, plan: Plan) -> None:
    """The held values are those the ticket began with: what is applied is what was approved, on every cluster."""
    began, now = revision.secret_versions, plan.secret_versions(revision.document)
    if began != now:
        moved = [key for key in {*began, *now} if began.get(key) != now.get(key)]
        raise changed_meanwhile(plan.pair, plan.name, moved)
