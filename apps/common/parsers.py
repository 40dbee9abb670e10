"""The API's JSON parser: bounded in size and depth, strict about characters.

Must not: interpret fields; `serializers.Strict…` do.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from apps.common.errors import DomainError, Invalid
from apps.common.payload import MAX_DEPTH, check_payload


class BodyTooLarge(DomainError):
    """More bytes than any request may carry (413)."""

    code = "body_too_large"
    http_status = 413


class StrictJSONParser(BaseParser):
    """UTF-8 JSON of at most MAX_BODY_BYTES and 64 levels, without NaN, NUL and lone surrogates."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        raw = stream.read(settings.MAX_BODY_BYTES + 1)
        if len(raw) > settings.MAX_BODY_BYTES:
            raise BodyTooLarge(max_bytes=settings.MAX_BODY_BYTES)
        try:
            data = json.loads(raw.decode("utf-8"), parse_constant=_no_constant)
        except RecursionError as error:
            raise Invalid("json_too_deep", max_depth=MAX_DEPTH) from error
        except ValueError as error:
            raise ParseError from error
        check_payload(data)
        return data


def _no_constant(name: str) -> None:
    raise ValueError(name)
