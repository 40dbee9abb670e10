"""What the tests of the cluster's adapter share: tokens, a client, objects, and the hand of somebody else.

Must not: hold a test.
"""

from __future__ import annotations

import json
from typing import Any

from apps.integrations.kubernetes.client import Kubernetes
from apps.integrations.loop import run
from apps.sandbox.kubernetes.api.access import Roles, Rule, Token, readonly
from apps.sandbox.kubernetes.server import KubernetesServer

Obj = dict[str, Any]
JSON = {"Content-Type": "application/json"}
ADMIN, READER, NO_EXEC = "admin-token", "reader-token", "looks-token"
NS = "shop"
KEY, NEXT_KEY, OTHER_KEY = "5b1c.1", "5b1c.2", "77aa.1"
OURS = {"app.kubernetes.io/name": "web", "app.kubernetes.io/managed-by": "opsportal"}
LOOKS = (Rule(("get", "list"), ("", "apps"), ("pods", "deployments", "replicasets")),)
TOKENS = {
    ADMIN: Token("system:admin", rules=Roles().cluster_admin),
    READER: readonly(name="reader"),
    NO_EXEC: Token("system:serviceaccount:default:looks", rules=LOOKS),
}


def client(server: KubernetesServer, token: str = ADMIN) -> Kubernetes:
    return Kubernetes(server.url, token, name="dc1", ca_pem=server.ca_pem, timeout=5, allow_loopback=True)


def raw(cluster: Kubernetes, method: str, path: str, body: Any, query: Any = None, **headers: str) -> Obj:
    """What somebody else does, past our calls."""
    data = json.dumps(body).encode()
    answer = cluster.http.request(method, path, data=data, query=query, headers=headers or JSON, what="x")
    return run(answer, 5).object()


def deployment(image: str = "reg/web:1", **spec: Any) -> Obj:
    labels = {"app.kubernetes.io/name": "web"}
    containers = [{"name": "app", "image": image, "resources": {"limits": {"cpu": "1000m", "memory": "1024Mi"}}}]
    template = {"metadata": {"labels": labels}, "spec": {"containers": containers}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": NS, "labels": OURS},
        "spec": {"replicas": 1, "selector": {"matchLabels": labels}, "template": template, **spec},
    }
