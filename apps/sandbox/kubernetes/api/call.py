"""One API call on its way: request, caller, target, options; and the forms in which it is answered.

Must not: read or write the store.
"""

from __future__ import annotations

import json
import secrets
import uuid
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml
from aiohttp import web

from apps.sandbox.kubernetes import errors
from apps.sandbox.kubernetes.api.access import Token
from apps.sandbox.kubernetes.api.target import Target
from apps.sandbox.kubernetes.errors import ApiError
from apps.sandbox.kubernetes.resources import Resource

if TYPE_CHECKING:
    from apps.sandbox.kubernetes.server import KubernetesServer

Obj = dict[str, Any]
JSON, YAML, PROTOBUF = "application/json", "application/yaml", "application/vnd.kubernetes.protobuf"
FLOW_SCHEMA, PRIORITY_LEVEL = str(uuid.UUID(int=0xF1)), str(uuid.UUID(int=0xF2))
CACHED_TEXTS = 4096
NOT_ACCEPTABLE = "406: Not Acceptable\n\nAvailable representations: " + ", ".join((JSON, YAML, PROTOBUF))


@dataclass
class Call:
    """A resource request by a known caller."""

    server: KubernetesServer
    request: web.Request
    user: Token
    target: Target
    resource: Resource
    warnings: list[str] = field(default_factory=list)

    @property
    def namespace(self) -> str:
        """The namespace of the path, "" for cluster resources and for lists over all namespaces."""
        return self.target.namespace if self.resource.namespaced else ""

    @property
    def name(self) -> str:
        """The object's name, "" for collections."""
        return self.target.name

    @property
    def query(self) -> Any:
        """The query."""
        return self.request.query

    @property
    def manager(self) -> str:
        """Who owns what this call writes: `fieldManager`, else the User-Agent up to the first slash."""
        agent = str(self.request.headers.get("User-Agent", "unknown")).partition("/")[0]
        return str(self.query.get("fieldManager") or agent or "unknown")

    def is_dry_run(self, options: str) -> bool:
        """Whether nothing is to be stored; `options` is the kind named when the value is unknown."""
        given = self.query.getall("dryRun", [])
        if any(value != "All" for value in given):
            shown = "[]string{" + ", ".join(f'"{value}"' for value in given) + "}"
            raise errors.options_invalid(options, errors.unsupported("dryRun", shown, ["All"]))
        return bool(given)

    def headers(self) -> dict[str, str]:
        """The headers of every answer."""
        return standard_headers()

    def answer(self, obj: Obj, status: int = 200) -> web.Response:
        """An object as an answer, in the form that was asked for."""
        response = encoded(self.request, json.dumps(obj, separators=(",", ":"), ensure_ascii=False), status)
        for text in self.warnings:
            response.headers.add("Warning", f"299 - {json.dumps(text, ensure_ascii=False)}")
        return response


def standard_headers() -> dict[str, str]:
    """The headers of every answer."""
    return {
        "Audit-Id": str(uuid.UUID(bytes=secrets.token_bytes(16), version=4)),
        "Cache-Control": "no-cache, private",
        "X-Kubernetes-Pf-Flowschema-Uid": FLOW_SCHEMA,
        "X-Kubernetes-Pf-Prioritylevel-Uid": PRIORITY_LEVEL,
    }


def accepted(request: web.Request) -> list[str]:
    """The media types that a client accepts, in its order; parameters without blanks."""
    header = request.headers.get("Accept", "*/*")
    return [part.replace(" ", "") for part in header.split(",") if part.strip()]


def wants_table(request: web.Request) -> bool:
    """Whether the first acceptable form is a Table."""
    for each in accepted(request):
        kind, *parameters = each.split(";")
        if kind in (JSON, "*/*"):
            return "as=Table" in parameters and "g=meta.k8s.io" in parameters
    return False


def check_acceptable(request: web.Request) -> None:
    """406 when neither JSON nor YAML will do; protobuf clients all accept JSON, too."""
    known = (JSON, YAML, "*/*", "application/*", "text/plain", PROTOBUF)
    if not any(each.partition(";")[0] in known for each in accepted(request)):
        raise ApiError(406, "NotAcceptable", NOT_ACCEPTABLE)


def encoded(request: web.Request, text: str, status: int = 200) -> web.Response:
    """JSON text as an answer: compact, pretty for curl, or YAML."""
    kinds = [each.partition(";")[0] for each in accepted(request)]
    if kinds[0] == YAML:
        body = yaml.safe_dump(json.loads(text), allow_unicode=True, sort_keys=False)
        return web.Response(status=status, text=body, content_type=YAML, headers=standard_headers())
    agent = request.headers.get("User-Agent", "")
    pretty = request.query.get("pretty")
    if pretty in ("1", "true") or (pretty is None and agent.startswith(("curl/", "Wget/"))):
        text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    else:
        text += "\n"
    body_bytes = text.encode()
    return web.Response(status=status, body=body_bytes, content_type=JSON, headers=standard_headers())


def error_answer(request: web.Request, error: ApiError) -> web.Response:
    """A Status as an answer."""
    text = json.dumps(error.to_status(), separators=(",", ":"), ensure_ascii=False)
    response = encoded(request, text, error.code)
    response.headers.update(error.headers)
    return response


class Texts:
    """JSON texts of stored objects by resourceVersion, so that many readers cost one encoding."""

    def __init__(self) -> None:
        self._members: OrderedDict[str, str] = OrderedDict()

    def members(self, obj: Obj) -> str:
        """The object without kind and apiVersion, without the outer braces."""
        version = obj["metadata"].get("resourceVersion")
        text = self._members.get(version) if version else None
        if text is not None:
            self._members.move_to_end(version)
            return text
        rest = {key: value for key, value in obj.items() if key not in ("kind", "apiVersion")}
        text = json.dumps(rest, separators=(",", ":"), ensure_ascii=False)[1:-1]
        if version:
            self._members[version] = text
            if len(self._members) > CACHED_TEXTS:
                self._members.popitem(last=False)
        return text

    def whole(self, obj: Obj) -> str:
        """The object with kind and apiVersion in front."""
        return f'{{"kind":"{obj["kind"]}","apiVersion":"{obj["apiVersion"]}",{self.members(obj)}}}'
