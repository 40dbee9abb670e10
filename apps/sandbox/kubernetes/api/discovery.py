"""Paths that are no resources: version, health, groups, resource lists, the least OpenAPI that kubectl needs.

Must not: need a token for version and health.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from apps.sandbox.kubernetes.api.call import encoded, standard_headers
from apps.sandbox.kubernetes.resources import GROUP_VERSIONS, GroupVersion, Resource

Obj = dict[str, Any]
HEALTH = ("/healthz", "/livez", "/readyz")
VERSION: Obj = {
    "major": "1",
    "minor": "33",
    "emulationMajor": "1",
    "emulationMinor": "33",
    "minCompatibilityMajor": "1",
    "minCompatibilityMinor": "32",
    "gitVersion": "v1.33.13",
    "gitCommit": "0000000000000000000000000000000000000000",
    "gitTreeState": "clean",
    "buildDate": "2026-01-01T00:00:00Z",
    "goVersion": "go1.26.8",
    "compiler": "gc",
    "platform": "linux/amd64",
}


def find(path: str, address: str) -> Obj | str | None:
    """What a path answers: an object, plain text, or None for 404."""
    if path in HEALTH:
        return "ok"
    if path == "/version":
        return VERSION
    if path == "/api":
        where = [{"clientCIDR": "0.0.0.0/0", "serverAddress": address}]
        return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": where}
    if path == "/apis":
        groups = [_group(gv) for gv in GROUP_VERSIONS if gv.group]
        return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}
    if path == "/openapi/v3":
        paths = {gv.path: {"serverRelativeURL": f"/openapi/v3/{gv.path}?hash=1"} for gv in GROUP_VERSIONS}
        return {"paths": paths}
    for gv in GROUP_VERSIONS:
        if path == f"/{gv.path}":
            return _resources(gv)
        if gv.group and path == f"/apis/{gv.group}":
            return {"kind": "APIGroup", "apiVersion": "v1", **_group(gv)}
        if path == f"/openapi/v3/{gv.path}":
            return _openapi(gv)
    return None


def answer(request: web.Request, found: Obj | str, text: str) -> web.Response:
    """The answer for what was found; `text` is its JSON."""
    if isinstance(found, str):
        return web.Response(text=found, content_type="text/plain", headers=standard_headers())
    return encoded(request, text)


def _group(gv: GroupVersion) -> Obj:
    version = {"groupVersion": gv.name, "version": gv.version}
    return {"name": gv.group, "versions": [version], "preferredVersion": version}


def _resources(gv: GroupVersion) -> Obj:
    entries = []
    for resource in gv.resources:
        entries.append(_resource(resource))
        for part in resource.subresources:
            entry: Obj = {"name": f"{resource.plural}/{part.name}", "singularName": ""}
            entry["namespaced"] = resource.namespaced
            if part.group:
                entry |= {"group": part.group, "version": part.version}
            entries.append({**entry, "kind": part.kind, "verbs": list(part.verbs)})
    head: Obj = {"kind": "APIResourceList"}
    if gv.group:
        head["apiVersion"] = "v1"
    return {**head, "groupVersion": gv.name, "resources": entries}


def _resource(resource: Resource) -> Obj:
    entry: Obj = {
        "name": resource.plural,
        "singularName": resource.singular,
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": list(resource.verbs),
    }
    if resource.short_names:
        entry["shortNames"] = list(resource.short_names)
    if resource.categories:
        entry["categories"] = list(resource.categories)
    if resource.is_stored:
        entry["storageVersionHash"] = resource.storage_version_hash
    return entry


def _openapi(gv: GroupVersion) -> Obj:
    """One path per kind, whose patch says that the server validates fields."""
    paths: Obj = {}
    validation = {"name": "fieldValidation", "in": "query", "schema": {"type": "string", "uniqueItems": True}}
    for resource in gv.resources:
        known = {"group": gv.group, "version": gv.version, "kind": resource.kind}
        middle = "/namespaces/{namespace}" if resource.namespaced else ""
        operation = {
            "parameters": [validation],
            "x-kubernetes-action": "patch",
            "x-kubernetes-group-version-kind": known,
        }
        paths[f"/{gv.path}{middle}/{resource.plural}/{{name}}"] = {"patch": operation}
    info = {"title": "Kubernetes", "version": VERSION["gitVersion"]}
    return {"openapi": "3.0.0", "info": info, "paths": paths, "components": {"schemas": {}}}
