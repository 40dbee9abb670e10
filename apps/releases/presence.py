"""Which registries serve an image now: the project's own, and those its clusters pull from (B10, R8).

Must not: copy anything; a registry that cannot be asked is unknown, never "absent".
"""

from __future__ import annotations

from typing import Any

from django.conf import settings

from apps.common.errors import IntegrationError
from apps.integrations.clients import get_registry
from apps.integrations.loop import run_many
from apps.integrations.models import Cluster, Registry
from apps.releases.models import Release
from apps.workloads.models import Workload

Json = dict[str, Any]


def presence_of(release: Release) -> list[Json]:
    """One row per registry, the project's first: its clusters, and whether it has the digest (null: with the trouble)."""
    registries = _registries(release)
    answers = run_many([_has(row, release) for row, _ in registries], settings.CONFIG.outside_timeout)
    rows = []
    for (row, clusters), answer in zip(registries, answers, strict=True):
        trouble = answer.as_reason() if isinstance(answer, IntegrationError) else None
        present = None if isinstance(answer, IntegrationError) else answer
        rows.append({"registry": row.name, "clusters": clusters, "present": present, "trouble": trouble})
    return rows


def _registries(release: Release) -> list[tuple[Registry, list[str]]]:
    own = release.project.registry
    names: dict[int, list[str]] = {own.pk: []}
    rows = {own.pk: own}
    there = Workload.objects.filter(project_environment__project=release.project, placement__cluster__is_enabled=True)
    used = Cluster.objects.filter(pk__in=there.values("placement__cluster")).select_related("registry")
    for cluster in used.order_by("registry__name", "name"):
        # Without a registry of its own a cluster counts where its pull host is the project's; another is not known.
        row = cluster.registry or (own if cluster.pull_host == own.host else None)
        if row is not None:
            rows[row.pk] = row
            names.setdefault(row.pk, []).append(cluster.name)
    return [(rows[pk], found) for pk, found in names.items()]


async def _has(row: Registry, release: Release) -> bool:
    return await get_registry(row).has_digest(release.image_repository, release.digest)
