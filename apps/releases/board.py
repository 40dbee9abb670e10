"""The board: which version runs where, by what was last observed and brought (R12). From rows only.

Must not: ask a cluster, a registry or GitLab; the number of viewers never reaches them. What is not known is null.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from apps.common.db import db_now
from apps.policy.actor import Actor
from apps.projects.models import Environment, Project, ProjectEnvironment
from apps.releases.board_outlook import Outlook
from apps.releases.history import Ran, last_known_good
from apps.releases.models import Release, Rollout
from apps.tickets.models import Ticket, TicketStatus
from apps.tickets.transitions import OPEN
from apps.workloads.api import observed_of
from apps.workloads.configuring.making import gives_deployment, in_force_for
from apps.workloads.models import ClusterHeartbeat, Workload

SILENT_AFTER = timedelta(seconds=15)
MOST_OPEN = 100
MOVING = (Rollout.Result.PENDING, Rollout.Result.RUNNING)
Json = dict[str, Any]


def board(project: Project, *, actor: Actor) -> Json:
    """Environments in order; under each its workloads by cluster, open tickets, the way back, and what may follow."""
    now = db_now()
    pairs = list(
        ProjectEnvironment.objects.filter(project=project)
        .select_related("environment", "locked_by")
        .order_by("environment__position", "environment_id")
    )
    workloads = list(
        Workload.objects.filter(project_environment__project=project)
        .select_related("placement__cluster", "project_environment", "observed")
        .order_by("placement__wave", "placement__cluster__name", "name")
    )
    cells = _Cells(project, workloads, now)
    outlook = Outlook(project, pairs, workloads, cells.releases)
    by_environment: dict[int, list[Json]] = defaultdict(list)
    for workload in workloads:
        by_environment[workload.project_environment.environment_id].append(
            {**cells.cell(workload), "verdict": outlook.verdict_on(workload)}
        )
    rights = outlook.rights_of(actor)
    tickets = _open_tickets(project)
    environments = [
        {
            "environment": pair.environment,
            "approvals_needed": pair.approvals_needed if pair.environment.is_gated else 0,
            "lock": _lock(pair, now),
            "cells": by_environment.get(pair.environment_id, []),
            "open_tickets": tickets.get(pair.environment_id, []),
            "last_known_good": _way_back(project, pair.environment, cells, now),
            "rights": rights[pair.environment_id],
            "next": outlook.next_of(pair.environment),
        }
        for pair in pairs
    ]
    return {"project": project, "at": now, "environments": environments}


class _Cells:
    """What the cells share, read once: heartbeats, the last rollouts, and releases by digest."""

    def __init__(self, project: Project, workloads: list[Workload], now: datetime) -> None:
        self.now = now
        ids = [workload.pk for workload in workloads]
        clusters = {workload.placement.cluster_id for workload in workloads}
        self.beats = {beat.cluster_id: beat for beat in ClusterHeartbeat.objects.filter(cluster__in=clusters)}
        started = Rollout.objects.filter(workload__in=ids, started_at__isnull=False)
        newest = started.order_by("workload_id", "-id").distinct("workload_id")
        self.newest = {rollout.workload_id: rollout for rollout in newest}
        brought = started.filter(ticket__status=TicketStatus.SUCCEEDED, result=Rollout.Result.SUCCEEDED)
        brought = brought.order_by("workload_id", "-ticket__finished_at", "-id").distinct("workload_id")
        self.brought = {rollout.workload_id: rollout for rollout in brought}
        self.running = {found.digest for workload in workloads if (found := observed_of(workload))} - {""}
        known = Release.objects.filter(project=project, digest__in=self.running).order_by("id")
        self.releases = {release.digest: release for release in known}
        missing = [one for one in workloads if _is_missing(one)]
        made = in_force_for(missing) if missing else {}
        self.will_be_made = {pk for pk, revision in made.items() if gives_deployment(revision)}

    def cell(self, workload: Workload) -> Json:
        """One workload on one cluster."""
        observed = observed_of(workload)
        newest, brought = self.newest.get(workload.pk), self.brought.get(workload.pk)
        digest = observed.digest if observed and observed.exists else ""
        is_moving = newest is not None and newest.result in MOVING
        expected = brought.to_digest if brought else ""
        return {
            "workload": {"id": workload.pk, "name": workload.name, "deployment": workload.deployment},
            "cluster": self._cluster(workload),
            "namespace": workload.namespace,
            "wave": workload.placement.wave,
            "is_observed": observed is not None,
            "exists": observed.exists if observed else None,
            "will_be_made": workload.pk in self.will_be_made,
            "image": observed.image if observed and observed.exists else "",
            "digest": digest,
            "release": self.releases.get(digest),
            "ready": observed.ready if observed else None,
            "total": observed.replicas_wanted if observed else None,
            "is_moving": is_moving,
            "is_drifted": bool(observed and expected and digest != expected and not is_moving),
            "expected_digest": expected,
            "changed_at": observed.changed_at if observed else None,
            "last_rollout": newest,
        }

    def _cluster(self, workload: Workload) -> Json:
        cluster = workload.placement.cluster
        beat = self.beats.get(cluster.pk)
        seen_at = beat.seen_at if beat else None
        return {
            "name": cluster.name,
            "data_centre": cluster.data_centre,
            "is_enabled": cluster.is_enabled,
            "seen_at": seen_at,
            "seen_seconds_ago": (self.now - seen_at).total_seconds() if seen_at else None,
            "is_silent": seen_at is None or self.now - seen_at > SILENT_AFTER,
            "trouble": beat.trouble if beat else None,
        }


def _is_missing(workload: Workload) -> bool:
    """Whether there is no Deployment, by what was last seen; before anything was, by whether there ever was one."""
    observed = observed_of(workload)
    return not observed.exists if observed else not workload.deployment_uid


def _open_tickets(project: Project) -> dict[int, list[Ticket]]:
    found: dict[int, list[Ticket]] = defaultdict(list)
    rows = Ticket.objects.filter(project=project, environment__isnull=False, status__in=OPEN)
    for ticket in rows.select_related("requester", "about__release").order_by("-created_at", "-id")[:MOST_OPEN]:
        extra: Any = ticket
        extra.release = ticket.about.release if hasattr(ticket, "about") else None
        assert ticket.environment_id is not None
        found[ticket.environment_id].append(ticket)
    return found


def _lock(pair: ProjectEnvironment, now: datetime) -> Json | None:
    if pair.locked_by is None or (pair.locked_until is not None and pair.locked_until <= now):
        return None
    return {"by": pair.locked_by, "reason": pair.lock_reason, "until": pair.locked_until}


def _way_back(project: Project, environment: Environment, cells: _Cells, now: datetime) -> Json | None:
    """The last known good version, and what is known of its image without asking the registry (R8)."""
    found: Ran | None = last_known_good(project, environment)
    if found is None:
        return None
    release = found.release
    runs = release.digest in cells.running
    return {
        "release": release,
        "ticket": found.ticket_id,
        "since": found.since,
        "until": found.until,
        "ran_seconds": found.seconds(now),
        "image_known_present": True if runs or release.built_at is not None else None,
        "image_seen_at": now if runs else release.built_at,
    }
