"""Raw HTTP to a registry, without a client library: what the contract statements are asked with.

It knows which edition the server is, because they differ; must not: know whether it is the stand-in or a real one.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from apps.sandbox.registry.editions import Edition
from apps.sandbox.registry.token_server import TokenServer

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
ALL_FOUR = ", ".join([OCI_INDEX, DOCKER_LIST, OCI_MANIFEST, DOCKER_MANIFEST])
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"

ZERO = "sha256:" + "0" * 64


def sha(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


@dataclass(frozen=True)
class Answer:
    """One answer; header names as in `http.client`, looked up without regard to case."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The first error's code."""
        return str(self.json["errors"][0]["code"])

    @property
    def message(self) -> str:
        """The first error's message."""
        return str(self.json["errors"][0]["message"])

    @property
    def location(self) -> str:
        """Path and query of the Location header, to go on with."""
        parts = urlsplit(self.headers["Location"])
        return parts.path + (f"?{parts.query}" if parts.query else "")


def told(answer: Answer) -> tuple[int, str]:
    """Status and first error code of a refusal."""
    return answer.status, answer.code


def scopes(text: str) -> dict[str, set[str]]:
    """Scopes by resource; real registries name them, and the actions of one, in any order."""
    return {what: set(actions.split(",")) for what, _, actions in (one.rpartition(":") for one in text.split())}


@dataclass(frozen=True)
class Wire:
    """One registry and one user of it."""

    url: str
    user: str
    password: str
    edition: Edition = Edition.V3
    takes_cut_bodies: bool = field(default=False, kw_only=True)  # one that is shorter than it declares, as it came

    def as_of(self, three: Any, old: Any) -> Any:
        """What to expect where 3.x and 2.8 differ."""
        return old if self.edition.is_old else three

    def call(
        self,
        method: str,
        path: str,
        *,
        body: bytes | Iterable[bytes] = b"",
        accept: str | list[str] | None = None,
        login: str | None = None,
        **headers: str,
    ) -> Answer:
        """One request on its own connection; a body that is no bytes is sent chunked; `login=""` sends no credentials."""
        parts = urlsplit(self.url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
        try:
            connection.putrequest(method, path, skip_accept_encoding=True)
            credentials = f"{self.user}:{self.password}" if login is None else login
            if credentials:
                connection.putheader("Authorization", "Basic " + base64.b64encode(credentials.encode()).decode())
            for value in [accept] if isinstance(accept, str) else accept or []:
                connection.putheader("Accept", value)
            for name, value in headers.items():
                connection.putheader(name.replace("_", "-"), value)
            if not isinstance(body, bytes):
                connection.putheader("Transfer-Encoding", "chunked")
            elif body or method in ("PUT", "POST", "PATCH"):
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body or None, encode_chunked=not isinstance(body, bytes))
            response = connection.getresponse()
            try:
                return Answer(response.status, response.headers, response.read())
            except http.client.IncompleteRead as error:
                if not self.takes_cut_bodies:
                    raise
                return Answer(response.status, response.headers, error.partial)
        finally:
            connection.close()

    # -- what most statements begin with ------------------------------------------------------------------
    def push_blob(self, repository: str, content: bytes) -> str:
        started = self.call("POST", f"/v2/{repository}/blobs/uploads/")
        done = self.call("PUT", f"{started.location}&digest={sha(content)}", body=content)
        assert (started.status, done.status) == (202, 201)
        return sha(content)

    def push_image(self, repository: str, reference: str | None = None, *, schema2: bool = False) -> tuple[str, bytes]:
        """An image of one unique layer; digest and manifest bytes. Without a reference it is put by digest."""
        layer = uuid.uuid4().bytes * 8
        config = json.dumps({"architecture": "amd64", "os": "linux", "config": {"Labels": {"n": uuid.uuid4().hex}}})
        types = (DOCKER_MANIFEST, DOCKER_CONFIG, DOCKER_LAYER) if schema2 else (OCI_MANIFEST, OCI_CONFIG, OCI_LAYER)
        manifest = json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": types[0],
                "config": {
                    "mediaType": types[1],
                    "digest": self.push_blob(repository, config.encode()),
                    "size": len(config),
                },
                "layers": [{"mediaType": types[2], "digest": self.push_blob(repository, layer), "size": len(layer)}],
            },
            indent=3,
        ).encode()
        return self.put_manifest(repository, reference or sha(manifest), types[0], manifest), manifest

    def push_list(self, repository: str, tag: str, media_type: str, children: dict[str, str]) -> str:
        """An index or manifest list over children by architecture; its digest."""
        child_type = DOCKER_MANIFEST if media_type == DOCKER_LIST else OCI_MANIFEST
        content = json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": media_type,
                "manifests": [
                    {
                        "mediaType": child_type,
                        "digest": digest,
                        "size": 2,
                        "platform": {"os": "linux", "architecture": architecture},
                    }
                    for architecture, digest in children.items()
                ],
            }
        ).encode()
        return self.put_manifest(repository, tag, media_type, content)

    def put_manifest(self, repository: str, reference: str, media_type: str, content: bytes) -> str:
        put = self.call("PUT", f"/v2/{repository}/manifests/{reference}", body=content, Content_Type=media_type)
        assert put.status == 201, put.body
        return sha(content)

    def manifest(self, repository: str, reference: str, accept: str | list[str] | None = ALL_FOUR) -> Answer:
        return self.call("GET", f"/v2/{repository}/manifests/{reference}", accept=accept)

    def tags(self, repository: str, query: str = "") -> Answer:
        return self.call("GET", f"/v2/{repository}/tags/list{query}")


@dataclass(frozen=True)
class TokenWire(Wire):
    """One registry that trusts a token service; calls carry no credentials but the token they are given."""

    tokens: TokenServer = field(kw_only=True)

    def bear(self, method: str, path: str, token: str = "") -> Answer:
        """One request with a token, or with none."""
        if not token:
            return self.call(method, path, login="")
        return self.call(method, path, login="", Authorization=f"Bearer {token}")

    def fetch(self, *scopes: str, login: str | None = None) -> Answer:
        """What the token service answers to these scopes."""
        query = urlencode([("service", self.tokens.service), *(("scope", scope) for scope in scopes)])
        service = Wire(self.tokens.url, self.user, self.password, self.edition)
        return service.call("GET", f"/token?{query}", login=login)

    def token(self, *scopes: str) -> str:
        """A token for these scopes."""
        return str(self.fetch(*scopes).json["token"])
