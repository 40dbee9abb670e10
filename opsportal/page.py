"""The one HTML page of the browser application, for every path that is not the API's (D28), and its content policy.

Must not: touch the database or the session (it shows while both are away; the application asks the API who is there),
or hold a script or a style of its own.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.common.errors_api import language_of
from opsportal.bundle import PREFIX, read_bundle

# not the page's: `/api`, `/static/…` and so on stay 404 when nothing is there
PAGE_PATHS = r"^(?!(?:api|hosts|hooks|static|ws|healthz|readyz|metrics|favicon\.ico|robots\.txt)(?:/|$))"
NOTHING = {
    "default-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}
# the schema page of drf-spectacular brings a style block and sets styles on elements
API_PAGE = {
    **NOTHING,
    "script-src": "'self'",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
}
PERMISSIONS = (
    "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), "
    "midi=(), payment=(), publickey-credentials-get=(), usb=(), clipboard-read=(self), clipboard-write=(self), "
    "fullscreen=(self)"
)
View = Callable[..., Any]


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """The application, or, where it has not been built, one sentence that says what to run."""
    bundle = read_bundle(_folder())
    language = language_of(request)
    if bundle is None:
        missing = render(request, "no-pages.html", {"language": language}, status=503)
        return _guarded(missing, NOTHING)
    nonce = secrets.token_urlsafe(16)
    context = {"bundle": bundle, "language": language, "nonce": nonce, "base": f"{settings.STATIC_URL}{PREFIX}/"}
    return _guarded(render(request, "page.html", context), _policy(request, nonce))


def _folder() -> Path | None:
    """Where the files are served from: what `collectstatic` copied, or (demo, tests) the build itself."""
    collected: Path | None = settings.STATIC_ROOT
    built: Path | None = settings.UI_DIR
    return collected / PREFIX if collected and built else built


def with_policy(view: View, policy: dict[str, str]) -> View:
    """A page of somebody else's with a content policy of ours."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return _guarded(view(request, *args, **kwargs), policy)

    return guarded


def _policy(request: HttpRequest, nonce: str) -> dict[str, str]:
    """Scripts from here only; styles also from the component library, which marks its own with the nonce."""
    socket = f"{'wss' if request.is_secure() else 'ws'}://{request.get_host()}"  # 'self' alone is not enough everywhere
    return {
        **NOTHING,
        "script-src": "'self'",
        "style-src": f"'self' 'nonce-{nonce}'",
        "style-src-attr": "'unsafe-inline'",  # colours of the terminal without a graphics card; elements need the nonce
        "font-src": "'self' data:",
        "img-src": "'self' data:",
        "connect-src": f"'self' {socket}",
        "manifest-src": "'self'",
        "form-action": "'self'",
    }


def _guarded(response: HttpResponse, policy: dict[str, str]) -> HttpResponse:
    response["Content-Security-Policy"] = "; ".join(f"{name} {value}" for name, value in policy.items())
    response["Permissions-Policy"] = PERMISSIONS
    response["Cross-Origin-Opener-Policy"] = "same-origin"
    response["Cache-Control"] = "no-store"
    return response
