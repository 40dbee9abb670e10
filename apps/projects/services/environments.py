"""Adding and changing environments and their placements (E1, E2, D1).

Must not: let the promotion chain close to a ring, or a production environment go without approval.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from apps.audit.services import record
from apps.common.errors import Conflict, Missing
from apps.integrations.models import Cluster
from apps.policy.actor import Actor
from apps.projects.models import Environment, Placement, Project, Tier
from apps.projects.services import names
from apps.projects.services.quotas import checked_quota
from apps.projects.services.refusals import differences, refused, unknown

FIELDS = ("name", "tier", "position", "approvals_required", "shell_policy")


def create_environment(values: dict[str, Any], *, actor: Actor) -> Environment:
    """A new environment of the chain."""
    sources = values.pop("promotes_from", [])
    if not names.is_label(values["slug"]):
        suggestion = names.suggested_name(values["slug"])[:40].rstrip("-")
        raise refused("slug", "environment.bad_name", name=values["slug"], suggestion=suggestion)
    try:
        with transaction.atomic():
            everything = _lock_chain()
            environment = Environment(**values)
            _check_approvals(environment)
            environment.save()
            environment.promotes_from.set(_sources(sources, everything, environment.pk))
            told = {"before": None, "after": {"slug": environment.slug, **_snapshot(environment)}}
            record("environment.created", target=environment, params=told, environment_id=environment.pk, actor=actor)
    except IntegrityError as error:
        fields = {"slug": [{"code": "unique", "params": {}}]}
        raise Conflict("environment.name_taken", name=values["slug"], fields=fields) from error
    return environment


def update_environment(environment_id: int, changes: dict[str, Any], *, actor: Actor) -> None:
    """Change all but the slug; the tier only while no project uses the environment (rules hang on it)."""
    with transaction.atomic():
        everything = _lock_chain()
        environment = everything[environment_id]
        before = _snapshot(environment)
        if changes.get("tier", environment.tier) != environment.tier and _is_used(environment):
            raise Conflict("environment.tier_in_use", environment=environment.slug, tier=environment.tier)
        for name in FIELDS:
            if name in changes:
                setattr(environment, name, changes[name])
        _check_approvals(environment)
        environment.save()
        if "promotes_from" in changes:
            environment.promotes_from.set(_sources(changes["promotes_from"], everything, environment.pk))
        told = differences(before, _snapshot(environment))
        if told:
            record("environment.updated", target=environment, params=told, environment_id=environment.pk, actor=actor)


def _is_used(environment: Environment) -> bool:
    return environment.projects.filter(project__withdrawn_at__isnull=True).exists()


def add_placement(
    environment: Environment,
    cluster: Cluster,
    wave: int,
    pattern: str,
    quota: dict[str, str] | None = None,
    *,
    actor: Actor,
) -> Placement:
    """The environment also lies on this cluster."""
    hard = checked_quota(quota or {})
    if not names.is_namespace_pattern(pattern):
        raise refused("namespace_pattern", "environment.bad_pattern", pattern=pattern)
    users = Project.objects.filter(environments__environment=environment, withdrawn_at__isnull=True)
    slugs = users.values_list("slug", flat=True)
    for project in [*slugs, "x"]:  # x: a pattern that no project could fit is refused although there is none yet
        namespace = names.namespace_of(pattern, environment.slug, project)
        if not names.is_label(namespace):
            params = {"namespace": namespace, "environment": environment.slug, "project": project}
            raise refused("namespace_pattern", "environment.bad_namespace", **params)
    try:
        with transaction.atomic():
            placement = Placement.objects.create(
                environment=environment, cluster=cluster, wave=wave, namespace_pattern=pattern, quota=hard
            )
            _record_placement(
                "environment.placement_added", placement, {"before": None, "after": _told(placement)}, actor
            )
    except IntegrityError as error:
        raise Conflict("environment.placement_exists", environment=environment.slug, cluster=cluster.name) from error
    return placement


def change_placement(placement_id: int, changes: dict[str, Any], *, actor: Actor) -> None:
    """Move a placement to another wave, or give it another quota: that one counts for what is set up from now on."""
    if "quota" in changes:
        changes = {**changes, "quota": checked_quota(changes["quota"])}
    with transaction.atomic():
        placement = _locked(placement_id)
        told = differences({name: getattr(placement, name) for name in changes}, changes)
        if told:
            for name, value in changes.items():
                setattr(placement, name, value)
            placement.save(update_fields=list(changes))
            _record_placement("environment.placement_changed", placement, told, actor)


def remove_placement(placement_id: int, *, actor: Actor) -> None:
    """The environment leaves a cluster on which no workload of it is known."""
    try:
        with transaction.atomic():
            placement = _locked(placement_id)
            told = {"before": _told(placement), "after": None}
            _record_placement("environment.placement_removed", placement, told, actor)
            placement.delete()
    except ProtectedError as error:
        raise Conflict(
            "environment.placement_in_use", environment=placement.environment.slug, cluster=placement.cluster.name
        ) from error


def _locked(placement_id: int) -> Placement:
    rows = Placement.objects.select_for_update(of=("self",)).select_related("environment", "cluster")
    found = rows.filter(pk=placement_id).first()
    if found is None:
        raise Missing
    return found


def _lock_chain() -> dict[int, Environment]:
    """Every environment, locked in one order: two changes at once could close a ring that neither of them sees."""
    return {e.pk: e for e in Environment.objects.select_for_update().order_by("pk")}


def _sources(slugs: Iterable[str], everything: dict[int, Environment], own_id: int) -> list[int]:
    """The ids of what an environment is to promote from; refuses unknown ones and a ring."""
    by_slug = {e.slug: e.pk for e in everything.values()}
    wanted: list[int] = []
    for slug in dict.fromkeys(slugs):
        if slug not in by_slug:
            raise unknown("promotes_from", slug)
        wanted.append(by_slug[slug])
    edges: dict[int, list[int]] = {}
    for edge in Environment.promotes_from.through.objects.exclude(from_environment_id=own_id):
        edges.setdefault(edge.from_environment_id, []).append(edge.to_environment_id)
    for source in wanted:
        if source == own_id or own_id in _reachable(source, edges):
            raise refused("promotes_from", "environment.ring", environment=everything[source].slug)
    return wanted


def _reachable(start: int, edges: dict[int, list[int]]) -> set[int]:
    found: set[int] = set()
    waiting = [start]
    while waiting:
        for source in edges.get(waiting.pop(), []):
            if source not in found:
                found.add(source)
                waiting.append(source)
    return found


def _check_approvals(environment: Environment) -> None:
    if environment.tier == Tier.PRODUCTION and environment.approvals_required < 1:
        raise refused("approvals_required", "environment.approval_needed", environment=environment.slug)


def _snapshot(environment: Environment) -> dict[str, Any]:
    own = {name: getattr(environment, name) for name in FIELDS}
    return {**own, "promotes_from": sorted(environment.promotes_from.values_list("slug", flat=True))}


def _told(placement: Placement) -> dict[str, Any]:
    own = {name: getattr(placement, name) for name in ("wave", "namespace_pattern", "quota")}
    return {"cluster": placement.cluster.name, **own}


def _record_placement(action: str, placement: Placement, params: dict[str, Any], actor: Actor) -> None:
    target = ("projects.placement", placement.pk, str(placement))
    record(action, target=target, params=params, environment_id=placement.environment_id, actor=actor)
