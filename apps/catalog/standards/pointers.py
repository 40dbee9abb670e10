"""Places in a document as JSON pointers (RFC 6901): reading one, and changes as data. Pure.

Must not: change a document in place; `applied` gives a new one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypedDict


class Change(TypedDict):
    """The value that a place is to have; `path` is a JSON pointer."""

    path: str
    value: Any


def parts(path: str) -> list[str]:
    """The member names of a pointer; ValueError for what is none."""
    if path and not path.startswith("/"):
        raise ValueError(f"not a JSON pointer: {path!r}")
    return [part.replace("~1", "/").replace("~0", "~") for part in path.split("/")[1:]]


def value_at(document: Any, path: str) -> Any:
    """What stands there; None where nothing does."""
    found = document
    for part in parts(path):
        if not isinstance(found, Mapping):
            return None
        found = found.get(part)
    return found


def applied(document: Mapping[str, Any], changes: Iterable[Change]) -> dict[str, Any]:
    """The document with the changes in it, one after the other; ValueError where a parent is no object."""
    made: dict[str, Any] = dict(document)
    for change in changes:
        made = _with(made, parts(change["path"]), change["value"])
    return made


def folded(changes: Iterable[Change]) -> list[Change]:
    """The same changes, each place once: what lies inside a value that is set anyway becomes part of that value."""
    found: list[Change] = []
    for change in changes:
        path, value = change["path"], change["value"]
        outer = next((c for c in found if path.startswith(c["path"] + "/") and isinstance(c["value"], Mapping)), None)
        if outer is not None:
            outer["value"] = applied(outer["value"], [{"path": path[len(outer["path"]) :], "value": value}])
            continue
        found = [c for c in found if c["path"] != path and not c["path"].startswith(path + "/")]
        found.append({"path": path, "value": value})
    return found


def _with(value: Any, names: list[str], new: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping) or not names:
        raise ValueError("a change goes into an object")
    name, *rest = names
    if rest:
        below = value.get(name)
        new = _with({} if below is None else below, rest, new)
    return {**value, name: new}
