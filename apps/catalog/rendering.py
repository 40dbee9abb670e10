"""Rendering a Dockerfile from a template row: sandboxed, without loops, values only (law 9, B4).

Must not: accept user text as template source, or give a template anything but the named plain values.
"""

from __future__ import annotations

from jinja2 import StrictUndefined, TemplateError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from apps.common.errors import Invalid

FORBIDDEN = (
    nodes.For,
    nodes.Macro,
    nodes.Call,
    nodes.CallBlock,
    nodes.Import,
    nodes.FromImport,
    nodes.Include,
    nodes.Extends,
)
LONGEST = 64 * 1024
_environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True)


def check_template(source: str) -> None:
    """Refuse a template that does not parse, or that could loop, call or include."""
    try:
        tree = _environment.parse(source)
    except TemplateError as error:
        raise Invalid("template.unparsable", line=getattr(error, "lineno", 0), said=str(error.message)[:200]) from None
    for forbidden in tree.find_all(FORBIDDEN):
        raise Invalid("template.forbidden", line=forbidden.lineno, what=type(forbidden).__name__.lower())


def render_dockerfile(source: str, values: dict[str, str]) -> str:
    """The Dockerfile's text; Invalid when a value is missing or it grows beyond 64 KiB."""
    check_template(source)
    try:
        text = _environment.from_string(source).render(values)
    except TemplateError as error:
        raise Invalid("template.unrenderable", said=str(error.message)[:200]) from None
    if len(text) > LONGEST:
        raise Invalid("template.too_large", size=len(text), most=LONGEST)
    return text
