"""What is wrong with which field: DRF's, Django's and our own reports in one form, `{field: [{code, params}]}`.

Must not: pass on an exception's own sentence; sentences come from the catalogue (`field.<code>`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError as ModelValidationError

from apps.common.messages import catalogue, sentence

WHOLE = "non_field_errors"
PARAMS_MARK = "\x1eparams:"  # begins the text of a detail that carries params, see `serializers.problem`


def field_problems(detail: Any) -> dict[str, list[dict[str, Any]]]:
    """Flatten nested reports; the place in lists and objects is a dotted path such as `placements.0.cluster`."""
    found: dict[str, list[dict[str, Any]]] = {}
    _collect(detail, "", found)
    return found


def model_problems(error: ModelValidationError) -> dict[str, list[dict[str, Any]]]:
    """The problems that a model's `full_clean` or a password check names."""
    by_field = getattr(error, "error_dict", None) or {WHOLE: error.error_list}
    return {
        WHOLE if name == "__all__" else name: [
            {"code": item.code or "invalid", "params": _plain(item.params)} for item in items
        ]
        for name, items in by_field.items()
    }


def with_sentences(fields: Mapping[str, Any], language: str) -> dict[str, list[dict[str, Any]]]:
    """Add the sentence to each problem."""
    return {
        name: [{**item, "detail": _field_sentence(item, language)} for item in items] for name, items in fields.items()
    }


def _field_sentence(item: Mapping[str, Any], language: str) -> str:
    code, params, known = item["code"], item["params"], catalogue(language)
    chosen = next((key for key in (f"field.{code}", code) if key in known), "field.invalid")
    return sentence(chosen, params, language)


def _collect(detail: Any, path: str, found: dict[str, list[dict[str, Any]]]) -> None:
    if isinstance(detail, Mapping) and not _is_problem(detail):
        for name, inner in detail.items():
            _collect(inner, _joined(path, str(name)), found)
    elif isinstance(detail, list | tuple):
        for position, item in enumerate(detail):
            is_leaf = isinstance(item, str) or (isinstance(item, Mapping) and _is_problem(item))
            _collect(item, path if is_leaf else _joined(path, str(position)), found)
    else:
        found.setdefault(path or WHOLE, []).append(_problem(detail))


def _is_problem(value: Mapping[Any, Any]) -> bool:
    """Our own leaf: `{"code": …, "params": {…}}` and nothing else."""
    return isinstance(value.get("code"), str) and set(value) <= {"code", "params", "detail"}


def _joined(path: str, name: str) -> str:
    if name == WHOLE and path:
        return path
    return f"{path}.{name}" if path else name


def _problem(item: Any) -> dict[str, Any]:
    if isinstance(item, Mapping):
        return {"code": item["code"], "params": dict(item.get("params") or {})}
    code = getattr(item, "code", None) or (item if isinstance(item, str) and item.isidentifier() else "invalid")
    params = json.loads(item.removeprefix(PARAMS_MARK)) if str(item).startswith(PARAMS_MARK) else {}
    return {"code": str(code), "params": params}


def _plain(params: Mapping[str, Any] | None) -> dict[str, Any]:
    """Only numbers and short texts: Django's params may hold whole model instances or the value itself."""
    keep = ("limit_value", "min_length", "max_length", "min_value", "max_value")
    return {key: value for key, value in (params or {}).items() if key in keep and isinstance(value, int | str)}
