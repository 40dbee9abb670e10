"""Rendering a Dockerfile from a template row: sandboxed, values only, nothing that repeats or grows (law 9, B4).

What a template may hold is a list of what is allowed: Jinja2 has too many ways to compute to list those that are not.
Must not: accept user text as template source, or give a template anything but the named plain values.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from jinja2 import StrictUndefined, TemplateError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from apps.common.errors import Invalid

ALLOWED: tuple[type[nodes.Node], ...] = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Const,
    nodes.Filter,
    nodes.If,
    nodes.CondExpr,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
)
# None makes a text longer than it was. `replace` is looked at beside.
FILTERS = frozenset({"lower", "upper", "trim", "capitalize", "title", "replace"})
LONGEST = 64 * 1024
MOST_PLACES = 1000
MOST_LEVELS = 50
PROBLEM_LEVELS = ("deny", "warn")
_environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True)


@dataclass(frozen=True)
class Problem:
    """What is wrong with a template. line: of the template, from 1; None for the whole. level: deny or warn."""

    code: str
    line: int | None = None
    level: str = "deny"
    params: dict[str, Any] = field(default_factory=dict)

    def as_reason(self) -> dict[str, Any]:
        """{code, params}, the line among the params."""
        return {"code": self.code, "params": {**self.params, **({} if self.line is None else {"line": self.line})}}


def template_problems(source: str, names: Iterable[str]) -> list[Problem]:
    """Why the source cannot be a template for values of these names; empty when it can."""
    if len(source) > LONGEST:
        return [Problem("template.too_large", params={"size": len(source), "most": LONGEST})]
    try:
        return list(_forbidden(_environment.parse(source), sorted(names)))
    except TemplateError as error:
        line = getattr(error, "lineno", None) or 1
        return [Problem("template.unparsable", line, params={"said": str(error.message)[:200]})]
    except RecursionError:
        return [Problem("template.too_deep")]


def render_dockerfile(source: str, values: dict[str, str]) -> str:
    """The Dockerfile's text; Invalid with the first problem of the source, or when it grows beyond 64 KiB."""
    for problem in template_problems(source, values):
        reason = problem.as_reason()
        raise Invalid(reason["code"], **reason["params"])
    try:
        text = _environment.from_string(source).render(values)
    except TemplateError as error:
        raise Invalid("template.unrenderable", said=str(error)[:200]) from None
    if len(text) > LONGEST:
        raise Invalid("template.too_large", size=len(text), most=LONGEST)
    return text


def _forbidden(tree: nodes.Template, names: list[str]) -> Iterator[Problem]:
    places = 0
    for node, depth in _all(tree):
        if depth > MOST_LEVELS:
            yield Problem("template.too_deep", node.lineno)
            return
        if not isinstance(node, ALLOWED):
            yield Problem("template.forbidden", node.lineno, params={"what": type(node).__name__.lower()})
            return
        if isinstance(node, nodes.Filter) and not _is_harmless(node):
            yield Problem("template.forbidden", node.lineno, params={"what": node.name})
        if isinstance(node, nodes.Name):
            places += 1
            if node.name not in names:
                params = {"name": node.name[:100], "known": names}
                yield Problem("template.unknown_value", node.lineno, params=params)
            if places == MOST_PLACES + 1:
                yield Problem("template.too_many_values", node.lineno, params={"most": MOST_PLACES})


def _all(tree: nodes.Node) -> Iterator[tuple[nodes.Node, int]]:
    """Every node in the source's order with its depth, without recursion: a template may be deep."""
    waiting: list[tuple[nodes.Node, int]] = [(tree, 0)]
    while waiting:
        node, depth = waiting.pop()
        yield node, depth
        waiting.extend((child, depth + 1) for child in reversed(list(node.iter_child_nodes())))


def _is_harmless(node: nodes.Filter) -> bool:
    """A known filter without arguments; `replace` with two texts of which the second is no longer."""
    if node.name not in FILTERS or node.kwargs or node.dyn_args or node.dyn_kwargs:
        return False
    texts = [one.value for one in node.args if isinstance(one, nodes.Const) and isinstance(one.value, str)]
    if node.name != "replace":
        return not node.args
    return len(texts) == len(node.args) == 2 and len(texts[0]) >= max(1, len(texts[1]))
