"""The shapes of a registry's answers: JSON bodies, the error envelope, plain texts, absolute locations.

Spellings are those of distribution 3.x, and of 2.8 where that differs. Must not: decide anything.
"""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from apps.sandbox.registry.editions import Edition

# code: (status, message)
CODES: dict[str, tuple[int, str]] = {
    "UNKNOWN": (500, "unknown error"),
    "UNSUPPORTED": (405, "The operation is unsupported."),
    "UNAUTHORIZED": (401, "authentication required"),
    "DIGEST_INVALID": (400, "provided digest did not match uploaded content"),
    "SIZE_INVALID": (400, "provided length did not match content length"),
    "RANGE_INVALID": (416, "invalid content range"),
    "NAME_UNKNOWN": (404, "repository name not known to registry"),
    "MANIFEST_UNKNOWN": (404, "manifest unknown"),
    "MANIFEST_INVALID": (400, "manifest invalid"),
    "MANIFEST_BLOB_UNKNOWN": (400, "blob unknown to registry"),
    "BLOB_UNKNOWN": (404, "blob unknown to registry"),
    "BLOB_UPLOAD_UNKNOWN": (404, "blob upload unknown to registry"),
    "BLOB_UPLOAD_INVALID": (404, "blob upload invalid"),
    "PAGINATION_NUMBER_INVALID": (400, "invalid number of results requested"),
}
ABSENT = object()
_SAME = object()


class RefusalError(Exception):
    """Raised below the handlers with what the client is to be told; `old` is the detail that 2.8 gives instead."""

    def __init__(self, code: str, detail: Any = ABSENT, message: str | None = None, *, old: Any = _SAME) -> None:
        super().__init__(code)
        self.errors = [_error(code, detail, message)]
        self._old_errors = self.errors if old is _SAME else [_error(code, old, message)]
        self.status = CODES[code][0]

    @classmethod
    def several(cls, code: str, details: list[Any]) -> RefusalError:
        """One code, one entry per detail."""
        refusal = cls(code)
        refusal.errors = refusal._old_errors = [_error(code, detail, None) for detail in details]
        return refusal

    def reply(self, edition: Edition, headers: dict[str, str] | None = None) -> web.Response:
        """The error envelope."""
        errors = self._old_errors if edition.is_old else self.errors
        return json_reply({"errors": errors}, edition, status=self.status, headers=headers)


def _error(code: str, detail: Any, message: str | None) -> dict[str, Any]:
    error = {"code": code, "message": message or CODES[code][1]}
    if detail is not ABSENT:
        error["detail"] = detail
    return error


def json_reply(body: Any, edition: Edition, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """Compact JSON with a line end, `application/json`; only 2.8 names the charset."""
    content = json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
    kind, charset = "application/json", "utf-8" if edition.is_old else None
    return web.Response(status=status, body=content, content_type=kind, charset=charset, headers=headers)


def text_reply(status: int, text: str, headers: dict[str, str] | None = None) -> web.Response:
    """A plain line, for what never reaches the registry's own handlers."""
    return web.Response(
        status=status, text=text + "\n", headers={**(headers or {}), "X-Content-Type-Options": "nosniff"}
    )


def empty_reply(status: int, headers: dict[str, str] | None = None) -> web.Response:
    """Headers only."""
    return web.Response(status=status, headers=headers)


def absolute(request: web.Request, path: str) -> str:
    """A location as the registry writes it: scheme and Host of the request, then the path."""
    return f"{request.scheme}://{request.host}{path}"
