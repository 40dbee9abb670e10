"""Walks every route and names those that declare no action: a new route without one fails the build.

Must not: be used while serving; tests and the system check call it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from apps.policy.permissions import DeclaredAction, declared_action

_FOREIGN = ("drf_spectacular.",)  # the schema and its pages are open to everybody


def undeclared_routes(urlconf: str | None = None, prefix: str = "api/") -> list[str]:
    """`METHOD path` of each API route without an existing policy action or without the permission that asks for it."""
    problems: list[str] = []
    for route, callback in _routes(get_resolver(urlconf).url_patterns, ""):
        if route.startswith(prefix):
            problems += [f"{method} {route}" for method in _undeclared(callback)]
    return problems


def _routes(patterns: Any, before: str) -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield route, pattern.callback


def _undeclared(callback: Any) -> list[str]:
    view = getattr(callback, "cls", None) or getattr(callback, "view_class", None)
    if callback.__module__.startswith(_FOREIGN) or getattr(view, "__module__", "").startswith(_FOREIGN):
        return []
    if view is None or DeclaredAction not in getattr(view, "permission_classes", ()):
        return ["ANY"]
    by_method: dict[str, str | None] = getattr(callback, "actions", None) or {
        name: None for name in view.http_method_names if name != "options" and hasattr(view, name)
    }
    return [
        method.upper()
        for method, action_name in by_method.items()
        if declared_action(view, method.upper(), action_name) is None
    ]
