"""How this room refuses a value: a code that names the field. Must not: hold sentences."""

from __future__ import annotations

from typing import Any

from apps.common.errors import Invalid


def refused(field: str, code: str, **params: Any) -> Invalid:
    """The error of one field, with the same code for the whole request."""
    return Invalid(code, fields={field: [{"code": code, "params": params}]}, **params)


def unknown(field: str, value: str) -> Invalid:
    """A value that names nothing there is."""
    return Invalid(fields={field: [{"code": "does_not_exist", "params": {"value": value[:100]}}]})


def differences(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """What the audit row of a change says: the values that differ, before and after; empty when nothing does."""
    changed = [name for name in after if before.get(name) != after[name]]
    if not changed:
        return {}
    return {"before": {n: before.get(n) for n in changed}, "after": {n: after[n] for n in changed}}
