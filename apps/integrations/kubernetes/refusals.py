"""Why a cluster refused an object, in our own words: whose field, which field for ever fixed, unknown, too large.

Must not: send anything, or show a value out of a refused object: a Secret's values stand in messages, too.
"""

from __future__ import annotations

import re
from typing import Any

from apps.common.errors import IntegrationError, Rejected, Unavailable

MOST_CONFLICTS = 20
MOST_FIELDS = 10
LONGEST_PATH = 200
# structured-merge-diff's and apiserver's wording; `at` stands there from a manager whose entry has a time to show.
CONFLICT = re.compile(
    r'^conflict with "(?P<manager>(?:[^"\\]|\\.)*)"(?: with subresource "(?P<subresource>[^"]*)")?'
    r"(?: using (?P<version>\S+))?(?: at \S+)?$"
)
UNTYPED = "failed to create typed patch object"
UNDECLARED = re.compile(r"(?P<path>\S+): field not declared in schema")
STRICT = re.compile(r'unknown field \\?"(?P<path>[^"\\]+)')
TYPED = re.compile(r"^(?:errors:)?\s*(?P<path>\.\S*?): ")
IMMUTABLE = re.compile(
    r"field is immutable|may not change once set|is immutable after creation|updates to statefulset spec for fields"
    r"|pod updates may not change fields"
)
WEBHOOK_DOWN = re.compile(r'failed calling webhook "(?P<webhook>[^"]+)"')
POLICY = re.compile(r"ValidatingAdmissionPolicy '(?P<policy>[^']+)'.* denied request")
# A ConfigMap's or Secret's data; of other fields "Too long" is about that field.
WHOLE_OBJECT = ("[]", "data", "")


def explain(code: int, said: str, details: dict[str, Any], named: dict[str, Any]) -> IntegrationError | None:
    """The error of a refused object; None where its status says it better.

    `named` is what every error carries: kind, object, place, said, about.
    """
    if code in (400, 500) and UNTYPED in said:
        # Up to 1.36 apiserver answers 500 for it, yet nothing was tried: neither unknown nor to be repeated.
        return _untyped(said, named)
    if code == 500:
        return _broken(said, named)
    if code == 413:
        return Rejected("kubernetes.too_large", **named)
    if code in (400, 422) and "strict decoding error" in said:
        return _unknown(STRICT.findall(said), named)
    if code == 409:
        return _conflict(said, details, named)
    return _invalid(said, details, named) if code == 422 else None


def _untyped(said: str, named: dict[str, Any]) -> Rejected:
    reason = said.partition(UNTYPED)[2].partition("): ")[2]
    undeclared = UNDECLARED.findall(reason)
    if undeclared:
        return _unknown([path.lstrip(".") for path in undeclared], named)
    found = TYPED.search(reason)
    return Rejected("kubernetes.invalid", path=_short(found["path"].lstrip(".")) if found else "", **named)


def _unknown(paths: list[str], named: dict[str, Any]) -> Rejected:
    # The message of a patch begins with the whole object: it is not shown.
    return Rejected("kubernetes.unknown_field", paths=[_short(p) for p in paths[:MOST_FIELDS]], **{**named, "said": ""})


def _broken(said: str, named: dict[str, Any]) -> IntegrationError | None:
    down = WEBHOOK_DOWN.search(said)
    if down:
        # Admission comes before storage: nothing was written.
        return Unavailable("kubernetes.webhook_unreachable", webhook=down["webhook"], **named)
    if "request is too large" in said:
        return Rejected("kubernetes.too_large", **named)
    return None


def _conflict(said: str, details: dict[str, Any], named: dict[str, Any]) -> IntegrationError | None:
    if "the UID in the precondition" in said:
        return Rejected("kubernetes.replaced", **named)
    causes = [c for c in details.get("causes") or [] if c.get("reason") == "FieldManagerConflict"]
    owners = [(str(c.get("field", "")), CONFLICT.match(str(c.get("message", "")))) for c in causes]
    known = [(field, owner) for field, owner in owners if owner]
    if not known:
        return None
    conflicts = [
        {"field": _short(field.lstrip(".")), "manager": owner["manager"], "subresource": owner["subresource"] or ""}
        for field, owner in known[:MOST_CONFLICTS]
    ]
    told = [f"{one['field']} ({shown_owner(one)})" for one in conflicts]
    more = len(causes) - len(conflicts)
    if more:
        told.append(f"+{more}")
    return Rejected("kubernetes.apply_conflict", conflicts=conflicts, fields_owned=told, more=more, **named)


def shown_owner(conflict: dict[str, str]) -> str:
    """The owner of a field as a person knows it: `kubectl edit`, `kubectl scale`, `opsportal-image`."""
    manager, subresource = conflict["manager"], conflict["subresource"]
    if manager.startswith("kubectl-"):
        return manager.replace("-", " ", 1)
    return f"{manager} /{subresource}" if subresource else manager


def _invalid(said: str, details: dict[str, Any], named: dict[str, Any]) -> IntegrationError | None:
    policy = POLICY.search(said)
    if policy:
        return Rejected("kubernetes.admission_refused", webhook=policy["policy"], **named)
    causes = [c for c in details.get("causes") or [] if isinstance(c, dict)]
    fixed = [_short(str(c.get("field", ""))) for c in causes if IMMUTABLE.search(str(c.get("message", "")))]
    if fixed:
        return Rejected("kubernetes.immutable_field", paths=fixed[:MOST_FIELDS], **named)
    for cause in causes:
        if cause.get("reason") == "FieldValueTooLong" and str(cause.get("field", "")) in WHOLE_OBJECT:
            return Rejected("kubernetes.too_large", **named)
    return None


def _short(path: str) -> str:
    return path if len(path) <= LONGEST_PATH else path[: LONGEST_PATH - 1] + "…"
