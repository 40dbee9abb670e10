"""The two shapes of "too many requests", as fault scripts.

Must not: count requests; a test says which calls are struck.
"""

from __future__ import annotations

import time
from email.utils import formatdate

from apps.sandbox.base.faults import Fault


def rate_limited(kind: str, *, times: int = 1, retry_after: int = 1, limit: int = 600) -> Fault:
    """Rack::Attack's answer: 429, text/plain, with `Retry-After` and the RateLimit headers."""
    reset = int(time.time()) + retry_after
    headers = {
        "Content-Type": "text/plain",
        "RateLimit-Name": "throttle_authenticated_api",
        "RateLimit-Limit": str(limit),
        "RateLimit-Observed": str(limit + 1),
        "RateLimit-Remaining": "0",
        "RateLimit-Reset": str(reset),
        "RateLimit-ResetTime": formatdate(reset, usegmt=True),
        "Retry-After": str(retry_after),
    }
    return Fault(kind, "status", times=times, status=429, body="Retry later\n", headers=headers)


def application_limited(kind: str, *, times: int = 1) -> Fault:
    """The application's own limiter: 429, JSON with an object as message, no `Retry-After`."""
    body = '{"message":{"error":"This endpoint has been requested too many times. Try again later."}}'
    headers = {"Content-Type": "application/json"}
    return Fault(kind, "status", times=times, status=429, body=body, headers=headers)
