"""Pages by key, equally quick at any depth: `{"results": […], "next": cursor | null}`.

Must not: count rows or use OFFSET. A view may name its order: `keyset = ("-created_at", "-id")`; the last field is
unique, none is null, and an index ends with them.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import DateTimeField, Field, Q
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.canonical import canonical_json
from apps.common.errors import Invalid

DEFAULT_LIMIT, MAX_LIMIT = 50, 200
DEFAULT_KEYSET = ("-created_at", "-id")


class KeysetPagination(BasePagination):
    """The one pagination of the API. The cursor is opaque; it says where the page before ended, in which order."""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        keyset = tuple(getattr(view, "keyset", DEFAULT_KEYSET))
        limit = _limit(request.query_params.get("limit"))
        cursor = request.query_params.get("cursor")
        if cursor:
            queryset = queryset.filter(_after(queryset.model, keyset, _decode(cursor, keyset)))
        rows = list(queryset.order_by(*keyset)[: limit + 1])
        self.next = _encode(rows[limit - 1], keyset) if len(rows) > limit else None
        return rows[:limit]

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"results": data, "next": self.next})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": "object",
            "required": ["results", "next"],
            "properties": {
                "results": schema,
                "next": {"type": "string", "nullable": True, "description": "give it as `cursor` for the next page"},
            },
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        limit = {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}
        return [
            {"name": "limit", "in": "query", "required": False, "schema": limit},
            {"name": "cursor", "in": "query", "required": False, "schema": {"type": "string"}},
        ]


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_LIMIT
    if text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= MAX_LIMIT:
        return int(text)
    problem = {"code": "out_of_range", "params": {"min_value": 1, "max_value": MAX_LIMIT}}
    raise Invalid(fields={"limit": [problem]})


def _names(keyset: Sequence[str]) -> list[str]:
    return [name.removeprefix("-") for name in keyset]


def _encode(row: Any, keyset: Sequence[str]) -> str:
    values = [row[name] if isinstance(row, dict) else getattr(row, name) for name in _names(keyset)]
    plain = [v.astimezone(UTC).isoformat() if isinstance(v, datetime) else v for v in values]
    return base64.urlsafe_b64encode(canonical_json([list(keyset), plain])).decode().rstrip("=")


def _decode(cursor: str, keyset: Sequence[str]) -> list[Any]:
    try:
        order, values = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, TypeError, RecursionError) as error:
        raise Invalid("invalid_cursor") from error
    plain = isinstance(values, list) and len(values) == len(keyset)
    if not plain or order != list(keyset) or any(not _is_plain(value) for value in values):
        raise Invalid("invalid_cursor")
    return list(values)


def _is_plain(value: Any) -> bool:
    if isinstance(value, str):
        return "\x00" not in value and value.isprintable()
    return isinstance(value, int) and abs(value) < 2**63


def _after(model: Any, keyset: Sequence[str], values: Sequence[Any]) -> Q:
    """Rows behind the cursor: a ≤ x AND (a < x OR (b ≤ y AND …)), which an index on the order serves as a range."""
    condition: Q | None = None
    for key, raw in zip(reversed(keyset), reversed(values), strict=True):
        name, operator = key.removeprefix("-"), "lt" if key.startswith("-") else "gt"
        value = _typed(model._meta.get_field(name), raw)
        strict = Q(**{f"{name}__{operator}": value})
        condition = strict if condition is None else Q(**{f"{name}__{operator}e": value}) & (strict | condition)
    assert condition is not None  # a keyset has at least one field
    return condition


def _typed(field: Field[Any, Any], raw: Any) -> Any:
    try:
        value = field.to_python(raw)
    except (ValidationError, ValueError, TypeError) as error:
        raise Invalid("invalid_cursor") from error
    if value is None or (isinstance(field, DateTimeField) and value.tzinfo is None):
        raise Invalid("invalid_cursor")
    return value
