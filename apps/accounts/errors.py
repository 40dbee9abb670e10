"""What can go wrong when people sign in. Must not: tell an unknown name from a wrong password."""

from __future__ import annotations

from apps.common.errors import DomainError, Missing, Unauthenticated


class LoginFailed(Unauthenticated):
    """Name or password are wrong, or the user is disabled: one answer for all three."""

    code = "login_failed"


class LoginThrottled(DomainError):
    """Too many attempts for this name from this address (429)."""

    code = "login_throttled"
    http_status = 429

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds=seconds)
        self.retry_after = seconds


class TokenRefused(Unauthenticated):
    """The API token is unknown, expired, revoked or its user is disabled."""

    code = "token_invalid"


class LinkGone(Missing):
    """The link is unknown, used, expired or revoked, or its person disabled: one answer for all."""

    code = "account_link.gone"
