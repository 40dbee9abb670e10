"""What the rows tell of the processes: workers and their sweep, the watcher, the sealer, brakes, tickets left alone.

Every age is by the database's clock. Must not: call outside or write.
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db.models import Exists, OuterRef

from apps.audit.models import AuditEvent
from apps.audit.sealer import unsealed_count
from apps.common.db import db_now
from apps.integrations.models import Cluster
from apps.tickets import brakes, registry
from apps.tickets.models import Brake, Chore, Slot, Step, Ticket, TicketStatus
from apps.workloads.models import ClusterHeartbeat
from opsportal.doctor.findings import Finding

GRACE_SECONDS = 10.0
LATE_STEP_SECONDS = 60.0
SEAL_SECONDS = 10.0
WATCHER_SECONDS = 15.0
MOST_NAMED = 100


def _age(then: datetime | None, now: datetime) -> float | None:
    return None if then is None else (now - then).total_seconds()


def _said(age: float | None) -> str:
    return "never" if age is None else f"{age:.1f} s ago"


def sweep() -> Finding:
    """Each worker looks at the chores four times a second and sweeps the steps beside; the newest sign of any."""
    now = db_now()
    newest = Chore.objects.filter(last_done_at__isnull=False).order_by("-last_done_at").first()
    age = _age(newest.last_done_at if newest else None, now)
    swept = age is not None and age <= GRACE_SECONDS + settings.CONFIG.chore_lease_seconds
    text = f"last sign of a worker: {_said(age)}" + ("" if swept else "; start one, see docs/operations.md")
    return Finding("sweep", swept, text, {"age_seconds": age})


def chores() -> Finding:
    """Each piece of periodic work is done about as often as it should be, and without an error."""
    now, late, failing = db_now(), [], []
    for row in Chore.objects.order_by("name"):
        chore = registry.CHORES.get(row.name.partition(":")[0])
        if chore is None:
            continue
        age = _age(row.last_done_at, now)
        allowed = 3 * chore.every() + settings.CONFIG.chore_lease_seconds + GRACE_SECONDS
        if row.last_error is not None:
            failing.append(f"{row.name} ({row.last_error.get('code', '')}, last done {_said(age)})")
        elif age is None or age > allowed:
            late.append(f"{row.name} ({_said(age)})")
    wrong = [*late, *failing]
    text = "; ".join(wrong[:5]) if wrong else f"{Chore.objects.count()} done in time"
    return Finding("chores", not wrong, text, {"late": late, "failing": failing})


def due_steps() -> Finding:
    """Steps that are due are taken soon."""
    waiting = Step.objects.filter(status__in=brakes.OPEN_STEP)
    oldest = waiting.filter(lease_until__isnull=True).order_by("due_at").first()
    late = max(0.0, _age(oldest.due_at, db_now()) or 0.0) if oldest else 0.0
    text = f"{waiting.count()} open, the oldest due one waits {late:.1f} s"
    return Finding("steps", late <= LATE_STEP_SECONDS, text, {"open": waiting.count(), "late_seconds": late})


def watcher() -> Finding:
    """The watcher's pulse of each enabled cluster."""
    now, silent = db_now(), []
    clusters = list(Cluster.objects.filter(is_enabled=True).order_by("name"))
    seen = dict(ClusterHeartbeat.objects.values_list("cluster_id", "seen_at"))
    for cluster in clusters:
        age = _age(seen.get(cluster.pk), now)
        if age is None or age > WATCHER_SECONDS:
            silent.append(f"{cluster.name} ({_said(age)})")
    text = (
        f"not seen: {', '.join(silent)}" if silent else f"{len(clusters)} clusters seen within {WATCHER_SECONDS:.0f} s"
    )
    return Finding("watcher", not silent, text, {"silent": silent})


def sealer() -> Finding:
    """Audit rows get their place in the chain within a second."""
    oldest = AuditEvent.objects.filter(seq__isnull=True).order_by("id").first()
    age = _age(oldest.created_at, db_now()) if oldest else 0.0
    count = unsealed_count()
    text = f"{count} rows wait, the oldest {age:.1f} s" if count else "every row is sealed"
    return Finding("audit", (age or 0.0) <= SEAL_SECONDS, text, {"unsealed": count, "oldest_seconds": age})


def open_brakes() -> Finding:
    """A brake is somebody's will, so it fails nothing; but whoever looks for a standstill must see it."""
    rows = Brake.objects.filter(released_at__isnull=True).select_related("cluster", "pulled_by").order_by("pk")
    told = [f"{brakes.scope_of(b)} since {b.pulled_at:%Y-%m-%d %H:%M}Z by {b.pulled_by}: {b.reason}" for b in rows]
    return Finding("brakes", True, "ON: " + "; ".join(told) if told else "none is on", {"on": told})


def zombies() -> Finding:
    """Running tickets without an open step, and slots of tickets that have ended: there should be none."""
    going_on = [TicketStatus.QUEUED, TicketStatus.RUNNING]
    open_steps = Step.objects.filter(ticket=OuterRef("pk"), status__in=brakes.OPEN_STEP)
    stranded = Ticket.objects.filter(~Exists(open_steps), status__in=going_on)
    alone = list(stranded.order_by("pk").values_list("pk", flat=True)[:MOST_NAMED])
    slots = Slot.objects.exclude(ticket__status__in=going_on).count()
    text = "none" if not alone and not slots else f"{len(alone)} tickets with nothing open, {slots} slots of ended ones"
    return Finding("zombies", not alone and not slots, text, {"tickets": alone, "slots": slots})
