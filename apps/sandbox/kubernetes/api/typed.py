"""What an apply is checked for before anything else: fields and JSON types that its kind knows, items named once.

The API server says this with 500 and without a reason, whatever `fieldValidation` says (its issues 118877, 122480).
Must not: change the object, or check values.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from apps.sandbox.kubernetes import errors, managed
from apps.sandbox.kubernetes.api import schema
from apps.sandbox.kubernetes.api.schema import ANY, Node
from apps.sandbox.kubernetes.resources import Resource

Obj = dict[str, Any]


def check(resource: Resource, name: str, config: Obj) -> None:
    """Raise the 500 of an object that cannot be typed. The namespace it tells is the object's own, not the path's."""
    found = list(_walk(config, schema.of_kind(resource.kind), ""))
    if not found:
        return
    namespace = (config.get("metadata") or {}).get("namespace", "")
    about = f"{namespace}/{name}; {resource.group}/{resource.version}, Kind={resource.kind}"
    told = found[0] if len(found) == 1 else "errors:\n" + "\n".join(f"  {one}" for one in found)
    raise errors.internal(f"failed to create typed patch object ({about}): {told}")


def _walk(value: Any, node: Node, path: str) -> Iterator[str]:
    if value is None or node is ANY:
        return
    if node.form == "scalar":
        yield from _scalar(value, node, path)
    elif node.form == "list":
        yield from _list(value, node, path)
    elif not isinstance(value, dict):
        yield f"{path}: expected map, got {_go(value)}"
    else:
        for key, member in value.items():
            child = node.child(key)
            if child is None:
                yield f"{path}.{key}: field not declared in schema"
                return  # the server stops at the first of an object, whichever that is
            yield from _walk(member, child, f"{path}.{key}")


def _list(value: Any, node: Node, path: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{path}: expected list, got {_go(value)}"
        return
    seen: set[str] = set()
    for index, item in enumerate(value):
        below = f"{path}[{index}]"
        if not node.atomic and (node.is_set or isinstance(item, dict)):
            element = managed.item_element(item, node)
            shown = managed.shown((element,))
            if element in seen:
                yield f"{path}: duplicate entries for key {shown}"
            seen.add(element)
            below = f"{path}{shown}"
        yield from _walk(item, node.element or ANY, below)


def _scalar(value: Any, node: Node, path: str) -> Iterator[str]:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if node.name == "int" and not is_number:
        yield f"{path}: expected numeric (int or float), got {_go(value)}"
    elif node.name == "bool" and not isinstance(value, bool):
        yield f"{path}: expected boolean, got {_go(value)}"
    elif node.name == "str" and not isinstance(value, str):
        yield f"{path}: expected string, got {json.dumps(value)}"


def _go(value: Any) -> str:
    """The type as Go prints it."""
    kinds: dict[type, str] = {bool: "bool", str: "string", int: "int64", float: "float64", list: "[]interface {}"}
    return kinds.get(type(value), "map[string]interface {}")
