"""Request bodies: media types, decoding, kind checks and field validation.

Must not: default or check values.
"""

from __future__ import annotations

import json
from typing import Any

import yaml

from apps.sandbox.kubernetes import errors
from apps.sandbox.kubernetes.api import schema
from apps.sandbox.kubernetes.api.call import JSON, PROTOBUF, YAML, Call

Obj = dict[str, Any]
MEDIA_TYPES = ", ".join((JSON, YAML, PROTOBUF))
UNKNOWN_FORM = f"the body of the request was in an unknown format - accepted media types include: {MEDIA_TYPES}"


async def read_object(call: Call, kind: str, api_version: str) -> Obj:
    """The object of a POST or PUT, with kind and apiVersion, as it was sent."""
    media = call.request.headers.get("Content-Type", JSON).partition(";")[0].strip() or JSON
    raw = await call.request.read()
    if media not in (JSON, YAML):
        raise errors.unsupported_media_type(UNKNOWN_FORM)
    obj = _decoded(raw, media, kind)
    given = (obj.get("apiVersion", api_version), obj.get("kind", kind))
    if given != (api_version, kind):
        raise _wrong_kind(given, kind, call)
    if not isinstance(obj.get("metadata", {}), dict):
        raise errors.bad_request(f'{kind} in version "{call.resource.version}" cannot be handled as a {kind}')
    rest = {key: value for key, value in obj.items() if key not in ("kind", "apiVersion")}
    return {"kind": kind, "apiVersion": api_version, **rest, "metadata": obj.get("metadata") or {}}


def _decoded(raw: bytes, media: str, kind: str) -> Obj:
    try:
        obj = json.loads(raw) if media == JSON else yaml.safe_load(raw)
    except (ValueError, yaml.YAMLError) as error:
        shown = raw.decode("utf-8", "replace")[:200]
        why = f"{_go_reason(raw)} ({shown})" if raw else "unexpected end of JSON input (<empty>)"
        raise errors.bad_request(
            f"the object provided is unrecognized (must be of type {kind}): "
            f"couldn't get version/kind; json parse error: {why}"
        ) from error
    if not isinstance(obj, dict):
        what = "array" if isinstance(obj, list) else "string"
        why = f"json: cannot unmarshal {what} into Go value of type struct"
        raise errors.bad_request(
            f"the object provided is unrecognized (must be of type {kind}): "
            f"couldn't get version/kind; json parse error: {why}"
        )
    return obj


def _go_reason(raw: bytes) -> str:
    text = raw.decode("utf-8", "replace").lstrip()
    if text.startswith("{") and len(text) > 1 and text[1:].lstrip()[:1] not in ('"', "}"):
        return f"invalid character '{text[1:].lstrip()[:1]}' looking for beginning of object key string"
    if text[:1] not in '{["0123456789-tfn':
        return f"invalid character '{text[:1]}' looking for beginning of value"
    return "unexpected end of JSON input"


def _wrong_kind(given: tuple[str, str], kind: str, call: Call) -> errors.ApiError:
    version = given[0].rpartition("/")[2]
    group = call.resource.group.partition(".")[0] or "core"
    return errors.bad_request(
        f'{given[1]} in version "{given[0]}" cannot be handled as a {kind}: '
        f"converting ({version}.{given[1]}) to ({group}.{kind}): unknown conversion"
    )


def checked_fields(call: Call, obj: Obj, kind: str, *, is_patch: bool = False) -> Obj:
    """The object without unknown fields: dropped with a warning, refused when Strict; wrong types are refused."""
    try:
        clean, unknown = schema.pruned(kind, obj)
    except schema.TypeMismatch as error:
        raise _mismatch(call, obj, kind, str(error), is_patch=is_patch) from error
    mode = call.query.get("fieldValidation", "")
    if not unknown or mode == "Ignore":
        return clean
    if mode == "Strict":
        told = ", ".join(f'unknown field "{path}"' for path in unknown)
        if is_patch:
            cause = errors.field_invalid("patch", json.dumps(obj)[:2000], f"strict decoding error: {told}")
            raise errors.invalid("", "", [cause], "")
        version = call.resource.version
        raise errors.bad_request(
            f'{kind} in version "{version}" cannot be handled as a {kind}: strict decoding error: {told}'
        )
    call.warnings += [f'unknown field "{path}"' for path in unknown]
    return clean


def _mismatch(call: Call, obj: Obj, kind: str, why: str, *, is_patch: bool) -> errors.ApiError:
    if is_patch:
        shown = json.dumps(json.dumps(obj, separators=(",", ":"), ensure_ascii=False), ensure_ascii=False)
        return errors.invalid("", "", [errors.field_invalid("patch", shown, why)], "")
    return errors.bad_request(f'{kind} in version "{call.resource.version}" cannot be handled as a {kind}: {why}')
