"""A ticket that ends its project, and all others of that project: while it is open nothing else is filed or retried.

Both sides hold the project's row until their transaction ends, so that whoever comes second sees the first. Must not:
know a kind by its name.
"""

from __future__ import annotations

from django.db import connection

from apps.common.errors import Conflict
from apps.projects.models import Project
from apps.tickets import registry
from apps.tickets.models import Ticket
from apps.tickets.transitions import OPEN

# What a foreign key's check takes as well, but that one comes at the commit only. Any number of transactions hold it.
_SHARED = "SELECT 1 FROM projects_project WHERE id = %s FOR KEY SHARE"


def assert_not_closing(project: Project, *, besides: Ticket | None = None) -> None:
    """Conflict `ticket.project_closing` while a ticket is open that ends the project."""
    kinds = [name for name, kind in registry.KINDS.items() if kind.closes_project]
    found = Ticket.objects.filter(project=project, kind__in=kinds, status__in=OPEN)
    closing = found.exclude(pk=besides.pk if besides else 0).order_by("pk").first()
    if closing is not None:
        raise Conflict("ticket.project_closing", project=project.slug, ticket=closing.pk)


def hold_project(project: Project, kind: registry.Kind, *, ticket: Ticket | None = None) -> None:
    """Until the caller's transaction ends nobody files the other sort of ticket; Conflict when somebody has.

    ticket: the one that is about to go on, where it is no new one.
    """
    if kind.closes_project:
        Project.objects.select_for_update(of=("self",)).get(pk=project.pk)
    else:
        with connection.cursor() as cursor:
            cursor.execute(_SHARED, [project.pk])
    assert_not_closing(project, besides=ticket)
