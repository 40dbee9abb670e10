"""Claiming due steps: leases with a fencing number, bounded per outside system and per project (D9, D11).

One claim at a time over all workers (an advisory lock held for milliseconds) makes the bounds exact; a worker claims
as many as it has free threads. Must not: visit anything, or call outside.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction

from apps.common.db import bounded_transaction

CLAIM_LOCK = 0x6F70_7331

_CLAIM = """
WITH flying AS (
    SELECT s.system, t.project_id FROM tickets_step s JOIN tickets_ticket t ON t.id = s.ticket_id
    WHERE s.lease_until > now()
), full_systems AS (
    SELECT system FROM flying WHERE system <> '' GROUP BY system HAVING count(*) >= %(per_system)s
), full_projects AS (
    SELECT project_id FROM flying GROUP BY project_id HAVING count(*) >= %(per_project)s
), open AS (
    SELECT s.id, s.system, t.project_id, s.due_at,
        row_number() OVER (PARTITION BY t.project_id ORDER BY s.due_at, s.id) AS nth
    FROM tickets_step s JOIN tickets_ticket t ON t.id = s.ticket_id
    WHERE s.status IN ('due', 'waiting') AND s.due_at <= now() AND (s.lease_until IS NULL OR s.lease_until <= now())
      AND s.system NOT IN (SELECT system FROM full_systems)
      AND t.project_id NOT IN (SELECT project_id FROM full_projects)
), due AS (
    SELECT id, system, project_id, due_at FROM open WHERE nth <= %(per_project)s ORDER BY due_at, id LIMIT 500
), ranked AS (
    SELECT id, due_at,
        row_number() OVER (PARTITION BY system ORDER BY due_at, id)
            + (SELECT count(*) FROM flying f WHERE f.system = due.system) AS in_system,
        system,
        row_number() OVER (PARTITION BY project_id ORDER BY due_at, id)
            + (SELECT count(*) FROM flying f WHERE f.project_id = due.project_id) AS in_project
    FROM due
), picked AS (
    SELECT id FROM ranked
    WHERE (system = '' OR in_system <= %(per_system)s) AND in_project <= %(per_project)s
    ORDER BY due_at, id LIMIT %(most)s
), takeable AS (
    SELECT id FROM tickets_step WHERE id IN (SELECT id FROM picked) FOR UPDATE SKIP LOCKED
), taken AS (
    UPDATE tickets_step s
    SET lease_owner = %(owner)s, lease_until = now() + make_interval(secs => %(lease)s), fence = s.fence + 1,
        visits = s.visits + 1, troubles = s.troubles + CASE WHEN s.lease_until IS NULL THEN 0 ELSE 1 END,
        claimed_at = clock_timestamp(), started_at = COALESCE(s.started_at, now())
    FROM takeable
    WHERE s.id = takeable.id AND s.status IN ('due', 'waiting') AND (s.lease_until IS NULL OR s.lease_until <= now())
    RETURNING s.id, s.fence, s.due_at
)
SELECT id, fence, now() FROM taken ORDER BY due_at, id  -- RETURNING has no order: it follows the planner's join
"""

_NEXT = """
SELECT extract(epoch FROM min(due_at) - clock_timestamp()) FROM tickets_step
WHERE status IN ('due', 'waiting') AND (lease_until IS NULL OR lease_until <= now()) AND due_at > now()
"""


@dataclass(frozen=True)
class Claim:
    """A leased step: its id, this visit's fencing number, the database's time of the claim, and the boot clock before."""

    step_id: int
    fence: int
    now: datetime
    boot: float


def boot_clock() -> float:
    """Seconds since boot, sleep included, so that a suspended worker knows it slept (D9)."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def claim_due(owner: str, most: int) -> list[Claim]:
    """Lease up to `most` due steps for `owner`, oldest due time first."""
    config = settings.CONFIG
    boot = boot_clock()
    with transaction.atomic(), connection.cursor() as cursor:
        bounded_transaction()
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CLAIM_LOCK])
        cursor.execute(
            _CLAIM,
            {
                "owner": owner,
                "most": most,
                "lease": config.lease_seconds,
                # However many are allowed, one that hangs must not take every thread of a lone worker (D11).
                "per_system": min(config.calls_per_system, max(1, config.worker_threads * 3 // 4)),
                "per_project": config.calls_per_project,
            },
        )
        return [Claim(step_id, fence, now, boot) for step_id, fence, now in cursor.fetchall()]


def seconds_to_next() -> float | None:
    """Seconds until the next open step is due by the database's clock; None when none is."""
    with connection.cursor() as cursor:
        cursor.execute(_NEXT)
        (seconds,) = cursor.fetchone()
    return None if seconds is None else float(seconds)


def hand_back(owner: str) -> list[int]:
    """Give up every lease of a worker that stops; whose steps they were."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE tickets_step SET lease_until = NULL, lease_owner = '', fence = fence + 1 WHERE lease_owner = %s"
            " AND lease_until IS NOT NULL RETURNING id",
            [owner],
        )
        return [int(step_id) for (step_id,) in cursor.fetchall()]
