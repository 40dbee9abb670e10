"""A project's callback: one POST to an address that its owners chose, and what the receiver answers (P2).

The receiver is trusted with nothing. Must not: follow a redirect, send a credential, go where `outbound` forbids, read
more of an answer than is shown of it, or judge what a refusal means for the caller.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from yarl import URL

from apps.common.errors import IntegrationError, Invalid, Rejected
from apps.common.logs import HIDDEN, scrub_text
from apps.integrations import outbound
from apps.integrations.http import Http

SYSTEM, WHAT = "Callback", "callback"
READ_BYTES = 16 * 1024
SHOWN_CHARACTERS = 500
SHORTEST_SECRET = 4
ANY_STATUS = range(100, 600)


@dataclass(frozen=True)
class Said:
    """What a receiver answered. text: the beginning of its answer, plain, at most 500 characters, without what looks like a
    secret. error: what its status means; None when it took the call."""

    status: int
    text: str
    error: IntegrationError | None


def url_problem(url: str, *, allow_loopback: bool) -> str:
    """The code of what keeps this address from being called back, "" when nothing does.

    https alone, but for http to this very machine where that may be called at all (demo, tests).
    """
    try:
        parts = URL(url)
        host = parts.host or ""
        if parts.user is not None or parts.password is not None:
            return "https_url"
        outbound.check_url(str(parts.with_query(None).with_fragment(None)), allow_loopback=allow_loopback)
    except Invalid as refused:
        return "https_url" if refused.code == "integration.url_invalid" else refused.code
    except ValueError:
        return "https_url"
    is_here = host == "localhost" or outbound.is_loopback(host)
    return "" if parts.scheme == "https" or (is_here and allow_loopback) else "https_url"


def shown(url: str) -> str:
    """The address as it may be told: without its query, which may hold the receiver's secret."""
    parts = URL(url)
    return str(parts.with_query(None).with_fragment(None)) + ("?…" if parts.query_string else "")


async def send_callback(url: str, body: dict[str, Any], *, key: str, seconds: float, allow_loopback: bool) -> Said:
    """POST the body as JSON. Key: the header Idempotency-Key. May be repeated with the same key.

    An answer of any status is `Said`; no answer is the IntegrationError of the connection. TLS is checked against the
    machine's own authorities.
    """
    if url_problem(url, allow_loopback=allow_loopback):
        raise Rejected("outside.address_refused", system=SYSTEM, name=shown_host(url), what=WHAT)
    target = URL(url).with_fragment(None)
    secrets = [value for value in target.query.values() if len(value) >= SHORTEST_SECRET]
    http = Http(
        str(target.origin()),
        system=SYSTEM,
        name=shown_host(url),
        timeout=seconds,
        allow_loopback=allow_loopback,
        secrets=secrets,
    )
    try:
        answer = await http.request(
            "POST",
            str(target),
            what=WHAT,
            json_body=body,
            headers={"Idempotency-Key": key},
            allow=ANY_STATUS,
            limit=READ_BYTES,
            cut=True,
        )
    finally:
        await http.sessions.close()
    error = None if 200 <= answer.status < 300 else http.error_of(answer, is_write=True)
    return Said(answer.status, _plain(answer.body[:READ_BYTES].decode("utf-8", "replace"), secrets), error)


def shown_host(url: str) -> str:
    """Host and port, for people."""
    try:
        return URL(url).authority.rpartition("@")[2]
    except ValueError:
        return ""


def _plain(text: str, secrets: list[str]) -> str:
    """Lines of printable characters; scrubbed before it is cut, so that no secret is cut in two."""
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    lines = scrub_text(text).splitlines()
    clean = "\n".join("".join(c if c.isprintable() else " " for c in line).rstrip() for line in lines).strip()
    return clean if len(clean) <= SHOWN_CHARACTERS else clean[: SHOWN_CHARACTERS - 1] + "…"
