"""The exported API: objects with named fields, the `tree=` filter and the `depth=` rule, written as JSON text.

Must not: build what the filter does not ask for (the portal reads thousands of builds in one call), or know any
particular kind of object.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

TOKEN = re.compile(r"[,\[\]{}]|[^,\[\]{}\s]+")
CACHED_FILTERS = 4
FieldTable = Mapping[str, Callable[[Any], Any]]


class TreeError(ValueError):
    """The `tree` parameter cannot be read."""


@dataclass
class Tree:
    """One level of the filter: wanted names, and the range of a list (`{from,to}`)."""

    children: dict[str, Tree] = field(default_factory=dict)
    start: int = 0
    end: int | None = None

    def child(self, name: str) -> Tree | None:
        """The filter for this field, or None when it is not wanted."""
        return self.children.get(name) or self.children.get("*")

    @cached_property
    def key(self) -> str:
        """Text that is equal for equal filters below this level."""
        return ",".join(f"{name}[{sub.key}]{sub.start}-{sub.end}" for name, sub in self.children.items())


@dataclass(frozen=True)
class Bean:
    """An exported object: class name, the fields it can show, and those it shows when it is only referred to.

    inline: shown whole wherever it stands (actions, causes, parameters). cache: text per filter, for an object that
    no longer changes. hidden: fields that only a filter brings out.
    """

    cls: str | None
    source: Any
    table: FieldTable
    brief: tuple[str, ...] = ()
    inline: bool = False
    cache: dict[str, str] | None = None
    hidden: tuple[str, ...] = ()


def constant(value: Any) -> Callable[[Any], Any]:
    """A field whose value does not depend on the object."""
    return lambda _source: value


def plain(cls: str | None, **fields: Any) -> Bean:
    """A small inline object from ready values."""
    return Bean(cls, fields, {name: _pick(name) for name in fields}, tuple(fields), inline=True)


def _pick(name: str) -> Callable[[Any], Any]:
    return lambda source: source[name]


def parse(text: str) -> Tree:
    """Read a filter such as `jobs[name,builds[number]{0,20}]`."""
    tokens = TOKEN.findall(text)
    root = Tree()
    rest = _names(tokens, 0, root)
    if rest != len(tokens):
        raise TreeError(f"unexpected {tokens[rest]!r}")
    return root


def _names(tokens: list[str], at: int, into: Tree) -> int:
    while True:
        if at >= len(tokens) or tokens[at] in ",[]{}":
            raise TreeError("a field name is missing")
        sub = into.children.setdefault(tokens[at], Tree())
        at += 1
        if tokens[at : at + 1] == ["["]:
            at = _expect(tokens, _names(tokens, at + 1, sub), "]")
        if tokens[at : at + 1] == ["{"]:
            at = _range(tokens, at + 1, sub)
        if tokens[at : at + 1] != [","]:
            return at
        at += 1


def _expect(tokens: list[str], at: int, what: str) -> int:
    if tokens[at : at + 1] != [what]:
        raise TreeError(f"{what!r} is missing")
    return at + 1


def _range(tokens: list[str], at: int, sub: Tree) -> int:
    """`{2,5}`, `{2,}`, `{,5}` (end excluded) or `{2}` (that one alone)."""
    inside = []
    while at < len(tokens) and tokens[at] != "}":
        inside.append(tokens[at])
        at += 1
    low, comma, high = "".join(inside).partition(",")
    try:
        sub.start = int(low) if low else 0
        if comma:
            sub.end = int(high) if high else None
        else:
            sub.end = sub.start + 1
    except ValueError as error:
        raise TreeError("a range needs numbers") from error
    return _expect(tokens, at, "}")


def render(bean: Bean, tree: str | None, depth: int) -> str:
    """The object as JSON text: filtered by `tree` if given, else to `depth`."""
    out: list[str] = []
    _write_bean(bean, None if tree is None else parse(tree), depth, out)
    return "".join(out)


def _write(value: Any, tree: Tree | None, level: int, out: list[str]) -> None:
    if isinstance(value, Bean):
        _write_bean(value, tree, level, out)
    elif isinstance(value, list):
        out.append("[")
        for n, item in enumerate(value[tree.start : tree.end] if tree is not None else value):
            if n:
                out.append(",")
            _write(item, tree, level, out)
        out.append("]")
    else:
        out.append(json.dumps(value, separators=(",", ":")))


def _write_bean(bean: Bean, tree: Tree | None, level: int, out: list[str]) -> None:
    if tree is None or bean.cache is None:
        _write_fields(bean, tree, level, out)
        return
    key = tree.key
    text = bean.cache.get(key)
    if text is None:
        mine: list[str] = []
        _write_fields(bean, tree, level, mine)
        text = "".join(mine)
        if len(bean.cache) >= CACHED_FILTERS:
            bean.cache.clear()
        bean.cache[key] = text
    out.append(text)


def _write_fields(bean: Bean, tree: Tree | None, level: int, out: list[str]) -> None:
    opening = "{"
    if bean.cls is not None:
        out.append(f'{{"_class":{json.dumps(bean.cls)}')
        opening = ","
    for name, value_of in bean.table.items():
        below = None
        if tree is not None:
            below = tree.child(name)
            if below is None:
                continue
        elif name in bean.hidden or (level < 0 and not bean.inline and name not in bean.brief):
            continue
        out.append(f'{opening}"{name}":')
        opening = ","
        _write(value_of(bean.source), below, level if bean.inline else level - 1, out)
    out.append("{}" if opening == "{" else "}")
