"""A strategic merge patch of the wrong JSON type, refused in the words of Go's converter of unstructured objects.

The other patch types are decoded as JSON and have its words (`schema`). Must not: check values, or change the patch.
"""

from __future__ import annotations

from typing import Any

from apps.sandbox.kubernetes import errors
from apps.sandbox.kubernetes.api import schema
from apps.sandbox.kubernetes.api.schema import Node

GO_KINDS: dict[type, str] = {str: "string", bool: "bool", int: "int64", float: "float64", dict: "map", list: "slice"}
ACCEPTED: dict[str, type] = {"str": str, "int": int, "bool": bool}


def check(kind: str, patch: dict[str, Any]) -> None:
    """Raises the 422 of a member that cannot become what the kind has there."""
    why = _first(patch, schema.of_kind(kind))
    if why:
        raise errors.invalid("", "", [errors.field_invalid("patch", f'"{printed(patch)}"', why)], "")


def _first(value: Any, node: Node) -> str:
    if value is None or node is schema.ANY:
        return ""
    if node.form == "struct":
        if not isinstance(value, dict):
            return f"cannot restore struct from: {GO_KINDS[type(value)]}"
        members = [(value[key], node.fields.get(key, schema.ANY)) for key in sorted(value) if key[:1] != "$"]
        return next((why for member, below in members if (why := _first(member, below))), "")
    if node.form in ("map", "list"):
        return _first_of_many(value, node)
    return _scalar(value, node.name)


def _first_of_many(value: Any, node: Node) -> str:
    wanted = dict if node.form == "map" else list
    if not isinstance(value, wanted):
        return f"cannot restore {GO_KINDS[wanted]} from {GO_KINDS[type(value)]}"
    members = value.values() if isinstance(value, dict) else value
    return next((why for member in members if (why := _first(member, node.element or schema.ANY))), "")


def _scalar(value: Any, name: str) -> str:
    wanted = ACCEPTED.get(name)
    if wanted is None or type(value) is wanted:
        return ""
    if isinstance(value, str):  # a string may have been meant for any type that decodes itself
        return f"unrecognized type: {schema.GO_TYPES[name]}"
    return f"cannot convert {GO_KINDS[type(value)]} to {schema.GO_TYPES[name]}"


def printed(value: Any) -> str:
    """A JSON value as Go prints the map it was read into."""
    if isinstance(value, dict):
        return "map[" + " ".join(f"{key}:{printed(value[key])}" for key in sorted(value)) + "]"
    if isinstance(value, list):
        return "[" + " ".join(printed(one) for one in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return "<nil>" if value is None else str(value)
