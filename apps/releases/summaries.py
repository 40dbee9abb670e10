"""How each of several projects is, in one word and a few facts: the list of projects (UI 5.2). From rows only.

The number of statements is the same for one project and for fifty. Must not: ask a cluster, or call well what nobody saw.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count
from django.db.models.functions import TruncDate

from apps.common.db import db_now
from apps.projects.models import Project, Tier
from apps.releases.models import Release, Rollout
from apps.tickets.models import Ticket, TicketStatus
from apps.tickets.transitions import OPEN
from apps.workloads.api import condition_of, observed_of, workloads_in_full
from apps.workloads.models import Workload

Json = dict[str, Any]
S = TicketStatus
WAITS = (S.PENDING_CONFIRMATION, S.PENDING_APPROVAL)
MOVES = tuple(OPEN - set(WAITS))
WITH_EFFECT = (S.SUCCEEDED, S.FAILED, S.ERRORED)
DAYS = 30
WRONG_FOR = timedelta(days=1)
# Waiting tickets expire after 14 days: what ended today was filed in this time. It lets the index on `created_at` serve.
FILED_WITHIN = timedelta(days=30)
# From what one workload is in, and from what the last tickets say, the first of these that anything says.
WORST_FIRST = ("odd", "bad", "wait", "run", "ok", "off")
OF_CONDITION = {"unknown": "odd", "failing": "bad", "gone": "bad", "moving": "run", "ready": "ok", "offline": "off"}


def summaries(projects: Sequence[Project]) -> list[Json]:
    """One summary per project, in the order given; eight statements."""
    now = db_now()
    facts = _Facts(projects, now)
    return [facts.summary(project) for project in projects]


class _Facts:
    """What the summaries share, read once for all projects."""

    def __init__(self, projects: Sequence[Project], now: datetime) -> None:
        self.now = now
        ids = [project.pk for project in projects]
        self.workloads: dict[int, list[Workload]] = defaultdict(list)
        rows = workloads_in_full().filter(project_environment__project__in=ids, placement__cluster__is_enabled=True)
        for workload in rows.order_by("project_environment__environment__position", "pk"):
            self.workloads[workload.project_environment.project_id].append(workload)
        mine = Ticket.objects.filter(project__in=ids)
        self.ended = _newest_ended(mine, now)
        oldest = mine.filter(status__in=WAITS).select_related("environment").order_by("project_id", "created_at", "id")
        self.waiting = {ticket.project_id: ticket for ticket in oldest.distinct("project_id")}
        self.moving = set(mine.filter(status__in=MOVES).order_by().values_list("project", flat=True).distinct())
        self.days = _versions_by_day(ids, now)
        self.production = {pk: _production(found) for pk, found in self.workloads.items()}
        digests = {digest for found in self.production.values() for digest in _digests(found)}
        known = Release.objects.filter(project__in=ids, digest__in=digests).defer("dockerfile").order_by("id")
        self.releases = {(release.project_id, release.digest): release for release in known}
        self.brought = _last_brought([workload.pk for found in self.production.values() for workload in found])

    def summary(self, project: Project) -> Json:
        """One project's line."""
        return {
            "project": project.slug,
            "state": self._state(project.pk),
            "production": self._in_production(project.pk),
            "waiting": self.waiting.get(project.pk),
            "releases_30d": self.days[project.pk],
        }

    def _state(self, project_id: int) -> str:
        workloads = self.workloads.get(project_id)
        if not workloads:
            return "none"
        found = {OF_CONDITION[condition_of(workload, self.now).state] for workload in workloads}
        ended = self.ended.get(project_id)
        if ended in (S.FAILED, S.ERRORED):
            found.add("odd" if ended == S.ERRORED else "bad")
        if project_id in self.waiting:
            found.add("wait")
        if project_id in self.moving:
            found.add("run")
        return next(state for state in WORST_FIRST if state in found)

    def _in_production(self, project_id: int) -> Json | None:
        workloads = self.production.get(project_id)
        if not workloads:
            return None
        seen = [row for workload in workloads if (row := observed_of(workload)) is not None and row.exists]
        images, digests = {row.image for row in seen}, _digests(workloads)
        digest = digests.pop() if len(digests) == 1 else ""
        release = self.releases.get((project_id, digest))
        return {
            "release": release,
            "image": images.pop() if len(images) == 1 else "",
            "since": self._since(workloads, digest, release),
            "ready": sum(row.ready for row in seen) if seen else None,
            "total": sum(row.replicas_wanted for row in seen) if seen else None,
        }

    def _since(self, workloads: list[Workload], digest: str, release: Release | None) -> datetime | None:
        """Since when it runs on all of them: the ticket's end, or the adoption of what was there before any ticket."""
        brought = [self.brought.get(workload.pk) for workload in workloads]
        ends = [at for found in brought if found is not None and found[0] == digest and (at := found[1]) is not None]
        if digest and len(ends) == len(workloads):
            return max(ends)
        if release is not None and not any(brought):
            return max(workload.created_at for workload in workloads)
        return None


def _production(workloads: list[Workload]) -> list[Workload]:
    """Those in the project's first production environment (as `api.production_of` has it) that has any."""
    there = [w for w in workloads if w.project_environment.environment.tier == Tier.PRODUCTION]
    return [w for w in there if w.project_environment_id == there[0].project_environment_id]


def _digests(workloads: list[Workload]) -> set[str]:
    return {row.digest for workload in workloads if (row := observed_of(workload)) is not None and row.exists} - {""}


def _newest_ended(mine: Any, now: datetime) -> dict[int, str]:
    """How the newest ticket that ended with an effect within a day ended, by project."""
    rows = mine.filter(status__in=WITH_EFFECT, finished_at__gte=now - WRONG_FOR, created_at__gte=now - FILED_WITHIN)
    newest = rows.order_by("project_id", "-finished_at", "-id").distinct("project_id")
    return dict(newest.values_list("project_id", "status"))


def _last_brought(workload_ids: list[int]) -> dict[int, tuple[str, datetime | None]]:
    """Workload → the digest that the last ticket that succeeded brought, and when that ticket ended."""
    rows = Rollout.objects.filter(
        workload__in=workload_ids, result=Rollout.Result.SUCCEEDED, ticket__status=S.SUCCEEDED
    )
    newest = rows.order_by("workload_id", "-ticket__finished_at", "-id").distinct("workload_id")
    return {
        pk: (digest, at) for pk, digest, at in newest.values_list("workload_id", "to_digest", "ticket__finished_at")
    }


def _versions_by_day(project_ids: list[int], now: datetime) -> dict[int, list[int]]:
    """Versions built per day of the company's time zone: thirty numbers, the last one is today's so far."""
    zone = ZoneInfo(settings.CONFIG.time_zone)
    today = now.astimezone(zone).date()
    first = today - timedelta(days=DAYS - 1)
    rows = (
        Release.objects.filter(project__in=project_ids, is_built_here=True, created_at__gte=_midnight(first, zone))
        .exclude(digest="")
        .order_by()
        .annotate(day=TruncDate("created_at", tzinfo=zone))
        .values_list("project", "day")
        .annotate(Count("pk"))
    )
    found: dict[int, list[int]] = {pk: [0] * DAYS for pk in project_ids}
    for project_id, day, count in rows:
        if 0 <= (at := (day - first).days) < DAYS:
            found[project_id][at] = count
    return found


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone)
