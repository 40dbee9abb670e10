"""Basic authentication as a registry with htpasswd does it: one challenge for every kind of bad credentials.

Must not: tell a wrong password from none, or answer 403.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from typing import Any

from aiohttp import web

from apps.sandbox.registry.replies import RefusalError

REALM = "registry"
_ACTIONS = {"GET": ["pull"], "HEAD": ["pull"], "DELETE": ["delete"]}


def is_allowed(request: web.Request, user: str, password: str) -> bool:
    """Whether the request carries exactly these Basic credentials."""
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return False
    try:
        given = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        return False
    return hmac.compare_digest(given, f"{user}:{password}".encode())


def challenge(request: web.Request) -> web.Response:
    """The 401 that names what the call would have needed."""
    return RefusalError("UNAUTHORIZED", _records(request)).reply({"WWW-Authenticate": f'Basic realm="{REALM}"'})


def _records(request: web.Request) -> list[dict[str, Any]] | None:
    repository = request.match_info.get("repository")
    if repository is None:
        return [_record("registry", "catalog", "*")] if request.path == "/v2/_catalog" else None
    records = [_record("repository", repository, action) for action in _ACTIONS.get(request.method, ["pull", "push"])]
    if source := request.query.get("from"):
        records.append(_record("repository", source, "pull"))
    return records


def _record(kind: str, name: str, action: str) -> dict[str, Any]:
    return {"Type": kind, "Class": "", "Name": name, "Action": action}
