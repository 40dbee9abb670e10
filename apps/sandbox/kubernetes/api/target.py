"""What a request is about: path, verb, kind of call for the journal and for fault scripts.

Must not: decide who may do it, or whether it exists.
"""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from apps.sandbox.kubernetes.resources import BY_PATH, Resource

VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete", "GET": "get", "HEAD": "get"}
TRUE = ("1", "true", "True", "t", "T", "TRUE", "yes")
# Subresources whose calls are named after them whatever the method.
OWN_KIND = ("exec", "log", "scale", "eviction", "status")


def is_true(text: str | None) -> bool:
    """A boolean of a query."""
    return text in TRUE


@dataclass(frozen=True)
class Target:
    """A resource request; `resource` None when the plural is unknown."""

    group: str
    version: str
    plural: str
    namespace: str
    name: str
    subresource: str
    verb: str

    @property
    def resource(self) -> Resource | None:
        """The entry of the table."""
        return BY_PATH.get((self.group, self.version, self.plural))

    @property
    def subject(self) -> str:
        """`namespace/name` for the journal."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name

    @property
    def authorized_as(self) -> str:
        """The resource as rules name it."""
        return f"{self.plural}/{self.subresource}" if self.subresource else self.plural


def parse(request: web.Request) -> Target | None:
    """The target of a resource request; None for any other path."""
    parts = request.path.strip("/").split("/")
    if parts[0] == "api" and len(parts) >= 3:
        group, version, rest = "", parts[1], parts[2:]
    elif parts[0] == "apis" and len(parts) >= 4:
        group, version, rest = parts[1], parts[2], parts[3:]
    else:
        return None
    namespace = ""
    if rest[0] == "namespaces" and len(rest) >= 3 and rest[2] not in ("status", "finalize"):
        namespace, rest = rest[1], rest[2:]
    elif rest[0] == "namespaces" and len(rest) >= 2:
        namespace = rest[1]
    plural, name, subresource = (*rest, "", "")[:3]
    if len(rest) > 3:
        subresource = "/".join(rest[2:])
    return Target(group, version, plural, namespace, name, subresource, _verb(request, name))


def _verb(request: web.Request, name: str) -> str:
    if request.method in ("GET", "HEAD") and not name:
        return "watch" if is_true(request.query.get("watch")) else "list"
    if request.method == "DELETE" and not name:
        return "deletecollection"
    return VERBS.get(request.method, request.method.lower())


def kind_of(request: web.Request) -> str:
    """The kind of call: `deployments.patch`, `pods.exec`, `deployments.dryrun`, `discovery` …"""
    target = parse(request)
    if target is None:
        head = request.path.strip("/").split("/")[0]
        return "discovery" if head in ("api", "apis", "openapi") else head or "root"
    # For fault scripts that strike one object only.
    about = {"namespace": target.namespace, "name": target.name, "subject": target.subject}
    request.match_info.update(about)
    if target.subresource in OWN_KIND:
        return f"{target.plural}.{target.subresource}"
    if target.verb == "patch" and "dryRun" in request.query:
        return f"{target.plural}.dryrun"
    return f"{target.plural}.{target.verb}"
