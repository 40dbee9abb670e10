"""Periodic work on sessions: those whose process died, what they left in containers, and pods that were touched.

Must not: end a session whose process is heard, or ask a cluster about a pod that the watcher tells of.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models.functions import Now

from apps.common.db import db_now
from apps.terminals.cleaning import clean
from apps.terminals.models import TerminalSession
from apps.terminals.services import sweeping
from apps.tickets import registry
from apps.workloads import api as workloads
from apps.workloads.models import ObservedDeployment

BATCH = 20
# The watcher writes within seconds what a cluster tells; so long after its last look at a pod's workload it is sure.
SURE_AFTER = timedelta(seconds=30)


@registry.chore("terminals.sweep", every=lambda: 2.0)
def sweep(_ident: str) -> None:
    """Sessions nobody holds any more, and claims nobody used."""
    sweeping.end_lost()
    sweeping.end_unconnected()
    sweeping.forget_old()


@registry.chore("terminals.clean", every=lambda: 1.0)
def clean_up(_ident: str) -> None:
    """Containers in which a session ended."""
    due = TerminalSession.objects.filter(cleanup_state=TerminalSession.Cleanup.PENDING, cleanup_due_at__lte=Now())
    for session in due.select_related("cluster").order_by("cleanup_due_at")[:BATCH]:
        clean(session)


@registry.chore("terminals.touched", every=lambda: 15.0)
def see_gone(_ident: str) -> None:
    """A touched pod that went by itself (a release, a drained node) needs no recycling."""
    now = db_now()
    waiting = TerminalSession.objects.filter(
        state=TerminalSession.State.ENDED,
        ended_at__lt=now - SURE_AFTER,
        touched_at__isnull=False,
        pod_gone_at__isnull=True,
    ).select_related("workload__placement__cluster__heartbeat", "workload__observed")
    gone = [session.pk for session in waiting if _is_gone(session, now)]
    TerminalSession.objects.filter(pk__in=gone).update(pod_gone_at=Now())


def _is_gone(session: TerminalSession, now: datetime) -> bool:
    """Whether the watcher sees the workload, and no pod of that name."""
    row: ObservedDeployment | None = workloads.observed_of(session.workload)
    if row is None or not workloads.is_fresh(workloads.heartbeat_of(session.workload), now):
        return False
    return all(pod["name"] != session.pod for pod in row.pods)
