"""Field ownership: sets of field paths, managedFields (FieldsV1) and what a write does to them.

A path is a tuple of FieldsV1 elements (`f:spec`, `k:{"name":"app"}`, `v:"x"`). Must not: merge objects (see api.apply).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from apps.sandbox.kubernetes.api import schema
from apps.sandbox.kubernetes.api.schema import ANY, Node

Path = tuple[str, ...]
Paths = frozenset[Path]
Obj = dict[str, Any]
# Never owned: identity and what the server writes itself.
STRIPPED: frozenset[Path] = frozenset(
    {("f:apiVersion",), ("f:kind",), ("f:metadata",)}
    | {
        ("f:metadata", f"f:{name}")
        for name in (
            "name",
            "namespace",
            "generateName",
            "selfLink",
            "uid",
            "clusterName",
            "generation",
            "managedFields",
            "resourceVersion",
            "creationTimestamp",
            "deletionTimestamp",
            "deletionGracePeriodSeconds",
        )
    }
)


# -- paths of an object -----------------------------------------------------------------------------------------
def item_element(item: Any, node: Node) -> str:
    """The path element of a list item."""
    if node.is_set:
        return f"v:{json.dumps(item, separators=(',', ':'))}"
    keys = {key: item.get(key) if key in item else default_key(key) for key in sorted(node.keys)}
    return "k:" + json.dumps({k: v for k, v in keys.items() if v is not None}, separators=(",", ":"))


def default_key(key: str) -> str | None:
    """The value of a key that an item leaves out."""
    return "TCP" if key == "protocol" else None


def paths_of(obj: Obj, kind: str) -> dict[Path, Any]:
    """Every path of an object with its value; containers stand with a constant (their being there)."""
    found: dict[Path, Any] = {}
    _walk(obj, schema.of_kind(kind), (), found, is_owned=False)
    return {path: value for path, value in found.items() if path not in STRIPPED}


def _walk(value: Any, node: Node, path: Path, found: dict[Path, Any], *, is_owned: bool = True) -> None:
    if value is None:
        return
    if node.form == "scalar" or node.atomic or not isinstance(value, dict | list):
        found[path] = value
        return
    if is_owned:
        found[path] = _PRESENT
    if node.form == "list":
        for item in value:
            element = node.element if not node.is_set and node.element else ANY
            below = (*path, item_element(item, node))
            if node.is_set or not isinstance(item, dict):
                found[below] = item
            else:
                _walk_members(item, element, below, found)
                found[below] = _PRESENT
        return
    if isinstance(value, dict):
        _walk_members(value, node, path, found)


def _walk_members(value: Obj, node: Node, path: Path, found: dict[Path, Any]) -> None:
    if node.atomic and node is ANY:
        return
    for key, member in value.items():
        child = node.child(key) or ANY
        _walk(member, child, (*path, f"f:{key}"), found, is_owned=key not in node.always)


_PRESENT = object()


def applied_paths(config: Obj, kind: str) -> Paths:
    """What an apply owns: leaves, list items and empty containers."""
    found = paths_of(config, kind)
    parents = {path[:i] for path in found for i in range(1, len(path))}
    return frozenset(p for p in found if p[-1][0] in "kv" or p not in parents)


def changed_paths(old: Obj, new: Obj, kind: str) -> tuple[Paths, Paths]:
    """(added or modified, removed) between two states."""
    before, after = paths_of(old, kind), paths_of(new, kind)
    changed = {p for p, value in after.items() if p not in before or before[p] != value}
    # A writer of a part of an item owns the item, too.
    items = {p[:i] for p in changed for i in range(1, len(p)) if p[i - 1].startswith("k:")}
    return frozenset(changed | items), frozenset(before.keys() - after.keys())


# -- FieldsV1 -----------------------------------------------------------------------------------------------------
def to_fields(paths: Iterable[Path]) -> Obj:
    """Paths as FieldsV1."""
    tree: Obj = {}
    every = set(paths)
    for path in sorted(every):
        node = tree
        for element in path:
            node = node.setdefault(element, {})
    for path in every:
        node = tree
        for element in path:
            node = node[element]
        if node:
            node["."] = {}
    return _sorted(tree)


def _sorted(tree: Obj) -> Obj:
    return {key: _sorted(tree[key]) for key in sorted(tree)}


def from_fields(tree: Obj, prefix: Path = ()) -> Paths:
    """FieldsV1 as paths."""
    found: set[Path] = set()
    for element, below in tree.items():
        if element == ".":
            found.add(prefix)
        elif not below:
            found.add((*prefix, element))
        else:
            found |= from_fields(below, (*prefix, element))
    return frozenset(found)


def shown(path: Path) -> str:
    """A path as conflicts write it: `.spec.containers[name="app"].image`."""
    text = ""
    for element in path:
        kind, _, rest = element.partition(":")
        if kind == "f":
            text += f".{rest}"
        elif kind == "v":
            text += f"[={rest}]"
        else:
            keys = json.loads(rest)
            text += "[" + ",".join(f"{k}={json.dumps(v)}" for k, v in keys.items()) + "]"
    return text


# -- managers -----------------------------------------------------------------------------------------------------
class Owner:
    """One entry of managedFields."""

    def __init__(
        self, manager: str, operation: str, api_version: str, subresource: str, paths: Paths, time: str
    ) -> None:
        self.manager, self.operation, self.api_version = manager, operation, api_version
        self.subresource, self.paths, self.time = subresource, paths, time

    @property
    def identity(self) -> tuple[str, str, str]:
        """What makes two writes come from the same owner."""
        return self.manager, self.operation, self.subresource

    def shown(self) -> str:
        """As conflicts name it."""
        text = json.dumps(self.manager, ensure_ascii=False)
        if self.subresource:
            text += f" with subresource {json.dumps(self.subresource)}"
        return text if self.operation == "Apply" else f"{text} using {self.api_version}"

    def as_json(self) -> Obj:
        """The entry."""
        entry: Obj = {
            "manager": self.manager,
            "operation": self.operation,
            "apiVersion": self.api_version,
            "time": self.time,
            "fieldsType": "FieldsV1",
            "fieldsV1": to_fields(self.paths),
        }
        if self.subresource:
            entry["subresource"] = self.subresource
        return entry


def owners_of(obj: Obj) -> list[Owner]:
    """The entries of an object."""
    return [
        Owner(
            entry["manager"],
            entry["operation"],
            entry.get("apiVersion", ""),
            entry.get("subresource", ""),
            from_fields(entry.get("fieldsV1") or {}),
            entry.get("time", ""),
        )
        for entry in obj["metadata"].get("managedFields") or ()
    ]


def with_owners(obj: Obj, owners: Sequence[Owner]) -> Obj:
    """The object with these entries; those that own nothing are left out."""
    ordered = sorted(owners, key=lambda o: (o.operation != "Apply", o.time, o.manager, o.subresource))
    entries = [owner.as_json() for owner in ordered if owner.paths]
    metadata = {k: v for k, v in obj["metadata"].items() if k != "managedFields"}
    if entries:
        metadata["managedFields"] = entries
    return {**obj, "metadata": metadata}


def now_stamp() -> str:
    """The time of an entry."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def updated(old: Obj, new: Obj, kind: str, manager: str, api_version: str, subresource: str = "") -> Obj:
    """`new` with managedFields after an Update by `manager`: what it changed is its own, and nobody else's."""
    changed, removed = changed_paths(old, new, kind)
    owners = owners_of(old)
    if not changed and not removed:
        return with_owners(new, owners)
    taken = {path for path in changed if not path[-1].startswith("k:")}
    mine = Owner(manager, "Update", api_version, subresource, frozenset(), now_stamp())
    kept = []
    for owner in owners:
        if owner.identity == mine.identity:
            mine.paths = owner.paths
        else:
            owner.paths = owner.paths - taken - removed
            kept.append(owner)
    mine.paths = (mine.paths | changed) - removed
    return with_owners(new, [*kept, mine])


def record(obj: Obj, manager: str, operation: str, paths: Iterable[Path], subresource: str | None = None) -> Obj:
    """A copy of `obj` in which `manager` owns `paths` besides what it owned; for controllers."""
    mine = Owner(manager, operation, obj.get("apiVersion", ""), subresource or "", frozenset(paths), now_stamp())
    kept = []
    for owner in owners_of(obj):
        if owner.identity == mine.identity:
            mine.paths |= owner.paths
        else:
            kept.append(owner)
    return with_owners(obj, [*kept, mine])
