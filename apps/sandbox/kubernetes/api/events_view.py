"""Core events as events.k8s.io/v1 shows them.

Must not: store; there is one event, kept in the core form.
"""

from __future__ import annotations

from typing import Any

Obj = dict[str, Any]
RENAMED = {
    "involvedObject": "regarding",
    "message": "note",
    "source": "deprecatedSource",
    "firstTimestamp": "deprecatedFirstTimestamp",
    "lastTimestamp": "deprecatedLastTimestamp",
    "count": "deprecatedCount",
    "reportingComponent": "reportingController",
}
BACK = {new: old for old, new in RENAMED.items()}


def as_new_style(event: Obj) -> Obj:
    """A core event in the new form."""
    shown = {RENAMED.get(key, key): value for key, value in event.items()}
    return {**shown, "kind": "Event", "apiVersion": "events.k8s.io/v1"}


def as_core(event: Obj) -> Obj:
    """A new-style event in the core form."""
    kept = {BACK.get(key, key): value for key, value in event.items()}
    return {**kept, "kind": "Event", "apiVersion": "v1"}
