"""Create, update and delete: what happens between a decoded object and the store.

The steps of an update are shared by PUT, every patch type and apply. Must not: decode patches.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from apps.sandbox.kubernetes import defaults, errors, managed, quota
from apps.sandbox.kubernetes.api import body, events_view, tables, validation
from apps.sandbox.kubernetes.api.call import JSON, Call, wants_table
from apps.sandbox.kubernetes.api.reading import find, selector_of, shown
from apps.sandbox.kubernetes.resources import Resource
from apps.sandbox.kubernetes.store import random_suffix

Obj = dict[str, Any]
NAMESPACE_MISMATCH = "the namespace of the provided object does not match the namespace sent on the request"
# What a writer can neither set nor take away.
KEPT = ("uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation", "selfLink")
ANSWERS_OBJECT = ("namespaces", "pods", "resourcequotas")


# -- create -------------------------------------------------------------------------------------------------------
async def create(call: Call) -> web.StreamResponse:
    """POST to a collection."""
    is_dry = call.is_dry_run("CreateOptions")
    sent = await body.read_object(call, call.resource.kind, call.resource.api_version)
    obj = body.checked_fields(call, sent, call.resource.kind)
    return call.answer(shown(call, created(call, obj, is_dry=is_dry)), 201)


def created(call: Call, obj: Obj, *, is_dry: bool, is_apply: bool = False) -> Obj:
    """Default, check and store a new object; managedFields of an apply are already in it."""
    resource = call.resource
    if resource.group == "events.k8s.io":
        obj, resource = events_view.as_core(obj), call.server.core_events
    metadata = obj["metadata"] = dict(obj["metadata"])
    for key in (*KEPT, "resourceVersion", *(() if is_apply else ("managedFields",))):
        metadata.pop(key, None)
    _place(call, metadata)
    if not metadata.get("name") and metadata.get("generateName"):
        metadata["name"] = metadata["generateName"] + random_suffix()
    call.request["subject"] = f"{call.namespace}/{metadata.get('name', '')}".lstrip("/")
    _require_namespace(call, metadata.get("name", ""))
    defaults.apply_defaults(resource.kind, obj)
    defaults.first_status(resource.kind, obj)
    causes = validation.check(resource.kind, obj, None)
    if causes:
        raise errors.invalid(resource.kind, metadata.get("name", ""), causes, resource.group)
    if call.server.store.get(resource.plural, call.namespace, metadata["name"]) is not None:
        raise errors.already_exists(resource, metadata["name"])
    if resource.kind == "Pod":
        quota.admit_pod(call.server.store, obj)
    else:
        quota.admit_object(call.server.store, resource, obj)
    if not is_apply:
        empty: Obj = {"metadata": {}}
        without_status = {key: value for key, value in obj.items() if key != "status"}
        recorded = managed.updated(empty, without_status, resource.kind, call.manager, resource.api_version)
        obj = {**obj, "metadata": recorded["metadata"]}
    call.request["detail"] |= {"manager": call.manager, "dry_run": is_dry}
    if is_dry:
        return call.server.store.prepared(resource.plural, obj)
    return call.server.store.create(resource.plural, obj)


def _place(call: Call, metadata: Obj) -> None:
    """Put the object into the namespace of the path."""
    if not call.resource.namespaced:
        metadata.pop("namespace", None)
        return
    if metadata.get("namespace") not in (None, "", call.namespace):
        raise errors.bad_request(NAMESPACE_MISMATCH)
    metadata["namespace"] = call.namespace


def _require_namespace(call: Call, name: str) -> None:
    if not call.resource.namespaced:
        return
    namespace = call.server.store.get("namespaces", None, call.namespace)
    if namespace is None:
        raise errors.not_found("namespaces", call.namespace)
    if "deletionTimestamp" in namespace["metadata"]:
        cause = {
            "reason": "NamespaceTerminating",
            "message": f"namespace {call.namespace} is being terminated",
            "field": "metadata.namespace",
        }
        why = f"unable to create new content in namespace {call.namespace} because it is being terminated"
        raise errors.forbidden(call.resource, name, why, [cause])


# -- update -------------------------------------------------------------------------------------------------------
async def update(call: Call) -> web.StreamResponse:
    """PUT of an object or its status."""
    is_dry = call.is_dry_run("UpdateOptions")
    sent = await body.read_object(call, call.resource.kind, call.resource.api_version)
    obj = body.checked_fields(call, sent, call.resource.kind)
    live = find(call)
    name = obj["metadata"].get("name", call.name)
    if name != call.name:
        raise errors.bad_request(f"the name of the object ({name}) does not match the name on the URL ({call.name})")
    obj["metadata"] = {**obj["metadata"], "name": name}
    _place(call, obj["metadata"])
    return call.answer(shown(call, replaced(call, live, obj, is_dry=is_dry)))


def replaced(call: Call, live: Obj, obj: Obj, *, is_dry: bool, is_apply: bool = False) -> Obj:
    """Default, check and store the new state of an object; answers what is then there."""
    resource, store = call.resource, call.server.store
    is_status = call.target.subresource == "status"
    if resource.group == "events.k8s.io":
        obj, resource = events_view.as_core(obj), call.server.core_events
    expected = obj["metadata"].get("resourceVersion")
    if expected and expected != live["metadata"]["resourceVersion"]:
        raise errors.conflict(resource, call.name)
    uid = obj["metadata"].get("uid")
    if uid and uid != live["metadata"]["uid"]:
        cause = errors.field_invalid("metadata.uid", validation.quoted(uid), "field is immutable")
        raise errors.invalid(resource.kind, call.name, [cause], resource.group)
    obj = _kept(live, obj, resource, is_status=is_status, is_apply=is_apply)
    if not is_status:
        _default_again(resource, live, obj)
        causes = validation.check(resource.kind, obj, live)
        if causes:
            raise errors.invalid(resource.kind, call.name, causes, resource.group)
    if not is_apply:
        subresource = "status" if is_status else ""
        obj = managed.updated(live, obj, resource.kind, call.manager, resource.api_version, subresource)
    note_change(call, live, obj, is_dry=is_dry)
    if is_dry:
        return store.merged(resource.plural, live, obj, status_only=is_status)
    result = store.update(resource.plural, obj, status_only=is_status)
    call.request["detail"]["changed"] = result is not live
    return result


def _kept(live: Obj, obj: Obj, resource: Resource, *, is_status: bool, is_apply: bool) -> Obj:
    """The new state with everything that this call cannot change."""
    before, metadata = live["metadata"], dict(obj["metadata"])
    for key in (*KEPT, *(() if is_apply else ("managedFields",))):
        metadata.pop(key, None)
        if key in before:
            metadata[key] = before[key]
    for key in ("labels", "annotations", "ownerReferences", "finalizers"):
        if key in metadata and not metadata[key] and key not in before:
            del metadata[key]
    metadata["resourceVersion"] = before["resourceVersion"]
    if is_status:
        metadata.pop("labels", None)
        if "labels" in before:
            metadata["labels"] = before["labels"]
        return {**live, "metadata": metadata, "status": obj.get("status") or {}}
    if resource.kind in defaults.HAS_STATUS:
        obj = {key: value for key, value in obj.items() if key != "status"}
        if "status" in live:
            obj["status"] = live["status"]
    return {**obj, "metadata": metadata}


def _default_again(resource: Resource, live: Obj, obj: Obj) -> None:
    defaults.apply_defaults(resource.kind, obj)
    if resource.kind == "Service":
        # A PUT without the allocated addresses keeps them.
        for key in ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "healthCheckNodePort"):
            if key in live["spec"]:
                obj["spec"].setdefault(key, live["spec"][key])


def note_change(call: Call, live: Obj, obj: Obj, *, is_dry: bool) -> None:
    """What the journal tells of an update: manager, dry run, changed container images."""
    detail = call.request["detail"]
    detail |= {"manager": call.manager, "dry_run": is_dry, "changed": False}
    before, after = _images(live), _images(obj)
    moved = {name: image for name, image in after.items() if before.get(name) != image}
    if moved:
        detail["image"] = moved


def _images(obj: Obj) -> dict[str, str]:
    spec = (obj.get("spec") or {}).get("template", obj).get("spec") or {}
    every = [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]
    return {c["name"]: c.get("image", "") for c in every if isinstance(c, dict) and "name" in c}


# -- delete -------------------------------------------------------------------------------------------------------
async def delete(call: Call) -> web.StreamResponse:
    """DELETE of one object."""
    options = await _options(call)
    is_dry = call.is_dry_run("DeleteOptions") or options.get("dryRun") == ["All"]
    live = find(call)
    _check_preconditions(call, live, options.get("preconditions") or {})
    gone, answers_object = _remove(call, live, options, is_dry=is_dry)
    if answers_object:
        return call.answer(shown(call, gone))
    details = {"name": call.name, "group": call.resource.group, "kind": call.resource.plural}
    details = {key: value for key, value in details.items() if value} | {"uid": live["metadata"]["uid"]}
    status = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}
    return call.answer(status)


async def delete_collection(call: Call) -> web.StreamResponse:
    """DELETE of a collection."""
    options = await _options(call)
    is_dry = call.is_dry_run("DeleteOptions")
    test = selector_of(call)
    listed = call.server.store.list(call.resource.plural, call.namespace or None)
    found = [obj for obj in listed if test is None or test(obj)]
    gone = [_remove(call, obj, options, is_dry=is_dry)[0] for obj in found]
    version = str(call.server.store.rv)
    if wants_table(call.request):
        return call.answer(tables.table(call.resource, gone, version))
    items = [{k: v for k, v in shown(call, obj).items() if k not in ("kind", "apiVersion")} for obj in gone]
    kind, metadata = f"{call.resource.kind}List", {"resourceVersion": version}
    return call.answer({"kind": kind, "apiVersion": call.resource.api_version, "metadata": metadata, "items": items})


async def _options(call: Call) -> Obj:
    raw = await call.request.read()
    media = call.request.headers.get("Content-Type", JSON).partition(";")[0].strip()
    options: Obj = {}
    if raw and media != JSON:
        raise errors.unsupported_media_type(body.UNKNOWN_FORM)
    if raw:
        try:
            options = json.loads(raw)
        except ValueError as error:
            raise errors.bad_request(f"couldn't get version/kind; json parse error: {error}") from error
    for key in ("propagationPolicy", "gracePeriodSeconds"):
        if key in call.query:
            options[key] = call.query[key]
    return options


def _check_preconditions(call: Call, live: Obj, conditions: Obj) -> None:
    for key, what in (("uid", "UID"), ("resourceVersion", "ResourceVersion")):
        wanted, actual = conditions.get(key), live["metadata"][key]
        if wanted and wanted != actual:
            raise errors.precondition_failed(call.resource, live["metadata"]["name"], what, wanted, actual)


def _remove(call: Call, live: Obj, options: Obj, *, is_dry: bool) -> tuple[Obj, bool]:
    """Delete an object or begin to; answers (the object, whether the call answers with it)."""
    plural, metadata = call.resource.plural, live["metadata"]
    policy = options.get("propagationPolicy", "Background")
    if is_dry:
        return live, plural in ANSWERS_OBJECT
    if plural == "pods":
        grace = options.get("gracePeriodSeconds")
        return call.server.end_pod(live, int(grace) if grace is not None else None), True
    if plural == "namespaces":
        return _terminate_namespace(call, live), True
    finalizer = {"Foreground": "foregroundDeletion", "Orphan": "orphan"}.get(policy)
    if finalizer is None and not metadata.get("finalizers"):
        call.server.store.delete(plural, metadata.get("namespace"), metadata["name"])
        return live, plural in ANSWERS_OBJECT
    finalizers = list(metadata.get("finalizers") or ())
    if finalizer is not None and finalizer not in finalizers:
        finalizers.append(finalizer)
    marks = {"deletionTimestamp": now(), "deletionGracePeriodSeconds": 0, "finalizers": finalizers}
    marked = {**live, "metadata": {**metadata, **marks}}
    return call.server.store.update(plural, marked), True


def _terminate_namespace(call: Call, live: Obj) -> Obj:
    if "deletionTimestamp" in live["metadata"]:
        return live
    metadata = {**live["metadata"], "deletionTimestamp": now()}
    return call.server.store.update("namespaces", {**live, "metadata": metadata, "status": {"phase": "Terminating"}})


def now() -> str:
    """The time as the API writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
