"""Errors in our own words: a code, params, an HTTP status. Sentences live in `messages/{en,zh}.json`.

Must not: carry prose, secrets or anything that a stored reason could not be rebuilt from.
"""

from __future__ import annotations

from typing import Any


class DomainError(Exception):
    """Something the product refuses or could not do. `params` are plain JSON values for the sentence of `code`."""

    code = "error"
    http_status = 400

    def __init__(self, code: str | None = None, *, fields: dict[str, Any] | None = None, **params: Any) -> None:
        self.code = code or self.code
        self.params = params
        self.fields = fields
        super().__init__(self.code, params)

    def as_reason(self) -> dict[str, Any]:
        """The form in which a reason is stored: `{"code": …, "params": {…}}`."""
        return {"code": self.code, "params": self.params}


class Invalid(DomainError):
    """The request's content is not acceptable (400)."""

    code = "invalid"


class Unauthenticated(DomainError):
    """Nobody is signed in (401)."""

    code = "not_authenticated"
    http_status = 401


class Denied(DomainError):
    """A member may see it but not do it (403)."""

    code = "forbidden"
    http_status = 403


class Missing(DomainError):
    """Not there, or not yours: the two look the same (404)."""

    code = "not_found"
    http_status = 404


class Conflict(DomainError):
    """The thing changed or is in another state (409)."""

    code = "conflict"
    http_status = 409


class InvalidTransition(Conflict):
    """The transition table has no such edge, or somebody else took it first."""

    code = "invalid_transition"


class IntegrationError(DomainError):
    """An outside system said no or could not be reached (502). `retryable` is decided in the adapter (law 4).

    `unknown` is true when the call may have been accepted (timeout, dropped connection): look the key up first.
    `retry_after` is what the outside asked for, in seconds.
    """

    code = "outside.error"
    http_status = 502
    retryable = False

    def __init__(
        self,
        code: str | None = None,
        *,
        system: str = "",
        retryable: bool | None = None,
        unknown: bool = False,
        retry_after: float | None = None,
        **params: Any,
    ) -> None:
        super().__init__(code, system=system, **params)
        self.system = system
        self.retryable = self.retryable if retryable is None else retryable
        self.unknown = unknown
        self.retry_after = retry_after


class NotFound(IntegrationError):
    """The outside does not have it."""

    code = "outside.not_found"


class Rejected(IntegrationError):
    """The outside said no: bad credential, missing right, refused content."""

    code = "outside.rejected"


class Unavailable(IntegrationError):
    """The outside could not be reached or is overloaded (503, retryable)."""

    code = "outside.unavailable"
    http_status = 503
    retryable = True


def is_reason(stored: Any) -> bool:
    """Whether a stored value has the form of `DomainError.as_reason`."""
    if not isinstance(stored, dict) or not isinstance(stored.get("code"), str):
        return False
    return isinstance(stored.get("params") or {}, dict)
