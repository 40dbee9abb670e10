"""`/hosts/<environment>.txt`: the current hosts file for machines, outside the API so that curl and wget take it.

The token comes as a bearer or as the password of basic authentication, never in the URL, where logs would keep it.
Must not: know sessions, or answer a stranger differently for an environment that exists.
"""

from __future__ import annotations

import base64
import binascii

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.http import require_safe

from apps.common.errors import DomainError
from apps.common.errors_api import language_of, problem_of
from apps.common.messages import sentence
from apps.common.plain_text import TEXT
from apps.projects.services.hosts_tokens import check_hosts_secret
from apps.projects.views_hosts import file_answer

# Basic first: wget looks at the first challenge of the header only.
CHALLENGE = 'Basic realm="hosts", charset="UTF-8", Bearer realm="hosts"'


@require_safe
def hosts_file(request: HttpRequest, environment: str) -> HttpResponseBase:
    """The file, or one sentence: 401 without a good token, 404 before the first version, 429 after five wrong ones."""
    try:
        found = check_hosts_secret(environment, secret_of(request), request.META.get("REMOTE_ADDR", ""))
        return file_answer(request, found)
    except DomainError as error:
        return _refusal(request, error)


def secret_of(request: HttpRequest) -> str:
    """The secret that the Authorization header carries (RFC 6750, 2.1; RFC 7617, 2); empty when it carries none."""
    scheme, _, value = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(value.strip(), validate=True).decode().partition(":")[2]
    except (binascii.Error, ValueError):
        return ""


def _refusal(request: HttpRequest, error: DomainError) -> HttpResponse:
    problem = problem_of(error)
    assert problem is not None  # every DomainError is one
    text = sentence(problem.code, problem.params, language_of(request))
    response = HttpResponse(f"{text}\n", status=problem.status, content_type=TEXT, headers=problem.headers)
    response["Cache-Control"] = "no-store"
    if problem.status == 401:
        response["WWW-Authenticate"] = CHALLENGE
    return response
