"""Serializers that refuse what they do not know, and that say by how much a value misses its limit.

Must not: drop unknown or read-only fields silently: that hides typing errors and mass assignment.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from apps.common.canonical import canonical_json
from apps.common.problems import PARAMS_MARK

_LIMITS = ("max_length", "min_length", "max_value", "min_value")


def problem(code: str, **params: Any) -> ErrorDetail:
    """What validators raise in a ValidationError: a code of the catalogue under `field.`, and its sentence's params.

    DRF copies details as (text, code) pairs on their way up, so the params travel as the text.
    """
    return ErrorDetail(PARAMS_MARK + canonical_json(params).decode(), code)


def field_error(name: str, code: str, **params: Any) -> ValidationError:
    """What `validate` raises for one field."""
    return ValidationError({name: [problem(code, **params)]})


class StrictMixin:
    """Refuses unknown and read-only fields; adds limits to the errors of fields."""

    def to_internal_value(self, data: Any) -> Any:
        fields: Mapping[str, serializers.Field[Any, Any, Any, Any]] = self.fields  # type: ignore[attr-defined]
        problems: dict[str, Any] = {}
        if isinstance(data, Mapping):
            for name in data:
                if name not in fields:
                    problems[str(name)[:100]] = [problem("unknown_field")]
                elif fields[name].read_only:
                    problems[name] = [problem("read_only")]
        try:
            value = super().to_internal_value(data)  # type: ignore[misc]
        except ValidationError as error:
            if isinstance(error.detail, dict):
                problems.update(_with_limits(error.detail, fields))
            else:
                raise
        if problems:
            raise ValidationError(problems)
        return value


class StrictSerializer(StrictMixin, serializers.Serializer[Any]):
    """For bodies that are not a model's."""


class StrictModelSerializer(StrictMixin, serializers.ModelSerializer[Any]):
    """For bodies that follow a model."""


def _with_limits(detail: dict[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _annotated(found, fields.get(name)) for name, found in detail.items()}


def _annotated(found: Any, field: Any) -> Any:
    return [_one(item, field) for item in found] if isinstance(found, list) else found


def _one(item: Any, field: Any) -> Any:
    if not isinstance(item, ErrorDetail) or item.code not in _LIMITS or item.startswith(PARAMS_MARK):
        return item
    limit = getattr(field, item.code, None)
    if limit is None:
        limit = next(
            (v.limit_value for v in getattr(field, "validators", []) if getattr(v, "code", "") == item.code), None
        )
    return problem(item.code, **({} if limit is None else {"limit_value": limit}))
