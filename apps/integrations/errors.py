"""From status codes and broken connections to IntegrationErrors: the place where the retry bit is decided (law 4).

Must not: put a secret, a header or a whole foreign body into params; `said` is one short, scrubbed line.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp

from apps.common.errors import IntegrationError, NotFound, Rejected, Unavailable

LONGEST_WAIT = 3600.0
SAID_LENGTH = 300
# After these a write may have been done although the answer is an error: a proxy gave up, or a handler broke midway.
DOUBTFUL = frozenset({500, 502, 504})


class ForbiddenAddressError(OSError):
    """A host name resolved to an address that the portal never calls (see `outbound.py`)."""


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Seconds asked for by Retry-After (a number or a date), bounded; None when absent or unreadable.

    A date is the answering server's: it counts from the answer's own Date, whatever this machine's clock says.
    """
    value = headers.get("Retry-After", "").strip()
    if not value:
        return None
    if value.isdigit():
        return min(float(value), LONGEST_WAIT)
    until = _date(value)
    if until is None:
        return None
    since = now or _date(headers.get("Date", "")) or datetime.now(UTC)
    return min(max((until - since).total_seconds(), 0.0), LONGEST_WAIT)


def _date(value: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(value)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def quote(text: str, secrets: Iterable[str] = ()) -> str:
    """What an outside system said, as one short line without any of `secrets`."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "***")
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= SAID_LENGTH else line[: SAID_LENGTH - 1] + "…"


def from_status(
    status: int, headers: Mapping[str, str], *, about: dict[str, Any], said: str, is_write: bool
) -> IntegrationError:
    """The error of an answer nobody explained better. `about` holds system, name and what."""
    wait = retry_after(headers)
    if status == 401:
        return Rejected("outside.unauthorized", field="token", **about)
    if status == 403:
        return Rejected("outside.forbidden", said=said, **about)
    if status in (404, 410):
        return NotFound("outside.not_found", said=said, **about)
    if status in (409, 412):
        return Rejected("outside.conflict", said=said, **about)
    if status == 429:
        return Unavailable("outside.rate_limited", retry_after=wait, **about)
    if status == 413:
        return Rejected("outside.invalid", status=status, said=said, **about)
    if status >= 500:
        doubt = is_write and status in DOUBTFUL
        return Unavailable("outside.unavailable", status=status, retry_after=wait, unknown=doubt, said=said, **about)
    if 300 <= status < 400:
        return Rejected("outside.redirected", status=status, **about)
    return Rejected("outside.invalid", status=status, said=said, **about)


def from_exception(error: BaseException, *, about: dict[str, Any], seconds: float) -> IntegrationError:
    """The error of a connection that could not be made, broke, or stayed silent."""
    cause = getattr(error, "os_error", None) or error.__cause__
    forbidden = isinstance(error, ForbiddenAddressError) or isinstance(cause, ForbiddenAddressError)
    if forbidden or isinstance(error, aiohttp.InvalidURL):
        return Rejected("outside.address_refused", **about)
    if isinstance(error, aiohttp.ClientSSLError | ssl.SSLError) or isinstance(cause, ssl.SSLError):
        return Rejected("outside.tls", said=quote(_tls_reason(error)), **about)
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return Unavailable("outside.timeout", seconds=round(seconds, 1), **about)
    if isinstance(error, TimeoutError):
        return Unavailable("outside.timeout", unknown=True, seconds=round(seconds, 1), **about)
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return Unavailable("outside.dns", **about)
    if isinstance(error, aiohttp.ClientConnectorError):
        return Unavailable("outside.unavailable", status=0, said="", **about)
    if isinstance(error, aiohttp.ClientResponseError):
        return Rejected("outside.bad_answer", unknown=True, **about)
    # Disconnected, reset, payload cut short: the request was sent, so it may have been accepted.
    return Unavailable("outside.dropped", unknown=True, **about)


def _tls_reason(error: BaseException) -> str:
    inner: Any = getattr(error, "certificate_error", None) or getattr(error, "os_error", None) or error
    return str(getattr(inner, "verify_message", "") or getattr(inner, "reason", "") or type(inner).__name__)
