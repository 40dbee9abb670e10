"""Slots: who may change a (project, environment) now, first come first served (D7, D10).

All of a ticket's slots are taken in one transaction; they are freed when the ticket ends. Must not: be taken by
anything but the `take_slot` step.
"""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from apps.common.db import ClockTimestamp
from apps.tickets import bell
from apps.tickets.models import Slot, Step, StepStatus, Ticket, TicketStatus
from apps.tickets.transitions import OPEN


def want(ticket: Ticket) -> None:
    """Take a place in the queue of the ticket's slots; keeps the place it has."""
    Ticket.objects.filter(pk=ticket.pk, slot_wanted_at__isnull=True).update(slot_wanted_at=Now())
    ticket.refresh_from_db(fields=["slot_wanted_at"])


def place(ticket: Ticket) -> int:
    """How many tickets go before this one: the holder, if another, and those ahead in the queue."""
    held = Slot.objects.filter(project=ticket.project_id, environment=ticket.environment_id).exclude(ticket=ticket)
    return held.count() + _ahead(ticket).count()


def _ahead(ticket: Ticket) -> QuerySet[Ticket]:
    waiting = (
        Ticket.objects.filter(
            project=ticket.project_id, environment=ticket.environment_id, slot_wanted_at__isnull=False, status__in=OPEN
        )
        .exclude(pk=ticket.pk)
        .exclude(slots__isnull=False)
    )
    if ticket.slot_wanted_at is None:
        return waiting
    earlier = Q(slot_wanted_at__lt=ticket.slot_wanted_at) | Q(slot_wanted_at=ticket.slot_wanted_at, pk__lt=ticket.pk)
    if ticket.slot_first:
        return waiting.filter(Q(slot_first=True) & earlier)
    return waiting.filter(Q(slot_first=True) | earlier)


def take(ticket: Ticket, *, step_id: int, fence: int) -> bool:
    """Take the slot if it is free and nobody goes before; True also when it is already held by this ticket.

    Only for a ticket that is open, not being cancelled, and whose step is still this visit's: a stale visit takes none.
    """
    want(ticket)
    assert ticket.environment_id is not None
    try:
        with transaction.atomic():
            locked = Ticket.objects.select_for_update().get(pk=ticket.pk)
            mine = Step.objects.filter(pk=step_id, fence=fence, status__in=[StepStatus.DUE, StepStatus.WAITING])
            startable = locked.status in (TicketStatus.QUEUED, TicketStatus.RUNNING)
            if not startable or locked.cancel_requested_at is not None or not mine.exists():
                return False
            if locked.slots.exists():
                return True
            if _ahead(ticket).exists():
                return False
            Slot.objects.create(project_id=ticket.project_id, environment_id=ticket.environment_id, ticket=ticket)
    except IntegrityError:
        return False
    return True


def free_abandoned() -> int:
    """Slots of tickets that are neither queued nor running are freed (there should be none); how many there were."""
    abandoned = Slot.objects.exclude(ticket__status__in=[TicketStatus.QUEUED, TicketStatus.RUNNING])
    tickets = [slot.ticket for slot in abandoned.select_related("ticket")]
    for ticket in tickets:
        ticket.slots.all().delete()
        wake_next(ticket)
    return len(tickets)


def later_started(ticket: Ticket) -> int | None:
    """The newest other ticket that changed this ticket's environment since this one began to; None when there is none."""
    if not ticket.takes_slot:
        return None
    since = ticket.frozen_at or ticket.started_at or ticket.created_at
    return (
        Ticket.objects.filter(project=ticket.project_id, environment=ticket.environment_id, frozen_at__gt=since)
        .exclude(pk=ticket.pk)
        .order_by("-frozen_at")
        .values_list("pk", flat=True)
        .first()
    )


def holder(ticket: Ticket) -> Ticket | None:
    """The other ticket that holds this ticket's slot."""
    slot = (
        Slot.objects.filter(project=ticket.project_id, environment=ticket.environment_id)
        .exclude(ticket=ticket)
        .select_related("ticket")
        .first()
    )
    return slot.ticket if slot else None


def wake_next(ended: Ticket) -> None:
    """Whoever waits for what this ticket held looks again, once this transaction is committed."""
    where = {"ticket__project": ended.project_id, "ticket__environment": ended.environment_id}
    transaction.on_commit(lambda: _wake(where))


def _wake(where: dict[str, int | None]) -> None:
    open_steps = Step.objects.filter(name="take_slot", status__in=[StepStatus.DUE, StepStatus.WAITING], **where)
    ids = list(open_steps.order_by("pk").values_list("pk", flat=True))
    Step.objects.filter(pk__in=ids, status__in=[StepStatus.DUE, StepStatus.WAITING]).update(
        due_at=Now(), woken_at=ClockTimestamp()
    )
    if ids:
        bell.ring(ids)
