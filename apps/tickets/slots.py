"""Slots: who may change a (project, environment) now, first come first served (D7, D10).

All of a ticket's slots are taken in one transaction; they are freed when the ticket ends. Must not: be taken by
anything but the `take_slot` step.
"""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from apps.tickets import bell
from apps.tickets.models import Slot, Step, StepStatus, Ticket
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


def take(ticket: Ticket) -> bool:
    """Take the slot if it is free and nobody goes before; True also when it is already held by this ticket."""
    if ticket.slots.exists():
        return True
    want(ticket)
    if _ahead(ticket).exists():
        return False
    assert ticket.environment_id is not None
    try:
        with transaction.atomic():
            Slot.objects.create(project_id=ticket.project_id, environment_id=ticket.environment_id, ticket=ticket)
    except IntegrityError:
        return False
    return True


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
    """Whoever waits for what this ticket held looks again now."""
    waiting = Step.objects.filter(
        name="take_slot",
        status=StepStatus.WAITING,
        ticket__project=ended.project_id,
        ticket__environment=ended.environment_id,
    )
    waiting.update(due_at=Now(), woken_at=Now())
    bell.ring_on_commit(list(waiting.values_list("pk", flat=True)))
