"""Get and list: resourceVersion, selectors, pages with continue tokens.

Must not: write; watches are in `watching`.
"""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

from aiohttp import web

from apps.sandbox.kubernetes import errors
from apps.sandbox.kubernetes.api import events_view, tables
from apps.sandbox.kubernetes.api.call import Call, encoded, wants_table
from apps.sandbox.kubernetes.api.selectors import Test, both, field_selector, label_selector
from apps.sandbox.kubernetes.store import Store, path_of

Obj = dict[str, Any]
FUTURE_SECONDS = 3.0
TOO_OLD_TOKEN = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without "
    "the continue parameter, or use the continue token in this response to retrieve the remainder of the results. "
    "Continuing with the provided token results in an inconsistent list - objects that were created, modified, or "
    "deleted between the time the first chunk was returned and now may show up in the list."
)
TOO_OLD_LIST = "The resourceVersion for the provided list is too old."


def selector_of(call: Call) -> Test | None:
    """Both selectors of a call as one test."""
    labels = label_selector(call.query.get("labelSelector", ""))
    return both(labels, field_selector(call.query.get("fieldSelector", ""), call.resource))


def shown(call: Call, obj: Obj) -> Obj:
    """An object as this resource shows it."""
    return events_view.as_new_style(obj) if call.resource.group == "events.k8s.io" else obj


def get(call: Call) -> web.StreamResponse:
    """One object."""
    obj = find(call)
    if wants_table(call.request):
        return call.answer(tables.table(call.resource, [shown(call, obj)], obj["metadata"]["resourceVersion"]))
    if call.resource.group == "events.k8s.io":
        return call.answer(shown(call, obj))
    return encoded(call.request, call.server.texts.whole(obj))


def find(call: Call) -> Obj:
    """The object that the path names; 404 otherwise."""
    obj = call.server.store.get(call.resource.plural, call.namespace, call.name)
    if obj is None:
        raise errors.not_found(call.resource, call.name)
    return obj


async def listing(call: Call) -> web.StreamResponse:
    """A list or one page of it."""
    test = selector_of(call)
    limit = _limit(call.query.get("limit"))
    token = call.query.get("continue", "")
    asked = call.query.get("resourceVersion", "")
    if token and asked not in ("", "0"):
        raise errors.bad_request("specifying resource version is not allowed when using continue")
    store = call.server.store
    if token:
        version, start = _decode(token)
        found = _at(store, call, version)
        if found is None:
            raise _expired(start)
        page = [item for item in found if _key(call, item) >= start]
        version = store.rv if version < 0 else version
    else:
        version = await _wait_for(store, asked)
        if call.query.get("resourceVersionMatch") == "Exact":
            page = _exact(store, call, version)
        else:
            version, page = store.rv, store.list(call.resource.plural, call.namespace or None)
    if test is not None:
        page = [item for item in page if test(item)]
    return _page(call, page, version, limit, has_selector=test is not None)


def _exact(store: Store, call: Call, version: int) -> list[Obj]:
    found = _at(store, call, version)
    if found is None:
        raise errors.expired(TOO_OLD_LIST)
    return found


def _page(call: Call, items: list[Obj], version: int, limit: int, *, has_selector: bool) -> web.Response:
    metadata: Obj = {"resourceVersion": str(version)}
    if 0 < limit < len(items):
        left = len(items) - limit
        items = items[:limit]
        metadata["continue"] = _encode(version, _key(call, items[-1]) + "\0")
        if not has_selector:
            metadata["remainingItemCount"] = left
    if wants_table(call.request):
        table = tables.table(call.resource, [shown(call, item) for item in items], str(version))
        table["metadata"] = metadata
        return call.answer(table)
    if call.resource.group == "events.k8s.io":
        new_style = [shown(call, item) for item in items]
        texts = [json.dumps({k: v for k, v in o.items() if k not in ("kind", "apiVersion")}) for o in new_style]
    else:
        texts = ["{" + call.server.texts.members(item) + "}" for item in items]
    head = json.dumps(metadata, separators=(",", ":"))
    kind, api_version = f"{call.resource.kind}List", call.resource.api_version
    text = f'{{"kind":"{kind}","apiVersion":"{api_version}","metadata":{head},"items":[{",".join(texts)}]}}'
    return encoded(call.request, text)


# -- versions -----------------------------------------------------------------------------------------------------
async def _wait_for(store: Store, asked: str) -> int:
    """The version asked for; waits for one from the future, then 504."""
    if asked in ("", "0"):
        return store.rv
    if not asked.isdigit():
        raise errors.bad_request(
            f'invalid resource version: resourceVersion: Invalid value: "{asked}": '
            f'strconv.ParseUint: parsing "{asked}": invalid syntax'
        )
    version = int(asked)
    deadline = asyncio.get_running_loop().time() + FUTURE_SECONDS
    while version > store.rv:
        if asyncio.get_running_loop().time() >= deadline:
            raise errors.too_large_resource_version(version, store.rv)
        await asyncio.sleep(0.1)
    return version


def _at(store: Store, call: Call, version: int) -> list[Obj] | None:
    """The list as it was at a version (-1: as it is); None when that is forgotten."""
    plural, namespace = call.resource.plural, call.namespace or None
    now = store.list(plural, namespace)
    if version in (-1, store.rv):
        return now
    changes = store.since(version, plural)
    if changes is None:
        return None
    items = {_path(item): item for item in now}
    for change in reversed(changes):
        if namespace and change.new["metadata"].get("namespace") != namespace:
            continue
        if change.old is None:
            items.pop(_path(change.new), None)
        else:
            items[_path(change.new)] = change.old
    return [items[key] for key in sorted(items)]


def _path(obj: Obj) -> str:
    return path_of(obj["metadata"].get("namespace"), obj["metadata"]["name"])


# -- pages --------------------------------------------------------------------------------------------------------
def _limit(text: str | None) -> int:
    try:
        return int(text or 0)
    except ValueError as error:
        raise errors.bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax') from error


def _key(call: Call, obj: Obj) -> str:
    """The place of an object below the list's own prefix."""
    metadata = obj["metadata"]
    if call.namespace or not call.resource.namespaced:
        return f"/{metadata['name']}"
    return f"/{metadata['namespace']}/{metadata['name']}"


def _encode(version: int, start: str) -> str:
    text = json.dumps({"v": "meta.k8s.io/v1", "rv": version, "start": start}, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(token: str) -> tuple[int, str]:
    try:
        raw = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        return int(raw["rv"]), str(raw["start"])
    except (ValueError, KeyError, TypeError) as error:
        raise errors.bad_request(f"invalid continue token: continue key is not valid: {error}") from error


def _expired(start: str) -> errors.ApiError:
    return errors.expired(TOO_OLD_TOKEN, {"continue": _encode(-1, start)})
