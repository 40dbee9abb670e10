"""Scale, log, exec and eviction.

Must not: emulate pods; logs and exec are handed to the kubelet's side.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from apps.sandbox.kubernetes import errors, logs
from apps.sandbox.kubernetes.api import body, patching, schema, writing
from apps.sandbox.kubernetes.api.call import Call
from apps.sandbox.kubernetes.api.reading import find
from apps.sandbox.kubernetes.api.selectors import matches_labels
from apps.sandbox.kubernetes.exec import handle as handle_exec
from apps.sandbox.kubernetes.managed import updated

Obj = dict[str, Any]
CANNOT_EVICT = "Cannot evict pod as it would violate the pod's disruption budget."


# -- scale --------------------------------------------------------------------------------------------------------
def _as_scale(obj: Obj) -> Obj:
    metadata = obj["metadata"]
    kept = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    labels = (obj["spec"].get("selector") or {}).get("matchLabels") or {}
    status: Obj = {"replicas": (obj.get("status") or {}).get("replicas", 0)}
    status["selector"] = ",".join(f"{key}={value}" for key, value in sorted(labels.items()))
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {key: metadata[key] for key in kept if key in metadata},
        "spec": {"replicas": obj["spec"]["replicas"]} if obj["spec"].get("replicas") else {},
        "status": status,
    }


async def scale(call: Call) -> web.StreamResponse:
    """GET, PUT and PATCH of a scale."""
    if call.request.method == "GET":
        return call.answer(_as_scale(find(call)))
    is_patch = call.request.method == "PATCH"
    is_dry = call.is_dry_run("PatchOptions" if is_patch else "UpdateOptions")
    if is_patch:
        media = patching.media_type(call)
        raw = await call.request.read()
        if media == patching.APPLY:
            raise errors.unsupported_media_type("415: Unsupported Media Type", {})
        wanted = patching.patched("Scale", _as_scale(find(call)), patching.decoded(raw, media), media)
    else:
        wanted = await body.read_object(call, "Scale", "autoscaling/v1")
    live = find(call)
    wanted = _checked_scale(wanted, is_patch=is_patch)
    expected = wanted["metadata"].get("resourceVersion")
    if expected and expected != live["metadata"]["resourceVersion"]:
        raise errors.conflict(call.resource, call.name)
    obj = {**live, "spec": {**live["spec"], "replicas": wanted["spec"]["replicas"]}}
    obj = updated(live, obj, call.resource.kind, call.manager, call.resource.api_version, "scale")
    writing.note_change(call, live, obj, is_dry=is_dry)
    store = call.server.store
    if is_dry:
        return call.answer(_as_scale(store.merged(call.resource.plural, live, obj)))
    result = store.update(call.resource.plural, obj)
    call.request["detail"]["changed"] = result is not live
    return call.answer(_as_scale(result))


def _checked_scale(wanted: Obj, *, is_patch: bool) -> Obj:
    try:
        clean, _ = schema.pruned("Scale", wanted)
    except schema.TypeMismatch as error:
        if is_patch:
            raise errors.invalid("", "", [errors.field_invalid("patch", '"{…}"', str(error))], "") from error
        raise errors.bad_request(f'Scale in version "v1" cannot be handled as a Scale: {error}') from error
    count = clean.setdefault("spec", {}).setdefault("replicas", 0)
    if count < 0:
        cause = errors.field_invalid("spec.replicas", str(count), "must be greater than or equal to 0")
        raise errors.invalid("Scale", clean["metadata"].get("name", ""), [cause], "autoscaling")
    return clean


# -- pods ---------------------------------------------------------------------------------------------------------
async def log(call: Call) -> web.StreamResponse:
    """pods/log."""
    return await logs.handle(call.server, call.request, find(call))


async def run(call: Call) -> web.StreamResponse:
    """pods/exec."""
    return await handle_exec(call.server, call.request, find(call))


async def evict(call: Call) -> web.StreamResponse:
    """pods/eviction: a delete that asks the disruption budgets first."""
    sent = await body.read_object(call, "Eviction", "policy/v1")
    pod = find(call)
    store = call.server.store
    for budget in store.list("poddisruptionbudgets", call.namespace):
        if not matches_labels(budget["spec"].get("selector"), pod["metadata"].get("labels")):
            continue
        peers = [
            p
            for p in store.list("pods", call.namespace)
            if matches_labels(budget["spec"]["selector"], p["metadata"].get("labels"))
            and "deletionTimestamp" not in p["metadata"]
        ]
        healthy = sum(_is_ready(p) for p in peers)
        needed = _needed(budget["spec"], len(peers))
        if _is_ready(pod) and healthy - 1 < needed:
            name = budget["metadata"]["name"]
            told = f"The disruption budget {name} needs {needed} healthy pods and has {healthy} currently"
            raise errors.too_many_requests(CANNOT_EVICT, [{"reason": "DisruptionBudget", "message": told}])
    grace = (sent.get("deleteOptions") or {}).get("gracePeriodSeconds")
    if not call.query.getall("dryRun", []):
        call.server.end_pod(pod, grace)
    return call.answer({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}, 201)


def _is_ready(pod: Obj) -> bool:
    conditions = (pod.get("status") or {}).get("conditions") or ()
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


def _needed(spec: Obj, expected: int) -> int:
    """How many pods must stay healthy; percentages are rounded up."""

    def count(value: int | str) -> int:
        if isinstance(value, str):
            return -(-int(value.rstrip("%")) * expected // 100)
        return value

    if "minAvailable" in spec:
        return count(spec["minAvailable"])
    return max(0, expected - count(spec.get("maxUnavailable", 0)))
