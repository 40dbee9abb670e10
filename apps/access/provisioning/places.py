"""Where a project lives: the cluster and namespace of each of its placements, with what the namespace may use.

One walk for the look at a request, its plan, the quota's step and the removal, so that they never tell apart. From rows
alone. Must not: call a cluster, or judge a name (who asks does).
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet

from apps.integrations.models import Cluster
from apps.projects.models import Placement, Project
from apps.projects.services.names import namespace_of
from apps.projects.services.quotas import widest


@dataclass(frozen=True)
class Place:
    """hard: by the placements that meet here; empty: as much as there is."""

    cluster: Cluster
    namespace: str
    hard: dict[str, str]


def placements_of(project: Project) -> QuerySet[Placement]:
    """Those of every environment that the project uses, also on clusters that are switched off."""
    return Placement.objects.filter(environment__projects__project=project)


def places_from(slug: str, placements: QuerySet[Placement]) -> list[Place]:
    """Where a project of this name lives by these placements: each place once, in the order of promotion and waves."""
    rows = placements.select_related("environment", "cluster").order_by(
        "environment__position", "wave", "cluster__name", "id"
    )
    quotas: dict[tuple[Cluster, str], list[dict[str, str]]] = {}
    for one in rows:
        namespace = namespace_of(one.namespace_pattern, one.environment.slug, slug)
        quotas.setdefault((one.cluster, namespace), []).append(one.quota)
    return [Place(cluster, namespace, widest(found)) for (cluster, namespace), found in quotas.items()]


def hard_of(project: Project, cluster_id: int, namespace: str) -> dict[str, str]:
    """What the namespace may use now, whatever it was when the ticket was filed."""
    found = places_from(project.slug, placements_of(project).filter(cluster=cluster_id))
    return next((one.hard for one in found if one.namespace == namespace), {})
