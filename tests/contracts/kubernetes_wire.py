"""Raw HTTPS to a Kubernetes API, without a client library: what the contract statements are asked with.

Must not: know whether the server is the stand-in or a real one.
"""

from __future__ import annotations

import http.client
import json
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

Obj = dict[str, Any]
MERGE, STRATEGIC = "application/merge-patch+json", "application/strategic-merge-patch+json"
JSON_PATCH, APPLY = "application/json-patch+json", "application/apply-patch+yaml"


@dataclass(frozen=True)
class Answer:
    """One answer."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def told(self) -> tuple[int, str, str]:
        """Code, reason and message of a Status."""
        status = self.json
        assert (status["kind"], status["apiVersion"], status["status"]) == ("Status", "v1", "Failure")
        assert status["code"] == self.status
        return self.status, status.get("reason", ""), status["message"]

    @property
    def details(self) -> Any:
        return self.json.get("details")

    @property
    def version(self) -> str:
        return str(self.json["metadata"]["resourceVersion"])

    def good(self, status: int = 200) -> Obj:
        """The body, which must be of a success."""
        assert self.status == status, self.body
        return dict(self.json)


@dataclass(frozen=True)
class Wire:
    """One cluster and one token ("" for none).

    `reader` is a token that may look at everything and change nothing. Where nobody lives no controller writes.
    """

    url: str
    token: str
    ca_pem: str
    reader: str = ""
    is_living: bool = True

    def call(
        self, method: str, path: str, body: Any = None, *, token: str | None = None, query: Any = None, **headers: str
    ) -> Answer:
        """One request on its own connection; a body that is no bytes is sent as JSON."""
        connection = self._connect()
        try:
            self._send(connection, method, path, body, token, query, headers)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    @contextmanager
    def watch(self, path: str, **query: str) -> Iterator[Iterator[Obj]]:
        """A watch; iterate over its events until it ends."""
        connection = self._connect()
        try:
            self._send(connection, "GET", path, None, None, {"watch": "1", **query}, {})
            response = connection.getresponse()
            assert response.status == 200, response.read()
            assert response.headers["Content-Type"] == "application/json"
            yield (json.loads(line) for line in response)
        finally:
            connection.close()

    def _connect(self) -> http.client.HTTPSConnection:
        parts = urlsplit(self.url)
        context = ssl.create_default_context(cadata=self.ca_pem)
        return http.client.HTTPSConnection(parts.hostname or "", parts.port, timeout=20, context=context)

    def _send(
        self,
        connection: http.client.HTTPSConnection,
        method: str,
        path: str,
        body: Any,
        token: str | None,
        query: Any,
        headers: dict[str, str],
    ) -> None:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        chosen = self.token if token is None else token
        if chosen:
            sent["Authorization"] = f"Bearer {chosen}"
        raw = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        connection.request(method, path + (f"?{urlencode(query, doseq=True)}" if query else ""), raw, sent)

    # -- what most statements begin with ------------------------------------------------------------------
    def patch(self, path: str, body: Any, kind: str = STRATEGIC, **query: str) -> Answer:
        return self.call("PATCH", path, body, query=query, Content_Type=kind)

    def apply(self, path: str, body: Any, manager: str, **query: str) -> Answer:
        return self.patch(path, body, APPLY, fieldManager=manager, **query)

    def configmap(self, ns: str, name: str, data: dict[str, str] | None = None, **metadata: Any) -> Obj:
        """Create a ConfigMap."""
        obj = {"metadata": {"name": name, **metadata}, "data": data or {}}
        return self.call("POST", f"/api/v1/namespaces/{ns}/configmaps", obj).good(201)

    def deployment(self, ns: str, name: str = "d", **spec: Any) -> Obj:
        """Create a Deployment without replicas."""
        return self.call("POST", f"/apis/apps/v1/namespaces/{ns}/deployments", deployment(name, **spec)).good(201)

    def calm(self, path: str) -> Obj:
        """A Deployment without replicas once its controller has nothing more to write to it."""
        deadline = time.monotonic() + 20
        while True:
            found = self.call("GET", path).good()
            status = found["status"]
            reasons = [c["reason"] for c in status.get("conditions", [])]
            is_seen = status.get("observedGeneration") == found["metadata"]["generation"]
            if not self.is_living or (is_seen and "NewReplicaSetAvailable" in reasons):
                return found
            assert time.monotonic() < deadline, status
            time.sleep(0.05)


def deployment(name: str = "d", **spec: Any) -> Obj:
    """A Deployment of one container."""
    labels = {"app": name}
    template = {
        "metadata": {"labels": labels},
        "spec": {"containers": [{"name": "app", "image": "reg.example/good:1", "env": [{"name": "A", "value": "1"}]}]},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {"replicas": 0, "selector": {"matchLabels": labels}, "template": template, **spec},
    }


def containers(obj: Obj) -> list[Obj]:
    """The containers of a Deployment."""
    return list(obj["spec"]["template"]["spec"]["containers"])
