"""How long it usually takes: medians over the last tickets of a project that succeeded (UI 6.3).

Must not: invent a duration; with fewer than three samples there is none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from itertools import pairwise
from statistics import median
from typing import Any

from apps.releases.models import Build
from apps.tickets.models import Step, StepStatus, Ticket, TicketStatus

Json = dict[str, Any]
Span = tuple[datetime, datetime]
SAMPLE, LEAST = 20, 3


def typical(project_id: int, *, kind: str = "", environment: str = "") -> Json:
    """Total, steps by name in the order they come, and the stages of builds, in seconds; three statements."""
    tickets = Ticket.objects.filter(
        project=project_id, status=TicketStatus.SUCCEEDED, started_at__isnull=False, finished_at__isnull=False
    )
    if kind:
        tickets = tickets.filter(kind=kind)
    if environment:
        tickets = tickets.filter(environment__slug=environment)
    rows = list(tickets.order_by("-created_at", "-id").values_list("pk", "started_at", "finished_at")[:SAMPLE])
    if len(rows) < LEAST:
        return {"sample": len(rows), "total_seconds": None, "steps": [], "stages": []}
    ids = [pk for pk, _, _ in rows]
    return {
        "sample": len(rows),
        "total_seconds": median(_seconds((began, ended)) for _, began, ended in rows if began and ended),
        "steps": _medians(_steps(ids)),
        "stages": _medians(_stages(ids)),
    }


def _steps(ids: list[int]) -> Iterable[tuple[str, float]]:
    """Per ticket and name of step, from the first target's start to the last one's end: targets go side by side."""
    spans: dict[tuple[int, str], Span] = {}
    rows = Step.objects.filter(
        ticket__in=ids, status=StepStatus.SUCCEEDED, started_at__isnull=False, finished_at__isnull=False
    )
    for ticket_id, name, began, ended in rows.order_by("wave", "order", "id").values_list(
        "ticket", "name", "started_at", "finished_at"
    ):
        assert began is not None  # the query said so
        assert ended is not None
        first, last = spans.get((ticket_id, name), (began, ended))
        spans[ticket_id, name] = min(first, began), max(last, ended)
    return ((name, _seconds(span)) for (_, name), span in spans.items())


def _stages(ids: list[int]) -> Iterable[tuple[str, float]]:
    """Per ticket, the stages of its last build: each lasts until the next mark, the last one until the build's end.

    A mark carries a time only when it was read while the build ran; a stage with an end unknown is left out.
    """
    builds = Build.objects.filter(ticket__in=ids, state=Build.State.FINISHED, finished_at__isnull=False)
    for stages, finished_at in (
        builds.order_by("ticket_id", "-id").distinct("ticket_id").values_list("stages", "finished_at")
    ):
        assert finished_at is not None  # the query said so
        marks = [*stages, {"name": "", "started_at_ms": finished_at.timestamp() * 1000}]
        for mark, following in pairwise(marks):
            began, until = mark.get("started_at_ms"), following.get("started_at_ms")
            if began is not None and until is not None:
                yield str(mark["name"]), round(max(0.0, until - began) / 1000, 3)


def _medians(found: Iterable[tuple[str, float]]) -> list[Json]:
    """The median of each name that was seen often enough, in the order in which the names came first."""
    seconds: dict[str, list[float]] = defaultdict(list)
    for name, value in found:
        seconds[name].append(value)
    return [{"name": name, "seconds": median(all_)} for name, all_ in seconds.items() if len(all_) >= LEAST]


def _seconds(span: Span) -> float:
    return (span[1] - span[0]).total_seconds()
