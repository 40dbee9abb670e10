"""The shapes in which GitLab says no: `message` string, list or object, `error`, or the OAuth2 body.

Handlers raise `ApiError`; one middleware turns it into the answer. Must not: know any endpoint.
"""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from apps.sandbox.base.server import Handler


class ApiError(Exception):
    """A refusal: status, JSON body and headers exactly as they go out."""

    def __init__(self, status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body
        self.headers = headers or {}


def message(status: int, text: Any) -> ApiError:
    """`{"message": …}`: services, models and `render_api_error!`."""
    return ApiError(status, {"message": text})


def not_found(thing: str = "") -> ApiError:
    """`404 Tag Not Found`, or `404 Not Found` without a thing."""
    return message(404, f"404 {thing} Not Found" if thing else "404 Not Found")


def forbidden(reason: str = "") -> ApiError:
    """Role too small."""
    return message(403, f"403 Forbidden - {reason}" if reason else "403 Forbidden")


def unauthorized() -> ApiError:
    """Nobody is signed in where somebody is needed."""
    return message(401, "401 Unauthorized")


def invalid(text: str) -> ApiError:
    """Parameter validation: the key is `error`, not `message`."""
    return ApiError(400, {"error": text})


def bad_token(description: str) -> ApiError:
    """A token that is unknown, expired or revoked: OAuth2 body and `WWW-Authenticate`."""
    challenge = f'Bearer realm="Protected by OAuth 2.0", error="invalid_token", error_description="{description}"'
    return ApiError(401, {"error": "invalid_token", "error_description": description}, {"WWW-Authenticate": challenge})


def insufficient_scope(needed: str) -> ApiError:
    """A token whose scopes do not cover the call; GitLab sends no `WWW-Authenticate` here."""
    return ApiError(
        403,
        {
            "error": "insufficient_scope",
            "error_description": "The request requires higher privileges than provided by the access token.",
            "scope": needed,
        },
    )


def answer(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """A JSON answer; Chinese text stays readable on the wire."""
    text = json.dumps(body, ensure_ascii=False)
    return web.Response(status=status, text=text, content_type="application/json", headers=headers)


@web.middleware
async def error_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn refusals and unknown routes into GitLab's bodies."""
    try:
        return await handler(request)
    except ApiError as error:
        return answer(error.body, error.status, error.headers)
    except web.HTTPNotFound:
        if not request.path.startswith("/api/"):
            raise
        return answer({"error": "404 Not Found"}, 404)
    except web.HTTPMethodNotAllowed as error:
        return answer({"error": "405 Not Allowed"}, 405, {"Allow": error.headers.get("Allow", "")})
