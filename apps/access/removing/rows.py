"""What the steps of a removal share: their row, and how it ends.

Must not: call outside, or end a row that another removal has ended.
"""

from __future__ import annotations

from typing import Any

from django.db.models.functions import Now

from apps.access.models import Provision
from apps.tickets.outcomes import Done
from apps.tickets.visit import Visit

Reason = dict[str, Any]


def row_of(visit: Visit) -> Provision:
    """The row that the plan named."""
    return Provision.objects.get(pk=visit.params["provision"])


def gone(visit: Visit, row: Provision, *, by_us: bool) -> Done:
    """It is not there any more. A row that nobody ever confirmed is shown only when something was found by its key."""
    changes: dict[str, Any] = {"removed_at": Now(), "removed_by": visit.ticket}
    if by_us and row.confirmed_at is None:
        changes["confirmed_at"] = Now()
    with visit.owned():
        Provision.objects.filter(pk=row.pk, removed_at=None).update(**changes)
    return Done({"what": row.what, "link": row.link, "did": "removed" if by_us else "gone", "target": row.target})


def kept(visit: Visit, row: Provision, reason: Reason) -> Done:
    """It stays, and the row says why."""
    with visit.owned():
        Provision.objects.filter(pk=row.pk, removed_at=None).update(kept=reason)
    return Done({"what": row.what, "link": row.link, "did": "kept", "target": row.target, "note": reason})
