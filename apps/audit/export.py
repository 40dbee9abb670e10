"""The audit trail as a file: CSV or JSON, written out in pieces.

Must not: hold more than one piece in memory, or let a spreadsheet take a cell for a formula.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.db.models import Q, QuerySet
from django.http import HttpRequest, StreamingHttpResponse

from apps.audit.models import AuditEvent
from apps.audit.serializers import AuditEventSerializer

PIECE = 500
COLUMNS = AuditEventSerializer.Meta.fields
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def response(events: QuerySet[AuditEvent], form: str, request: HttpRequest) -> StreamingHttpResponse:
    """A download of the rows, newest first."""
    lines, content_type = (as_csv, "text/csv; charset=utf-8") if form == "csv" else (as_json, "application/json")
    pieces = lines(events)
    # Django would collect a plain iterator in memory when it runs under ASGI
    content = _in_threads(pieces) if isinstance(request, ASGIRequest) else pieces
    answer = StreamingHttpResponse(content, content_type=content_type)
    answer["Content-Disposition"] = f'attachment; filename="audit.{form}"'
    answer["Cache-Control"] = "no-store"
    return answer


def as_csv(events: QuerySet[AuditEvent]) -> Iterator[str]:
    """Comma separated, with a header line."""
    yield _csv_lines([COLUMNS])
    for rows in _pieces(events):
        yield _csv_lines([[_cell(row[name]) for name in COLUMNS] for row in rows])


def as_json(events: QuerySet[AuditEvent]) -> Iterator[str]:
    """One JSON array, a row per line."""
    separator = "[\n"
    for rows in _pieces(events):
        yield separator + ",\n".join(json.dumps(row, ensure_ascii=False, default=str) for row in rows)
        separator = ",\n"
    yield "[]\n" if separator == "[\n" else "\n]\n"


def _pieces(events: QuerySet[AuditEvent]) -> Iterator[list[dict[str, Any]]]:
    """By key, newest first; rows that arrive meanwhile are not in it."""
    ordered = events.order_by("-created_at", "-id")
    rows = list(ordered[:PIECE])
    while rows:
        yield [dict(AuditEventSerializer(row).data) for row in rows]
        last = rows[-1]
        older = Q(created_at__lt=last.created_at) | Q(created_at=last.created_at, id__lt=last.id)
        rows = list(ordered.filter(older, created_at__lte=last.created_at)[:PIECE])


def _cell(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _csv_lines(rows: list[Any]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()


async def _in_threads(pieces: Iterator[str]) -> AsyncIterator[str]:
    take: Callable[[], Any] = lambda: next(pieces, None)  # noqa: E731 - StopIteration cannot cross into a coroutine
    while (piece := await sync_to_async(take)()) is not None:
        yield piece
