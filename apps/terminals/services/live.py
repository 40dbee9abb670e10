"""All that the process which holds the shells asks of the rows, in one place; synchronous, called in threads.

Must not: know sockets, bytes or the recording.
"""

from __future__ import annotations

from apps.terminals.services.claims import Target, redeem
from apps.terminals.services.notes import (
    Sealed,
    note_away,
    note_back,
    note_ended,
    note_first_use,
    note_opened,
)
from apps.terminals.services.orders import Changed, End, Order, orders

__all__ = [
    "Changed",
    "End",
    "Order",
    "Sealed",
    "Target",
    "note_away",
    "note_back",
    "note_ended",
    "note_first_use",
    "note_opened",
    "orders",
    "redeem",
]
