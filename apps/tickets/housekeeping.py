"""The engine's own chores: expire, start what is scheduled, seal the audit chain, find zombies.

Must not: decide anything but by the database's clock.
"""

from __future__ import annotations

import structlog
from django.db import connection
from django.db.models.functions import Now

from apps.audit.sealer import seal
from apps.tickets import registry
from apps.tickets.advance import ENGINE, advance, end_ticket
from apps.tickets.models import StepStatus, Ticket, TicketStatus
from apps.tickets.rescue import each_alone
from apps.tickets.slots import free_abandoned
from apps.tickets.transitions import transition

log = structlog.get_logger(__name__)

PENDING = (TicketStatus.PENDING_CONFIRMATION, TicketStatus.PENDING_APPROVAL, TicketStatus.SCHEDULED)
BATCH = 200


@registry.chore("audit.seal", every=lambda: 0.5)
def seal_audit(_ident: str) -> None:
    """Give sequence and hash to new audit rows (law 8)."""
    seal()


@registry.chore("tickets.expire", every=lambda: 30.0)
def expire(_ident: str) -> None:
    """Waiting tickets end after 14 days (D18)."""
    ids = Ticket.objects.filter(status__in=PENDING, expires_at__lte=Now()).values_list("pk", flat=True)[:BATCH]
    each_alone(list(ids), _expire)


def _expire(ticket: Ticket) -> None:
    if ticket.status in PENDING:
        end_ticket(ticket, TicketStatus.EXPIRED, {"code": "ticket.expired", "params": {}})


@registry.chore("tickets.scheduled", every=lambda: 1.0)
def start_scheduled(_ident: str) -> None:
    """A scheduled ticket whose time has come joins the queue."""
    ids = Ticket.objects.filter(status=TicketStatus.SCHEDULED, planned_at__lte=Now()).values_list("pk", flat=True)[
        :BATCH
    ]
    each_alone(list(ids), _queue)


def _queue(ticket: Ticket) -> None:
    if ticket.status == TicketStatus.SCHEDULED:
        transition(ticket, TicketStatus.QUEUED, actor=ENGINE)
        advance(ticket)


@registry.chore("tickets.zombies", every=lambda: 20.0)
def revive_zombies(_ident: str) -> None:
    """A queued or running ticket with nothing open is moved on, an ended one's slot is freed (QR3).

    It should never be needed, so it is logged.
    """
    freed = free_abandoned()
    if freed:
        log.warning("slots of ended tickets were freed", count=freed)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.id FROM tickets_ticket t WHERE t.status IN ('queued', 'running') AND NOT EXISTS"
            " (SELECT 1 FROM tickets_step s WHERE s.ticket_id = t.id AND s.status IN ('due', 'waiting')) LIMIT %s",
            [BATCH],
        )
        ids = [row[0] for row in cursor.fetchall()]
    each_alone(ids, _move_on)


def _move_on(ticket: Ticket) -> None:
    if not ticket.steps.filter(status__in=[StepStatus.DUE, StepStatus.WAITING]).exists():
        log.warning("a ticket had nothing open", ticket_id=ticket.pk, status=ticket.status)
        advance(ticket)
