"""The typed view of objects: parsed field types, pruning of unknown fields, checking of JSON types.

One description serves strategic merge, server-side apply and field validation. Must not: check values (see defaults).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from apps.sandbox.kubernetes.api.types import TYPES
from apps.sandbox.kubernetes.quantity import Quantity

SCALARS = ("str", "int", "bool", "any", "quantity", "intstr", "time")
QUANTITY = re.compile(r"^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$")
QUANTITY_TEXT = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
GO_TYPES = {"str": "string", "int": "int32", "bool": "bool", "time": "string"}


@dataclass
class Node:
    """One type. `keys` make a list one of known items; `atomic` structs, maps and lists are replaced whole by an apply."""

    form: str  # scalar, struct, map, list
    name: str
    fields: dict[str, Node] = field(default_factory=dict)
    always: frozenset[str] = frozenset()
    element: Node | None = None
    keys: tuple[str, ...] = ()
    is_set: bool = False
    atomic: bool = False

    def child(self, name: str) -> Node | None:
        """The type of a member, None when there is no such field."""
        return self.element if self.form == "map" else self.fields.get(name)

    @property
    def merge_key(self) -> str:
        """The key by which strategic merge knows an item; "" when the list is replaced."""
        return self.keys[0] if self.keys else ""


class TypeMismatch(Exception):
    """A JSON value of the wrong type, in the words of Go's decoder."""


ANY = Node("scalar", "any", atomic=True)


def _parse(text: str) -> Node:
    if text in SCALARS:
        return ANY if text == "any" else Node("scalar", text)
    if text.startswith("{"):
        return Node("map", text, element=_parse(text[1:-1]))
    if text.startswith("["):
        inner, _, keys = text[1:].partition("]")
        is_set = keys == "#"
        names = tuple(keys[1:].split(",")) if keys.startswith("@") else ()
        return Node("list", text, element=_parse(inner), keys=names, is_set=is_set, atomic=not (names or is_set))
    return struct(text)


@cache
def struct(name: str) -> Node:
    """The type of that name."""
    words = TYPES[name].split()
    node = Node("struct", name, atomic=words[0] == "-")
    always = set()
    for word in words[1:] if node.atomic else words:
        key, _, text = word.partition(":")
        if text.endswith("!"):
            always.add(key)
            text = text[:-1]
        node.fields[key] = _parse(text)
    node.always = frozenset(always)
    return node


@cache
def of_kind(kind: str) -> Node:
    """The type of a whole object of a kind."""
    node = struct(kind)
    top = {"apiVersion": Node("scalar", "str"), "kind": Node("scalar", "str")}
    return Node("struct", kind, fields={**top, **node.fields}, always=node.always)


def pruned(kind: str, obj: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The object without unknown fields, and their paths; raises TypeMismatch for wrong JSON types."""
    unknown: list[str] = []
    clean = _prune(obj, of_kind(kind), "", kind, unknown)
    return clean, unknown


def _prune(value: Any, node: Node, path: str, owner: str, unknown: list[str]) -> Any:
    if value is None or node is ANY:
        return value
    if node.form == "struct":
        return _prune_struct(value, node, path, owner, unknown)
    if node.form == "map":
        _expect(value, dict, path, owner, f"map[string]{_go(node.element)}")
        return {k: _prune(v, node.element or ANY, f"{path}.{k}", owner, unknown) for k, v in value.items()}
    if node.form == "list":
        _expect(value, list, path, owner, f"[]{_go(node.element)}")
        return [_prune(v, node.element or ANY, f"{path}[{i}]", owner, unknown) for i, v in enumerate(value)]
    _check_scalar(value, node, path, owner)
    return canonical(value) if node.name == "quantity" else value


def canonical(value: Any) -> Any:
    """A quantity as the API answers it (`1000m` is `1`); one with an exponent stays as it is."""
    text = str(value)
    if re.search(r"[eE][+-]?\d", text):
        return value
    try:
        return str(Quantity.parse(text))
    except ValueError:
        return value


def _prune_struct(value: Any, node: Node, path: str, owner: str, unknown: list[str]) -> dict[str, Any]:
    _expect(value, dict, path, owner, f"v1.{node.name}")
    clean = {}
    for key, member in value.items():
        below = f"{path}.{key}" if path else key
        known = node.fields.get(key)
        if known is None:
            unknown.append(below)
            continue
        pruned_member = _prune(member, known, below, node.name, unknown)
        # Go leaves nulls out, but for times.
        if pruned_member is not None or known.name == "time":
            clean[key] = pruned_member
    return clean


def _go(node: Node | None) -> str:
    if node is None:
        return "interface {}"
    return GO_TYPES.get(node.name, f"v1.{node.name}")


def _expect(value: Any, wanted: type, path: str, owner: str, go_type: str) -> None:
    if not isinstance(value, wanted):
        raise TypeMismatch(_mismatch(value, path, owner, go_type))


def _mismatch(value: Any, path: str, owner: str, go_type: str) -> str:
    found = {bool: "bool", str: "string", dict: "object", list: "array"}.get(type(value), "number")
    plain = re.sub(r"\[\d+\]", "", path)
    return f"json: cannot unmarshal {found} into Go struct field {owner}.{plain} of type {go_type}"


def _check_scalar(value: Any, node: Node, path: str, owner: str) -> None:
    name = node.name
    if name == "quantity":
        if not QUANTITY.match(value if isinstance(value, str) else json.dumps(value)):
            raise TypeMismatch(QUANTITY_TEXT)
        return
    accepted: tuple[type, ...] = {"str": (str,), "time": (str,), "int": (int,), "bool": (bool,)}.get(name, (int, str))
    is_wrong_bool = isinstance(value, bool) and name != "bool"
    if is_wrong_bool or not isinstance(value, accepted):
        raise TypeMismatch(_mismatch(value, path, owner, GO_TYPES.get(name, "intstr.IntOrString")))
