"""One shape for every refused or failed request: `{"code", "params", "detail", "fields"?, "request_id"}`.

Must not: let a stack, an SQL text, a path or an exception's own words into an answer; those go to the log, where the
request id finds them.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.core.exceptions import ValidationError as ModelValidationError
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views import defaults
from psycopg_pool import PoolTimeout
from rest_framework import exceptions
from rest_framework.response import Response

from apps.common.errors import DomainError
from apps.common.messages import language_from_header, sentence
from apps.common.problems import field_problems, model_problems, with_sentences

log = structlog.get_logger(__name__)
DATABASE_DOWN = (OperationalError, InterfaceError, PoolTimeout)
_STATUS_CODES = {
    exceptions.NotAuthenticated: "not_authenticated",
    exceptions.AuthenticationFailed: "not_authenticated",
    exceptions.PermissionDenied: "forbidden",
    PermissionDenied: "forbidden",
    exceptions.NotFound: "not_found",
    Http404: "not_found",
    exceptions.MethodNotAllowed: "method_not_allowed",
    exceptions.NotAcceptable: "not_acceptable",
    exceptions.UnsupportedMediaType: "unsupported_media_type",
    exceptions.ParseError: "malformed",
    SuspiciousOperation: "malformed",
}
_hooks: list[Callable[[BaseException], None]] = []


@dataclass
class Problem:
    """An error on its way out."""

    code: str
    status: int
    params: dict[str, Any] = field(default_factory=dict)
    fields: dict[str, Any] | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def body(self, request: Any) -> dict[str, Any]:
        """The answer's content in the reader's language."""
        language = language_of(request)
        answer: dict[str, Any] = {
            "code": self.code,
            "params": self.params,
            "detail": sentence(self.code, self.params, language),
            "request_id": getattr(request, "request_id", ""),
        }
        if self.fields is not None:
            answer["fields"] = with_sentences(self.fields, language)
        return answer


def on_error(hook: Callable[[BaseException], None]) -> None:
    """Call `hook` with each exception that leaves a view, after its transaction has ended."""
    if hook not in _hooks:
        _hooks.append(hook)


def handle(exc: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler; what it does not know goes on to `handler500`."""
    for hook in _hooks:
        hook(exc)
    problem = problem_of(exc)
    request = context.get("request")
    if problem is None:
        return None
    _log(problem, exc)
    response = Response(problem.body(request), status=problem.status, headers=problem.headers)
    auth_header = getattr(exc, "auth_header", None)
    if problem.status == 401:
        response["WWW-Authenticate"] = auth_header or "Bearer"
    response.exception = True
    return response


def problem_of(exc: BaseException) -> Problem | None:
    """The problem that an exception stands for; None for a defect of ours."""
    if isinstance(exc, DomainError):
        headers = _retry_after(getattr(exc, "retry_after", None))
        fields = None if exc.fields is None else field_problems(exc.fields)
        return Problem(exc.code, exc.http_status, exc.params, fields, headers)
    if isinstance(exc, DATABASE_DOWN):
        return Problem("database_unavailable", 503, headers=_retry_after(2))
    if isinstance(exc, exceptions.ValidationError):
        return Problem("invalid", 400, fields=field_problems(exc.detail))
    if isinstance(exc, ModelValidationError):
        return Problem("invalid", 400, fields=model_problems(exc))
    if isinstance(exc, exceptions.Throttled):
        wait = math.ceil(getattr(exc, "wait", None) or 1)
        return Problem("throttled", 429, {"seconds": wait}, headers=_retry_after(wait))
    for kind, code in _STATUS_CODES.items():
        if isinstance(exc, kind):
            known = {"not_authenticated": 401, "not_found": 404, "forbidden": 403, "malformed": 400}
            return Problem(code, known[code] if code in known else int(getattr(exc, "status_code", 400)))
    if isinstance(exc, exceptions.APIException):
        return Problem("error", exc.status_code)
    return None


def language_of(request: Any) -> str:
    """The signed-in user's language (set by authentication), else the browser's."""
    chosen = getattr(request, "language", None)
    return str(chosen) if chosen else language_from_header(request.META.get("HTTP_ACCEPT_LANGUAGE", ""))


def json_response(problem: Problem, request: HttpRequest) -> JsonResponse:
    """The same shape for code outside DRF (middleware, Django's own handlers)."""
    return JsonResponse(problem.body(request), status=problem.status, headers=problem.headers)


def handler400(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's bad request."""
    if not _is_api(request):
        return defaults.bad_request(request, exception)
    return json_response(Problem("malformed", 400), request)


def handler403(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's permission denied."""
    if not _is_api(request):
        return defaults.permission_denied(request, exception)
    return json_response(Problem("forbidden", 403), request)


def handler404(request: HttpRequest, exception: Exception) -> HttpResponse:
    """No such route."""
    if not _is_api(request):
        return defaults.page_not_found(request, exception)
    return json_response(Problem("not_found", 404), request)


def handler500(request: HttpRequest) -> HttpResponse:
    """A defect, or a database that went away outside DRF; Django has logged the stack with the request id."""
    exc = sys.exc_info()[1]
    if isinstance(exc, DATABASE_DOWN):
        return json_response(Problem("database_unavailable", 503, headers=_retry_after(2)), request)
    if not _is_api(request):
        return defaults.server_error(request)
    return json_response(Problem("internal", 500), request)


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def _retry_after(seconds: float | None) -> dict[str, str]:
    return {} if seconds is None else {"Retry-After": str(max(1, math.ceil(seconds)))}


def _log(problem: Problem, exc: BaseException) -> None:
    if problem.status >= 500:
        log.warning("request_failed", code=problem.code, status=problem.status, params=problem.params, exc_info=exc)
    else:
        log.info("request_refused", code=problem.code, status=problem.status, params=problem.params)
