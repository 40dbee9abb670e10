"""Whose audit rows a reader sees. Rights are decided in `policy`, which lies above and hands its answer in.

Must not: show anything before that: without a registered answer nobody sees a row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import QuerySet

from apps.audit.models import AuditEvent

Visible = Callable[[Any], Iterable[int] | None]


def _nothing(actor: Any) -> Iterable[int] | None:
    return ()


_visible: Visible = _nothing


def set_visibility(visible: Visible) -> None:
    """`visible(actor)` answers the ids of the projects whose rows he may read; None stands for all rows."""
    global _visible
    _visible = visible


def visible_events(actor: Any) -> QuerySet[AuditEvent]:
    """The rows the actor may read: everything, or what belongs to his projects."""
    project_ids = _visible(actor)
    if project_ids is None:
        return AuditEvent.objects.all()
    return AuditEvent.objects.filter(project_id__in=project_ids)
