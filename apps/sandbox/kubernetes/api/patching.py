"""PATCH: reads the body, makes the new object by patch type, hands it to the shared update.

Must not: store by itself.
"""

from __future__ import annotations

import copy
import json
from typing import Any

import yaml
from aiohttp import web

from apps.sandbox.kubernetes import errors
from apps.sandbox.kubernetes.api import apply, body, patches, restoring, typed, writing
from apps.sandbox.kubernetes.api.call import Call
from apps.sandbox.kubernetes.api.reading import find, shown
from apps.sandbox.kubernetes.api.target import is_true

Obj = dict[str, Any]
JSON_PATCH, MERGE = "application/json-patch+json", "application/merge-patch+json"
STRATEGIC, APPLY = "application/strategic-merge-patch+json", "application/apply-patch+yaml"


async def patch(call: Call) -> web.StreamResponse:
    """PATCH of an object or its status."""
    is_dry = call.is_dry_run("PatchOptions")
    media = media_type(call)
    if media == APPLY:
        return await _apply(call, is_dry=is_dry)
    if "force" in call.query:
        cause = errors.field_forbidden("force", "may not be specified for non-apply patch")
        raise errors.options_invalid("PatchOptions", cause)
    change = decoded(await call.request.read(), media)
    live = find(call)
    changed = patched(call.resource.kind, shown(call, live), change, media)
    obj = body.checked_fields(call, changed, call.resource.kind, is_patch=True)
    _check_identity(call, obj)
    return call.answer(shown(call, writing.replaced(call, live, obj, is_dry=is_dry)))


def media_type(call: Call) -> str:
    """The patch type; 415 for any other."""
    media = call.request.headers.get("Content-Type", "").partition(";")[0].strip()
    if media not in (JSON_PATCH, MERGE, STRATEGIC, APPLY):
        raise errors.unsupported_media_type("415: Unsupported Media Type", {})
    return media


def decoded(raw: bytes, media: str) -> Any:
    """The patch of a plain type."""
    try:
        change = json.loads(raw)
    except ValueError as error:
        text = raw.decode("utf-8", "replace").strip()
        where = text[1:].lstrip() if text.startswith("{") else text
        why = (
            f"invalid character '{where[:1]}' looking for beginning of value"
            if where
            else "unexpected end of JSON input"
        )
        if text.startswith("{") and where:
            why = f"invalid character '{where[:1]}' looking for beginning of object key string"
        raise errors.bad_request(f"error decoding patch: {why}") from error
    if media != JSON_PATCH and not isinstance(change, dict):
        raise errors.bad_request("Invalid JSON Patch")
    return change


def patched(kind: str, target: Obj, change: Any, media: str) -> Obj:
    """The target after a plain patch."""
    if media == JSON_PATCH:
        return patches.json_patch(target, change)
    if media == MERGE:
        return patches.merge(target, change)  # type: ignore[no-any-return]
    found = patches.strategic(kind, target, change)
    restoring.check(kind, change)
    return found


def _check_identity(call: Call, obj: Obj) -> None:
    metadata = obj.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    if name != call.name:
        raise errors.bad_request(f"the name of the object ({name}) does not match the name on the URL ({call.name})")
    if call.namespace and obj["metadata"].get("namespace") != call.namespace:
        raise errors.bad_request(writing.NAMESPACE_MISMATCH)


# -- apply --------------------------------------------------------------------------------------------------------
async def _apply(call: Call, *, is_dry: bool) -> web.StreamResponse:
    if not call.query.get("fieldManager"):
        cause = errors.required("fieldManager", "is required for apply patch")
        raise errors.options_invalid("PatchOptions", cause)
    config = _configuration(call, await call.request.read())
    store, resource = call.server.store, call.resource
    live = store.get(resource.plural, call.namespace, call.name)
    config["metadata"] = {**config["metadata"], "name": call.name}
    if resource.namespaced:
        config["metadata"]["namespace"] = call.namespace
    expected = config["metadata"].pop("resourceVersion", None)
    if expected and live is not None and expected != live["metadata"]["resourceVersion"]:
        raise errors.conflict(resource, call.name)
    force = is_true(call.query.get("force"))
    call.request["detail"] |= {"manager": call.manager, "dry_run": is_dry, "force": force}
    obj = apply.apply(live, config, resource.kind, call.manager, resource.api_version, force=force)
    # Defaulting works in place, and parts of `obj` are stored ones.
    obj = copy.deepcopy(obj)
    if live is None:
        return call.answer(writing.created(call, obj, is_dry=is_dry, is_apply=True), 201)
    return call.answer(writing.replaced(call, live, obj, is_dry=is_dry, is_apply=True))


def _configuration(call: Call, raw: bytes) -> Obj:
    try:
        config = yaml.safe_load(raw)
    except yaml.YAMLError as error:
        raise errors.bad_request(f"error decoding YAML: {error}") from error
    if not isinstance(config, dict):
        config = {}
    kind, api_version = config.get("kind", ""), config.get("apiVersion", "")
    if not kind or not api_version:
        raise errors.bad_request(f"invalid object type: {api_version or '/'}, Kind={kind}")
    if (kind, api_version) != (call.resource.kind, call.resource.api_version):
        raise errors.bad_request(f"invalid object type: {api_version}, Kind={kind}")
    metadata = config.get("metadata") or {}
    if metadata.get("managedFields"):
        raise errors.bad_request("metadata.managedFields must be nil")
    name = metadata.get("name")
    if not name:
        why = f"the name of the object ({call.name} based on URL) was undeterminable: name must be provided"
        raise errors.bad_request(why)
    if name != call.name:
        raise errors.bad_request(f"the name of the object ({name}) does not match the name on the URL ({call.name})")
    if call.resource.namespaced and metadata.get("namespace") not in (None, "", call.namespace):
        raise errors.bad_request(writing.NAMESPACE_MISMATCH)
    typed.check(call.resource, call.name, config)
    config = body.checked_fields(call, {**config, "metadata": metadata}, call.resource.kind, is_patch=True)
    config.pop("status", None)
    return config
