"""Request parameters: query string, form and JSON body as one mapping, and their checks.

Must not: know any endpoint.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from apps.sandbox.gitlab.errors import invalid

TRUE = {"true", "t", "1", "on", "yes"}
FALSE = {"false", "f", "0", "off", "no", ""}


async def params(request: web.Request) -> dict[str, Any]:
    """All parameters of the call; `name[]` gives a list. Read once, then kept on the request."""
    if "params" not in request:
        found: dict[str, Any] = {}
        _add(found, list(request.query.items()))
        if request.body_exists:
            await _add_body(request, found)
        request["params"] = found
    return request["params"]  # type: ignore[no-any-return]


async def _add_body(request: web.Request, found: dict[str, Any]) -> None:
    raw = await request.read()
    if request.content_type == "application/json":
        try:
            body = json.loads(raw or b"{}")
        except ValueError:
            raise invalid("The request body is not valid JSON") from None
        if isinstance(body, dict):
            found.update(body)
    elif request.content_type == "application/x-www-form-urlencoded":
        _add(found, parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True))
    elif request.content_type == "multipart/form-data":
        _add(found, [(k, v) for k, v in (await request.post()).items() if isinstance(v, str)])


def _add(found: dict[str, Any], pairs: list[tuple[str, str]]) -> None:
    for key, value in pairs:
        if key.endswith("[]"):
            found.setdefault(key[:-2], []).append(value)
        else:
            found[key] = value


def require(values: dict[str, Any], *names: str) -> None:
    """Refuse with `a is missing, b is missing`."""
    missing = [f"{name} is missing" for name in names if values.get(name) is None]
    if missing:
        raise invalid(", ".join(missing))


def one_of(values: dict[str, Any], name: str, allowed: tuple[str, ...], default: str) -> str:
    """An enumerated parameter."""
    value = values.get(name)
    if value in (None, ""):
        return default
    if value not in allowed:
        raise invalid(f"{name} does not have a valid value")
    return str(value)


def integer(values: dict[str, Any], name: str, default: int) -> int:
    """A whole number."""
    value = values.get(name)
    if value in (None, ""):
        return default
    try:
        return int(value)
    except (TypeError, ValueError):
        raise invalid(f"{name} is invalid") from None


def flag(values: dict[str, Any], name: str, default: bool = False) -> bool:
    """A boolean; null counts as false."""
    if name not in values:
        return default
    value = str(values[name] if values[name] is not None else "").lower()
    if value in TRUE or value in FALSE:
        return value in TRUE
    raise invalid(f"{name} is invalid")
