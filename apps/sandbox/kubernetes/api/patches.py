"""The three plain patch types: JSON patch, merge patch, strategic merge. Inputs are never changed in place.

Must not: default, validate or store; server-side apply is in `apply`.
"""

from __future__ import annotations

import copy
import json
from typing import Any

from apps.sandbox.kubernetes import errors
from apps.sandbox.kubernetes.api import schema
from apps.sandbox.kubernetes.api.schema import ANY, Node

Obj = dict[str, Any]


# -- merge patch ------------------------------------------------------------------------------------------------
def merge(target: Any, patch: Any) -> Any:
    """RFC 7386."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge(result.get(key), value)
    return result


# -- JSON patch -------------------------------------------------------------------------------------------------
def json_patch(target: Obj, operations: Any) -> Obj:
    """RFC 6902; anything that does not fit is a 422 without causes."""
    if not isinstance(operations, list):
        kind = {dict: "object", str: "string", bool: "bool"}.get(type(operations), "number")
        what = f"json: cannot unmarshal {kind} into Go value of type []handlers.jsonPatchOp"
        raise errors.bad_request(f"error decoding patch: {what}")
    result: Any = copy.deepcopy(target)
    for operation in operations:
        try:
            result = _operate(result, operation)
        except (KeyError, IndexError, ValueError, TypeError) as error:
            raise errors.unprocessable() from error
    return result  # type: ignore[no-any-return]


def _operate(document: Any, operation: Obj) -> Any:
    name, path = operation["op"], _pointer(operation["path"])
    if name == "test":
        if _resolve(document, path) != operation.get("value"):
            raise ValueError("test failed")
        return document
    if name == "add":
        return _add(document, path, operation["value"])
    if name == "remove":
        _remove(document, path)
        return document
    if name == "replace":
        _resolve(document, path)
        if not path:
            return operation["value"]
        _remove(document, path)
        return _add(document, path, operation["value"])
    if name not in ("move", "copy"):
        raise ValueError(name)
    source = _pointer(operation["from"])
    value = copy.deepcopy(_resolve(document, source))
    if name == "move":
        _remove(document, source)
    return _add(document, path, value)


def _pointer(text: str) -> list[str]:
    if text and not text.startswith("/"):
        raise ValueError(text)
    return [part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:]]


def _index(part: str, length: int) -> int:
    number = int(part)
    if not 0 <= number <= length:
        raise IndexError(part)
    return number


def _resolve(document: Any, path: list[str]) -> Any:
    for part in path:
        document = document[_index(part, len(document) - 1)] if isinstance(document, list) else document[part]
    return document


def _add(document: Any, path: list[str], value: Any) -> Any:
    if not path:
        return value
    parent = _resolve(document, path[:-1])
    if isinstance(parent, list):
        parent.insert(len(parent) if path[-1] == "-" else _index(path[-1], len(parent)), value)
    else:
        parent[path[-1]] = value
    return document


def _remove(document: Any, path: list[str]) -> None:
    parent = _resolve(document, path[:-1])
    if isinstance(parent, list):
        del parent[_index(path[-1], len(parent) - 1)]
    else:
        del parent[path[-1]]


# -- strategic merge --------------------------------------------------------------------------------------------
def strategic(kind: str, target: Obj, patch: Obj) -> Obj:
    """Strategic merge by the kind's merge keys."""
    result: Obj = _merge_members(target, patch, schema.of_kind(kind))
    return result


def _merge_members(target: Any, patch: Obj, node: Node) -> Any:
    directive = patch.get("$patch")
    if directive == "delete":
        return {}
    if directive == "replace":
        return {k: v for k, v in patch.items() if k != "$patch"}
    result = dict(target) if isinstance(target, dict) else {}
    retained = patch.get("$retainKeys")
    if retained is not None:
        result = {k: v for k, v in result.items() if k in retained}
    for key, value in patch.items():
        if key.startswith("$deleteFromPrimitiveList/"):
            name = key.partition("/")[2]
            result[name] = [item for item in result.get(name) or [] if item not in value]
        elif key.startswith("$"):
            continue
        elif value is None:
            result.pop(key, None)
        else:
            child = node.child(key) if node.form in ("struct", "map") else None
            result[key] = _merge_value(result.get(key), value, child or ANY)
            order = patch.get(f"$setElementOrder/{key}")
            if order is not None and isinstance(result[key], list):
                result[key] = _ordered(result[key], order, child or ANY)
    return result


def _merge_value(target: Any, value: Any, node: Node) -> Any:
    if isinstance(value, dict):
        return _merge_members(target, value, node)
    if isinstance(value, list) and node.form == "list":
        if node.is_set:
            present = target if isinstance(target, list) else []
            return [*present, *(item for item in value if item not in present)]
        if node.merge_key:
            return _merge_items(target if isinstance(target, list) else [], value, node)
    return value


def _merge_items(target: list[Any], patch: list[Any], node: Node) -> list[Any]:
    key, element = node.merge_key, node.element or ANY
    if any(isinstance(item, dict) and item.get("$patch") == "replace" for item in patch):
        return [item for item in patch if not (isinstance(item, dict) and "$patch" in item)]
    result, new = list(target), []
    for item in patch:
        if not isinstance(item, dict) or key not in item:
            raise errors.internal(f"map: {_go_map(item)} does not contain declared merge key: {key}")
        found = next((i for i, old in enumerate(result) if old.get(key) == item[key]), None)
        if item.get("$patch") == "delete":
            result = [old for old in result if old.get(key) != item[key]]
        elif found is None:
            new.append(_merge_members({}, item, element))
        else:
            result[found] = _merge_members(result[found], item, element)
    # New items go to the front, as the real server puts them without an element order.
    return [*new, *result]


def _ordered(items: list[Any], order: list[Any], node: Node) -> list[Any]:
    def place(item: Any) -> int:
        for index, wanted in enumerate(order):
            same = (
                item == wanted
                if not isinstance(wanted, dict)
                else isinstance(item, dict) and all(item.get(k) == v for k, v in wanted.items())
            )
            if same:
                return index
        return len(order)

    return sorted(items, key=place)


def _go_map(item: Any) -> str:
    if not isinstance(item, dict):
        return json.dumps(item)
    return "map[" + " ".join(f"{k}:{v}" for k, v in sorted(item.items())) + "]"
