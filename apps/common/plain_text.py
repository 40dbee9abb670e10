"""Answers that are plain text with an entity tag, asked for again with `If-None-Match` (RFC 9110, 13).

Must not: be kept by a cache without asking; decide who may read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import http_date, quote_etag
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request

TEXT = "text/plain; charset=utf-8"


class AnyAccept(BaseContentNegotiation):
    """The answer is a text whatever the client prefers; errors stay JSON."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


def digest_of(text: str) -> str:
    """An entity tag's content for a text: equal texts have equal tags."""
    return hashlib.sha256(text.encode()).hexdigest()


def conditional_text(
    request: HttpRequest, text: Callable[[], str], *, digest: str, modified_at: datetime | None = None
) -> HttpResponseBase:
    """200 with the text, or 304 when the client has it; `text` is called for the first only.

    digest: of the text, its strong entity tag; modified_at: when it became what it is.
    """
    response = HttpResponse(content_type=TEXT)
    response["ETag"] = quote_etag(digest)
    response["Cache-Control"] = "no-cache"
    seconds = None
    if modified_at is not None:
        seconds = int(modified_at.timestamp())
        response["Last-Modified"] = http_date(seconds)
    answer = get_conditional_response(request, etag=response["ETag"], last_modified=seconds, response=response)
    if answer is response:
        response.content = text().encode()
    assert answer is not None  # it is the response given, or one of its own
    return answer
