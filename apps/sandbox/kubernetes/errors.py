"""API errors as the API server words them, and the Status object they are answered with.

Must not: know of HTTP requests; routing decides who raises what.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from apps.sandbox.kubernetes.resources import BY_PLURAL, Resource

Details = dict[str, Any]


@dataclass(frozen=True)
class Cause:
    """One field error of a 422."""

    field: str
    message: str
    reason: str = "FieldValueInvalid"

    def as_json(self) -> Details:
        """As it stands in `details.causes`."""
        return {"reason": self.reason, "message": self.message, "field": self.field}


def required(field: str, why: str = "") -> Cause:
    """`field: Required value[: why]`."""
    return Cause(field, "Required value" + (f": {why}" if why else ""), "FieldValueRequired")


def field_forbidden(field: str, why: str) -> Cause:
    """`field: Forbidden: why`."""
    return Cause(field, f"Forbidden: {why}", "FieldValueForbidden")


def field_invalid(field: str, shown: str, why: str) -> Cause:
    """`field: Invalid value: shown: why` (shown as Go prints it)."""
    return Cause(field, f"Invalid value: {shown}: {why}")


def unsupported(field: str, shown: str, supported: list[str]) -> Cause:
    """`field: Unsupported value: …`."""
    quoted = ", ".join(f'"{s}"' for s in supported)
    return Cause(field, f"Unsupported value: {shown}: supported values: {quoted}", "FieldValueNotSupported")


class ApiError(Exception):
    """An answer other than success; `details` None is left out of the Status."""

    def __init__(
        self,
        code: int,
        reason: str,
        message: str,
        details: Details | None = None,
        *,
        headers: dict[str, str] | None = None,
        metadata: Details | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details
        self.headers = headers or {}
        self.metadata = metadata or {}

    def to_status(self) -> Details:
        """The Status object."""
        status: Details = {"kind": "Status", "apiVersion": "v1", "metadata": self.metadata, "status": "Failure"}
        status["message"] = self.message
        if self.reason:
            status["reason"] = self.reason
        if self.details is not None:
            status["details"] = self.details
        status["code"] = self.code
        return status


def _resource(resource: str | Resource) -> Resource | None:
    return BY_PLURAL.get(resource) if isinstance(resource, str) else resource


def qualified(resource: str | Resource) -> str:
    """`deployments.apps`, `pods`; an unknown name stands for itself."""
    known = _resource(resource)
    return known.qualified if known else str(resource)


def details_of(resource: str | Resource, name: str = "") -> Details:
    """`{"name", "group", "kind"}` with the plural as kind; empty parts are left out."""
    known = _resource(resource)
    parts = {"name": name, "group": known.group if known else "", "kind": known.plural if known else str(resource)}
    return {key: value for key, value in parts.items() if value}


def not_found(resource: str | Resource, name: str) -> ApiError:
    """404 of an object."""
    return ApiError(404, "NotFound", f'{qualified(resource)} "{name}" not found', details_of(resource, name))


def no_such_resource() -> ApiError:
    """404 of an unknown resource in a known group."""
    return ApiError(404, "NotFound", "the server could not find the requested resource", {})


def already_exists(resource: str | Resource, name: str) -> ApiError:
    """409 of a create."""
    message = f'{qualified(resource)} "{name}" already exists'
    return ApiError(409, "AlreadyExists", message, details_of(resource, name))


def conflict(resource: str | Resource, name: str, why: str = "") -> ApiError:
    """409 of a write with an old resourceVersion."""
    why = why or "the object has been modified; please apply your changes to the latest version and try again"
    message = f'Operation cannot be fulfilled on {qualified(resource)} "{name}": {why}'
    return ApiError(409, "Conflict", message, details_of(resource, name))


def precondition_failed(resource: Resource, name: str, what: str, given: str, actual: str) -> ApiError:
    """409 of a DELETE with preconditions; here `kind` is the Kind."""
    why = (
        f"the {what} in the precondition ({given}) does not match the {what} in record ({actual}). "
        "The object might have been deleted and then recreated"
        if what == "UID"
        else f"the {what} in the precondition ({given}) does not match the {what} in record ({actual}). "
        "The object might have been modified"
    )
    message = f'Operation cannot be fulfilled on {resource.kind} "{name}": {why}'
    return ApiError(409, "Conflict", message, {"name": name, "kind": resource.kind})


def invalid(kind: str, name: str, causes: list[Cause], group: str | None = None) -> ApiError:
    """422; `kind` is the Kind (its group is looked up unless given), or a qualified kind with group ""."""
    if group is None:
        group = next((r.group for r in BY_PLURAL.values() if r.kind == kind), "")
    details: Details = {"name": name, "group": group, "kind": kind, "causes": [c.as_json() for c in causes]}
    details = {key: value for key, value in details.items() if value}
    texts = [f"{c.field}: {c.message}" for c in causes]
    told = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    shown = f"{kind}.{group}" if group else kind
    return ApiError(422, "Invalid", f'{shown} "{name}" is invalid: {told}', details)


def options_invalid(kind: str, cause: Cause) -> ApiError:
    """422 about the options of a call (`PatchOptions.meta.k8s.io "" is invalid: …`)."""
    return invalid(kind, "", [cause], "meta.k8s.io")


def forbidden(resource: str | Resource, name: str, why: str, causes: list[Details] | None = None) -> ApiError:
    """403 of admission: `pods "p1" is forbidden: why`."""
    about = f'{qualified(resource)} "{name}"' if name else qualified(resource)
    details = details_of(resource, name)
    if causes:
        details["causes"] = causes
    return ApiError(403, "Forbidden", f"{about} is forbidden: {why}", details)


def unauthorized() -> ApiError:
    """401."""
    return ApiError(401, "Unauthorized", "Unauthorized")


def bad_request(message: str) -> ApiError:
    """400."""
    return ApiError(400, "BadRequest", message)


def unprocessable(message: str = "the server rejected our request due to an error in our request") -> ApiError:
    """422 without causes."""
    return ApiError(422, "Invalid", message, {})


def method_not_allowed() -> ApiError:
    """405."""
    message = "the server does not allow this method on the requested resource"
    return ApiError(405, "MethodNotAllowed", message, {})


def expired(message: str, metadata: Details | None = None) -> ApiError:
    """410; `reason` is Expired."""
    return ApiError(410, "Expired", message, metadata=metadata)


def internal(message: str) -> ApiError:
    """500 without a reason."""
    return ApiError(500, "", message)


def too_large(limit: int) -> ApiError:
    """413 of a body."""
    return ApiError(413, "RequestEntityTooLarge", f"Request entity too large: limit is {limit}")


def unsupported_media_type(message: str, details: Details | None = None) -> ApiError:
    """415."""
    return ApiError(415, "UnsupportedMediaType", message, details)


def too_many_requests(message: str, causes: list[Details]) -> ApiError:
    """429 of an eviction."""
    return ApiError(429, "TooManyRequests", message, {"causes": causes})


def too_large_resource_version(asked: int, current: int) -> ApiError:
    """504 of a resourceVersion from the future."""
    cause = {"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}
    return ApiError(
        504,
        "Timeout",
        f"Timeout: Too large resource version: {asked}, current: {current}",
        {"causes": [cause], "retryAfterSeconds": 1},
        headers={"Retry-After": "1"},
    )
