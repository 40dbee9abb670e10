"""Whether a Deployment carries a change that was made by the portal after this ticket was decided on, and that the
portal's rows do not hold: they are those of a restored backup (QR18).

Must not: write a row, or compare clocks for anything else; within one database its own clock decides.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from apps.integrations.kubernetes.types import CONFIG_KEY, CONFIG_MANAGER, FIELD_MANAGER, STEP_KEY
from apps.tickets.models import Approval, Step, Ticket, TicketStatus
from apps.tickets.outcomes import Ended
from apps.tickets.visit import Visit
from apps.workloads.models import Workload
from apps.workloads.observe import container_image


def _unknown_later_key(deployment: dict[str, Any], ticket: Ticket) -> str:
    """The key of such a change; empty when there is none. A ticket decided on later than it may go over it.

    An image also comes with a configuration: where a release made the Deployment, and where both were brought back.
    """
    meta = deployment["metadata"]
    annotations = meta.get("annotations") or {}
    for name, manager in ((STEP_KEY, FIELD_MANAGER), (CONFIG_KEY, CONFIG_MANAGER)):
        key, changed_at = str(annotations.get(name, "")), _changed_at(meta, manager)
        if key and not _is_known(key) and changed_at is not None and changed_at > _decided_at(ticket):
            return key
    return ""


def overtaken(visit: Visit, workload: Workload, deployment: dict[str, Any]) -> Ended | None:
    """How a ticket ends whose target carries such a change."""
    later = _unknown_later_key(deployment, visit.ticket)
    if not later:
        return None
    image = container_image(deployment, workload.container)
    params = {"key": later, "cluster": workload.placement.cluster.name, "image": image}
    return Ended(TicketStatus.SUPERSEDED, {"code": "rollout.overtaken_unknown", "params": params})


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
