"""What the steps of a provisioning share: the row of a thing before and after its call, and the call itself (law 3).

A row is written before the call, so that whoever undoes this knows by which key to look. Must not: know a system.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from django.conf import settings
from django.db.models.functions import Now

from apps.access.models import Provision
from apps.common.errors import Conflict, IntegrationError
from apps.projects.models import Project
from apps.tickets.calls import write
from apps.tickets.models import Ticket, TicketStatus
from apps.tickets.outcomes import Done
from apps.tickets.visit import Visit

T = TypeVar("T")
REMOVAL = "project_removal"
# Answers that say nothing of whether the call was accepted.
UNREADABLE = ("outside.bad_answer", "outside.too_large")
WITHOUT_EFFECT = (TicketStatus.REJECTED, TicketStatus.EXPIRED)


def deadline() -> float:
    """How long one outside call of a step may take, in seconds."""
    return float(settings.CONFIG.outside_timeout)


def base(key: str) -> str:
    """A step's key without the number of the attempt (D5): a retry finds what an earlier attempt made."""
    return key.partition(".")[0]


def project_of(visit: Visit) -> Project:
    """The ticket's project with its servers."""
    return Project.objects.select_related("gitlab", "jenkins").get(pk=visit.ticket.project_id)


def removal_of(project_id: int) -> Ticket | None:
    """The ticket that takes away what the project was given, unless it was refused; None when there is none."""
    found = Ticket.objects.filter(project=project_id, kind=REMOVAL).exclude(status__in=WITHOUT_EFFECT)
    return found.exclude(status=TicketStatus.CANCELED, started_at=None).order_by("-pk").first()


def intend(visit: Visit, what: str, system: str, target: str, **fields: Any) -> Provision:
    """The row of what this step is about to make; the same one at every visit. `fields` count at the first only.

    Conflict `access.being_removed` when somebody undoes the ticket: nothing is made against him.
    """
    with visit.owned():
        removal = removal_of(visit.ticket.project_id)
        if removal is not None:
            raise Conflict("access.being_removed", ticket=removal.pk, project=visit.ticket.project.slug)
        row, _ = Provision.objects.get_or_create(
            project_id=visit.ticket.project_id,
            what=what,
            system=system,
            target=target,
            removed_at=None,
            defaults={"ticket": visit.ticket, "key": base(visit.key), **fields},
        )
    return row


def confirm(visit: Visit, row: Provision, *, address: dict[str, Any], link: str, is_adopted: bool) -> None:
    """The outside said that it is there: the row tells where, and whether it is ours to take away."""
    with visit.owned():
        Provision.objects.filter(pk=row.pk).update(
            address=address, link=link, is_adopted=is_adopted, confirmed_at=Now()
        )


def send(visit: Visit, make: Callable[[], Coroutine[Any, Any, T]], seconds: float, **intent: Any) -> T:
    """A write that looks its key up by itself. Begun before a cancel it is brought to its end, so that what is undone
    is known; one that surely did not go out is forgotten (D8)."""
    begun = visit.was_begun
    if begun:
        visit.save_intent(**intent)
    else:
        visit.save_intent_unless_cancelled(**intent)
    try:
        return write(visit, make(), seconds)
    except IntegrationError as error:
        if not begun and not error.unknown and error.code not in UNREADABLE:
            visit.forget_intent()
        raise


def told(row: Provision, did: str, link: str, **more: Any) -> Done:
    """What every step of a provisioning answers: {what, link, did, …}; did: created, adopted or unchanged."""
    return Done({"what": row.what, "link": link, "did": did, **more})
