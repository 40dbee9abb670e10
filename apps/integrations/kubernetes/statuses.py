"""From a Kubernetes Status to an IntegrationError in our own words, with the field or right to fix.

Must not: show a message untrimmed (it may hold a whole object), or send anything.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from apps.common.errors import IntegrationError, NotFound, Rejected, Unavailable
from apps.integrations.answers import Answer
from apps.integrations.errors import retry_after
from apps.integrations.kubernetes import refusals
from apps.integrations.kubernetes.paths import KINDS

RIGHT = re.compile(
    r'cannot (?P<verb>\w+) resource "(?P<resource>[^"]+)"(?: in API group "[^"]*")?'
    r'(?: in the namespace "(?P<namespace>[^"]+)")?'
)
TERMINATING = re.compile(r"in namespace (?P<namespace>\S+) because it is being terminated")
DENIED_BY = re.compile(r'admission webhook "(?P<webhook>[^"]+)" denied the request')
MISSING = {
    "deployments": "kubernetes.deployment_missing",
    "pods": "kubernetes.pod_missing",
    "namespaces": "kubernetes.namespace_missing",
}


def status_of(answer: Answer) -> dict[str, Any]:
    """The Status of an error answer; {} when the body is something else (an unknown path answers plain text)."""
    try:
        found = json.loads(answer.body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) and found.get("kind") == "Status" else {}


def explain(answer: Answer, quote: Callable[[str], str]) -> IntegrationError | None:
    """The error of an answered Status; None where its HTTP status alone says enough."""
    status = status_of(answer)
    if not status:
        return None
    return from_status(status, answer.about, quote, wait=retry_after(answer.headers))


def from_status(
    status: dict[str, Any], about: dict[str, Any], quote: Callable[[str], str], wait: float | None = None
) -> IntegrationError | None:
    """The error of a Status, from an answer, a watch's ERROR event or an exec's channel 3."""
    code, said = int(status.get("code") or 0), str(status.get("message") or "")
    details: dict[str, Any] = status.get("details") or {}
    kind, name = str(details.get("kind", "")), str(details.get("name", ""))
    named = {"kind": kind, "object": name, "place": name, "said": quote(said), **about}
    webhook = DENIED_BY.search(said)
    if webhook:
        return Rejected("kubernetes.admission_refused", webhook=webhook["webhook"], **named)
    if code == 403:
        return _forbidden(said, details, named)
    refused = refusals.explain(code, said, details, named)
    if refused is not None:
        return refused
    if code == 404:
        known = MISSING.get(kind, "kubernetes.object_missing" if kind in KINDS else "")
        return NotFound(known, **named) if known else None
    if code == 409 and status.get("reason") != "AlreadyExists":
        causes = [c for c in details.get("causes") or [] if c.get("reason") == "FieldManagerConflict"]
        if causes:
            return Rejected("kubernetes.field_conflict", fields_owned=[str(c.get("field")) for c in causes], **named)
        return Rejected("kubernetes.conflict", retryable=True, **named)
    if code == 410:
        return Unavailable("kubernetes.expired", **named)
    if code == 422:
        causes = details.get("causes") or [{}]
        return Rejected("kubernetes.invalid", path=str(causes[0].get("field", "")), **named)
    if code == 429:
        seconds = details.get("retryAfterSeconds")
        return Unavailable("outside.rate_limited", retry_after=wait if wait is not None else seconds, **about)
    return None


def _forbidden(said: str, details: dict[str, Any], named: dict[str, Any]) -> IntegrationError:
    if "exceeded quota" in said or "failed quota" in said:
        return Rejected("kubernetes.quota_exceeded", **named)
    if "status unknown for quota" in said:
        # A quota just made: its controller has not counted yet, and until then nothing passes.
        return Rejected("kubernetes.quota_not_counted", retryable=True, **named)
    terminating = TERMINATING.search(said)
    if terminating:
        return Rejected("kubernetes.namespace_terminating", namespace=terminating["namespace"], **named)
    right = RIGHT.search(said)
    if right is None:
        return Rejected("kubernetes.refused", **named)
    return Rejected(
        "kubernetes.forbidden",
        verb=right["verb"],
        resource=right["resource"],
        namespace=right["namespace"] or "",
        field="token",
        **named,
    )
