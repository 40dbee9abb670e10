"""A cluster as the statements about its life ask it: raw HTTPS and WebSockets, no client library.

Must not: know whether the cluster is the stand-in or a real one.
"""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import websocket

Obj = dict[str, Any]
Objs = list[Obj]  # the API has a method named `list`
STRATEGIC, MERGE = "application/strategic-merge-patch+json", "application/merge-patch+json"
PATHS = {
    "deployments": "/apis/apps/v1/namespaces/{}/deployments",
    "replicasets": "/apis/apps/v1/namespaces/{}/replicasets",
    "pods": "/api/v1/namespaces/{}/pods",
    "events": "/api/v1/namespaces/{}/events",
    "resourcequotas": "/api/v1/namespaces/{}/resourcequotas",
    "configmaps": "/api/v1/namespaces/{}/configmaps",
}


def condition(status: Obj, kind: str) -> Obj:
    """The condition of that type; empty when absent."""
    return next((c for c in status.get("conditions") or () if c["type"] == kind), {})


@dataclass
class Api:
    """One cluster, one token, one namespace. `pinned` is an image named by digest, "" where there is none;
    `has_kubelet` is False where nodes only play the life of pods, `has_runtime` True where containers really run."""

    url: str
    token: str
    ca_pem: str
    namespace: str
    images: tuple[str, str] = ("nginx:1", "nginx:2")
    pinned: str = ""
    has_kubelet: bool = True
    has_runtime: bool = False

    def tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cadata=self.ca_pem)

    @contextmanager
    def open(self, method: str, path: str, body: Any = None, content_type: str = "application/json") -> Iterator[Any]:
        """A response that is still to be read."""
        parts = urlsplit(self.url)
        connection = http.client.HTTPSConnection(parts.hostname or "", parts.port, context=self.tls(), timeout=30)
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": content_type, "User-Agent": "contract"}
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            yield connection.getresponse()
        finally:
            # A reader in another thread holds the connection's lock until its socket ends.
            with suppress(OSError, AttributeError):
                connection.sock.shutdown(socket.SHUT_RDWR)
            connection.close()

    def call(self, method: str, path: str, body: Any = None, content_type: str = "application/json") -> tuple[int, Any]:
        """Status code and body, as JSON where it is."""
        with self.open(method, path, body, content_type) as response:
            text = response.read().decode()
            is_json = response.getheader("Content-Type", "").startswith("application/json") and text
            return response.status, json.loads(text) if is_json else text

    def path(self, resource: str, name: str = "", rest: str = "") -> str:
        base = PATHS[resource].format(self.namespace)
        return base + (f"/{name}" if name else "") + rest

    # -- objects ----------------------------------------------------------------------------------------------
    def create(self, resource: str, obj: Obj) -> Obj:
        code, answer = self.call("POST", self.path(resource), obj)
        assert code == 201, answer
        return dict(answer)

    def get(self, resource: str, name: str) -> Obj:
        code, answer = self.call("GET", self.path(resource, name))
        return dict(answer) if code == 200 else {}

    def list(self, resource: str, selector: str = "") -> Any:
        query = f"?{urlencode({'labelSelector': selector})}" if selector else ""
        return self.call("GET", self.path(resource) + query)[1]["items"]

    def patch(self, resource: str, name: str, patch: Obj, content_type: str = STRATEGIC) -> Obj:
        code, answer = self.call("PATCH", self.path(resource, name), patch, content_type)
        assert code == 200, answer
        return dict(answer)

    def delete(self, resource: str, name: str) -> Any:
        return self.call("DELETE", self.path(resource, name))[1]

    def wait(self, check: Callable[[], Any], seconds: float = 60) -> Any:
        deadline = time.monotonic() + seconds
        while not (found := check()):
            assert time.monotonic() < deadline, f"not within {seconds} s"
            time.sleep(0.03)
        return found

    # -- deployments ------------------------------------------------------------------------------------------
    def deployment(self, name: str, replicas: int = 3, image: str = "", **spec: Any) -> Obj:
        container = {"name": "app", "image": image or self.images[0]}
        pod_spec = {"containers": [container], "terminationGracePeriodSeconds": 1}
        template = {"metadata": {"labels": {"app": name}}, "spec": pod_spec}
        selector = {"matchLabels": {"app": name}}
        spec = {"replicas": replicas, "selector": selector, "template": template, **spec}
        return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec}

    def set_image(self, name: str, image: str) -> Obj:
        containers = [{"name": "app", "image": image}]
        return self.patch("deployments", name, {"spec": {"template": {"spec": {"containers": containers}}}})

    def settled(self, name: str, replicas: int) -> Obj:
        """Wait until the newest generation is complete; the status."""

        def check() -> Obj | None:
            found = self.get("deployments", name)
            status = found.get("status") or {}
            counts = [status.get(k, 0) for k in ("replicas", "updatedReplicas", "availableReplicas")]
            is_seen = status.get("observedGeneration") == found["metadata"]["generation"]
            return status if is_seen and counts == [replicas] * 3 else None

        return dict(self.wait(check))

    @contextmanager
    def watching(self, resource: str, name: str) -> Iterator[Objs]:
        """The events of one object from now on, in a list that grows; whole when the block ends."""
        version = self.call("GET", self.path(resource))[1]["metadata"]["resourceVersion"]
        query = urlencode(
            {
                "watch": "1",
                "resourceVersion": version,
                "fieldSelector": f"metadata.name={name}",
                "timeoutSeconds": "120",
            }
        )
        seen: Objs = []
        with self.open("GET", f"{self.path(resource)}?{query}") as response:

            def read() -> None:
                try:
                    for line in response:
                        seen.append(json.loads(line))
                except (OSError, ValueError, AttributeError):
                    return  # closed at the end of the block

            threading.Thread(target=read, daemon=True).start()
            yield seen

    def remove(self, name: str) -> None:
        """Delete a Deployment and wait until nothing of it is left."""
        self.delete("deployments", name)
        self.wait(lambda: not self.list("pods", f"app={name}"))
        self.wait(lambda: not self.list("replicasets", f"app={name}"))

    # -- pods -------------------------------------------------------------------------------------------------
    def pod(self, name: str, *, containers: Any = None, **spec: Any) -> Obj:
        containers = containers or [{"name": "app", "image": self.images[0]}]
        body = {"containers": containers, "terminationGracePeriodSeconds": 1, **spec}
        return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": body}

    def running(self, name: str) -> Obj:
        """Wait until every container of a pod is ready; the pod."""

        def check() -> Obj | None:
            found = self.get("pods", name)
            statuses = (found.get("status") or {}).get("containerStatuses") or []
            return found if statuses and all(s["ready"] for s in statuses) else None

        return dict(self.wait(check))

    def waiting(self, name: str, *reasons: str) -> Obj:
        """Wait until a container waits for one of these reasons; its waiting state."""

        def check() -> Obj | None:
            statuses = (self.get("pods", name).get("status") or {}).get("containerStatuses") or [{}]
            state: Obj = (statuses[0].get("state") or {}).get("waiting") or {}
            return state if state.get("reason") in reasons else None

        return dict(self.wait(check))

    def log(self, name: str, **query: Any) -> tuple[int, Any]:
        return self.call("GET", self.path("pods", name, f"/log?{urlencode(query)}"))

    def exec(self, name: str, *command: str, protocol: str = "v5.channel.k8s.io", **streams: str) -> Exec:
        streams = streams or {"stdout": "true", "stderr": "true"}
        query = urlencode([*(("command", c) for c in command), *streams.items()])
        url = self.url.replace("https", "wss", 1) + self.path("pods", name, f"/exec?{query}")
        ws = websocket.create_connection(
            url,
            subprotocols=[protocol],
            header=[f"Authorization: Bearer {self.token}"],
            sslopt={"context": self.tls()},
            timeout=30,
        )
        return Exec(ws)


class Exec:
    """A client of one exec session: frames in order and output by channel."""

    def __init__(self, ws: websocket.WebSocket) -> None:
        self.ws = ws
        self.frames: list[bytes] = []
        self.out: dict[int, bytes] = {}
        self.close_code = 0

    def send(self, channel: int, data: bytes) -> None:
        self.ws.send_binary(bytes([channel]) + data)

    def read_one(self) -> bool:
        opcode, data = self.ws.recv_data()
        if opcode == websocket.ABNF.OPCODE_CLOSE:
            self.close_code = int.from_bytes(data[:2], "big")
            return False
        self.frames.append(data)
        self.out[data[0]] = self.out.get(data[0], b"") + data[1:]
        return True

    def until(self, text: bytes) -> bytes:
        while text not in self.out.get(1, b""):
            assert self.read_one(), self.out
        return self.out[1]

    def end(self) -> Obj:
        """Read to the close; the Status."""
        while self.read_one():
            pass
        return dict(json.loads(self.out[3]))
