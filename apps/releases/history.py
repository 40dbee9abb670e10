"""What ran in an environment, in order, and which earlier version is known to be good (R8, D18).

Must not: ask a cluster; this is what tickets did and what was adopted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from apps.common.db import db_now
from apps.projects.models import Environment, Project
from apps.releases.models import Release, Rollout
from apps.tickets.models import TicketStatus

DEPTH = 50


@dataclass(frozen=True)
class Ran:
    """A release that ran on every target from `since` until `until` (None: still)."""

    release: Release
    ticket_id: int | None
    since: datetime
    until: datetime | None

    def seconds(self, now: datetime) -> float:
        """How long it ran, in seconds."""
        return ((self.until or now) - self.since).total_seconds()


def history(project: Project, environment: Environment) -> list[Ran]:
    """Newest first: every release that succeeded on all targets there, then the adopted baseline, if it was one image."""
    rollouts = list(
        Rollout.objects.filter(ticket__project=project, ticket__environment=environment, started_at__isnull=False)
        .select_related("ticket", "release", "workload")
        .order_by("-started_at")[: DEPTH * 20]
    )
    by_ticket: dict[int, list[Rollout]] = {}
    for rollout in rollouts:
        by_ticket.setdefault(rollout.ticket_id, []).append(rollout)
    found: list[Ran] = []
    until: datetime | None = None
    for ticket_id, group in by_ticket.items():
        ticket = group[0].ticket
        began = min(r.started_at for r in group if r.started_at)
        if ticket.status == TicketStatus.SUCCEEDED and ticket.finished_at is not None:
            found.append(Ran(group[0].release, ticket_id, ticket.finished_at, until))
        until = began
    if by_ticket:
        found += _baseline(project, list(by_ticket.values())[-1], until)
    return found


def _baseline(project: Project, first: list[Rollout], until: datetime | None) -> list[Ran]:
    """The image that was there before the portal's first ticket, when it was the same on all its targets."""
    digests = {r.from_digest for r in first}
    if len(digests) != 1 or not (digest := digests.pop()):
        return []
    release = Release.objects.filter(project=project, digest=digest).order_by("-id").first()
    return [Ran(release, None, max(r.workload.created_at for r in first), until)] if release else []


def last_known_good(project: Project, environment: Environment) -> Ran | None:
    """The newest earlier release that succeeded on every target and ran ready long enough (D18)."""
    now = db_now()
    newest = (
        Rollout.objects.filter(ticket__project=project, ticket__environment=environment, started_at__isnull=False)
        .order_by("-started_at")
        .values_list("to_digest", flat=True)
        .first()
    )
    for ran in history(project, environment):
        if ran.release.digest != newest and ran.seconds(now) >= settings.CONFIG.good_after_seconds:
            return ran
    return None


def ran_before(project: Project, environment: Environment, release: Release) -> bool:
    """Whether this image ever ran there: brought by a ticket, or found there before the first one."""
    there = Rollout.objects.filter(ticket__project=project, ticket__environment=environment)
    brought = there.filter(to_digest=release.digest, result=Rollout.Result.SUCCEEDED)
    return brought.exists() or there.filter(from_digest=release.digest).exists()
