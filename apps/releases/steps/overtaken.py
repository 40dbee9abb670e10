"""Whether a Deployment carries a change that was made by the portal after this ticket was decided on, and that the
portal's rows do not hold: they are those of a restored backup (QR18).

Must not: write a row, or compare clocks for anything else; within one database its own clock decides.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from apps.integrations.kubernetes.types import CONFIG_KEY, CONFIG_MANAGER, FIELD_MANAGER, STEP_KEY
from apps.tickets.models import Approval, Step, Ticket


def unknown_later_key(deployment: dict[str, Any], ticket: Ticket) -> str:
    """The key of such a change; empty when there is none. A ticket decided on later than it may go over it.

    Where no image was ever moved, the Deployment may be one that a release made: it has the key of its configuration.
    """
    meta = deployment["metadata"]
    annotations = meta.get("annotations") or {}
    key = str(annotations.get(STEP_KEY, ""))
    changed_at = _changed_at(meta, FIELD_MANAGER)
    if not key:
        key, changed_at = str(annotations.get(CONFIG_KEY, "")), _changed_at(meta, CONFIG_MANAGER)
    if not key or _is_known(key) or changed_at is None:
        return ""
    return key if changed_at > _decided_at(ticket) else ""


def _is_known(key: str) -> bool:
    try:
        return Step.objects.filter(key=uuid.UUID(key.rpartition(".")[0])).exists()
    except ValueError:
        return True  # nobody of ours wrote it


def _changed_at(meta: dict[str, Any], manager: str) -> datetime | None:
    times = [e.get("time", "") for e in meta.get("managedFields") or [] if e.get("manager") == manager]
    return max((datetime.fromisoformat(t) for t in times if t), default=None)


def _decided_at(ticket: Ticket) -> datetime:
    """When somebody last said that this change shall be made: the filing or an approval."""
    said = Approval.objects.filter(ticket=ticket, voided_at__isnull=True).values_list("created_at", flat=True)
    return max([ticket.created_at, *said])
