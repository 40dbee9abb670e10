"""From a request to its handler: who, what, may they, does it exist — in that order.

Must not: handle a resource itself.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from aiohttp import web

from apps.sandbox.kubernetes import errors
from apps.sandbox.kubernetes.api import access, discovery, patching, reading, reviews, subresources, watching, writing
from apps.sandbox.kubernetes.api.call import Call, check_acceptable, error_answer, standard_headers
from apps.sandbox.kubernetes.api.target import Target, parse
from apps.sandbox.kubernetes.errors import ApiError
from apps.sandbox.kubernetes.resources import GROUP_VERSIONS

if TYPE_CHECKING:
    from apps.sandbox.kubernetes.server import KubernetesServer

Handler = Callable[[Call], Awaitable[web.StreamResponse]]
MAX_BODY = 3 * 1024 * 1024
GROUPS = frozenset((gv.group, gv.version) for gv in GROUP_VERSIONS)


async def dispatch(server: KubernetesServer, request: web.Request) -> web.StreamResponse:
    """Answer any request."""
    try:
        user = access.authenticate(request, server.tokens)
        request["agent"] = user.user
        target = parse(request)
        if target is None:
            return _path(server, request, user)
        request["subject"] = target.subject
        return await _resource(server, request, user, target)
    except ApiError as error:
        request["detail"]["reason"] = error.reason
        return error_answer(request, error)


def _path(server: KubernetesServer, request: web.Request, user: access.Token) -> web.StreamResponse:
    path = request.path.rstrip("/") or "/"
    if not user.allows_path(path):
        raise access.denied_path(user.user, request.method.lower(), request.path)
    found = discovery.find(path, f"{server.host}:{server.port}")
    if found is None:
        return _page_not_found()
    if request.method != "GET":
        raise errors.method_not_allowed()
    check_acceptable(request)
    return discovery.answer(request, found, server.static_text(path, found))


def _page_not_found() -> web.Response:
    """The 404 of paths that nobody serves: plain text, no Status."""
    return web.Response(status=404, text="404 page not found\n", content_type="text/plain", headers=standard_headers())


async def _resource(
    server: KubernetesServer, request: web.Request, user: access.Token, target: Target
) -> web.StreamResponse:
    namespace = target.namespace
    if not user.allows(target.verb, target.group, target.authorized_as, namespace):
        raise access.denied(user.user, target.verb, target.group, target.authorized_as, namespace, target.name)
    if (target.group, target.version) not in GROUPS:
        return _page_not_found()
    resource = target.resource
    if resource is None or (resource.namespaced and target.name and not namespace):
        raise errors.no_such_resource()
    if namespace and not resource.namespaced and resource.plural != "namespaces":
        raise errors.no_such_resource()
    handler = handler_of(Call(server, request, user, target, resource))
    if request.method in ("POST", "PUT", "PATCH") and len(await request.read()) > MAX_BODY:
        raise errors.too_large(MAX_BODY)
    if target.subresource not in ("log", "exec"):
        check_acceptable(request)
    return await handler(Call(server, request, user, target, resource))


def handler_of(call: Call) -> Handler:
    """The handler of a call; 404 for an unknown subresource, 405 for a verb that is not served."""
    target, resource = call.target, call.resource
    if call.request.method in ("HEAD", "OPTIONS"):
        raise errors.method_not_allowed()
    if target.subresource:
        part = resource.subresource(target.subresource)
        if part is None:
            raise errors.no_such_resource()
        if target.verb not in part.verbs:
            raise errors.method_not_allowed()
        own = _PARTS.get(target.subresource)
        return own or _VERBS[target.verb]
    if not resource.is_stored:
        if target.verb != "create" or target.name:
            raise errors.method_not_allowed()
        return reviews.review
    if (target.verb == "create" and target.name) or target.verb not in resource.verbs:
        raise errors.method_not_allowed()
    if resource.namespaced and target.verb in ("create", "deletecollection") and not target.namespace:
        raise errors.method_not_allowed()
    return _VERBS[target.verb]


async def _get(call: Call) -> web.StreamResponse:
    return reading.get(call)


_PARTS: dict[str, Handler] = {
    "eviction": subresources.evict,
    "exec": subresources.run,
    "log": subresources.log,
    "scale": subresources.scale,
}
_VERBS: dict[str, Handler] = {
    "create": writing.create,
    "delete": writing.delete,
    "deletecollection": writing.delete_collection,
    "get": _get,
    "list": reading.listing,
    "patch": patching.patch,
    "update": writing.update,
    "watch": watching.watch,
}


def text_of(found: object) -> str:
    """Discovery documents as JSON."""
    return json.dumps(found, separators=(",", ":"))
