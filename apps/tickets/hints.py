"""Hints to browsers: "ticket 7 changed". Content never travels here; it is fetched (DESIGN, "Live state").

A hint is sent after commit on the outside loop's thread and may be lost. Must not: raise, wait, or carry content.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import structlog
from channels.layers import get_channel_layer
from django.db import transaction
from redis.exceptions import RedisError

from apps.integrations.loop import loop_thread

if TYPE_CHECKING:
    from apps.tickets.models import Ticket

log = structlog.get_logger(__name__)

GROUP = "hints"


def announce_ticket(ticket: Ticket) -> None:
    """Say after commit that the ticket changed, also to those who may read its kind whatever the project."""
    announce("ticket", ticket.pk, ticket.project_id, kind=ticket.kind)


def announce(what: str, ident: int | str, project_id: int | None, *, kind: str = "") -> None:
    """Say after commit that something changed; sockets pass it on to those who may read the project.

    kind: the ticket's, where one is meant.
    """
    message = {"type": "hint", "what": what, "id": ident, "project": project_id, "kind": kind}
    transaction.on_commit(lambda: _send(message))


def _send(message: dict[str, Any]) -> None:
    layer = get_channel_layer()
    if layer is not None:
        asyncio.run_coroutine_threadsafe(_deliver(layer, message), loop_thread().loop)


async def _deliver(layer: Any, message: dict[str, Any]) -> None:
    try:
        await asyncio.wait_for(layer.group_send(GROUP, message), 2)
    except (OSError, TimeoutError, RedisError) as error:
        log.debug("a hint was lost", error=type(error).__name__)
