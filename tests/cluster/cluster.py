"""A real Kubernetes on loopback: etcd, API server, controllers, scheduler, and fake nodes by kwok.

Every process is a child with a keeper, so that none outlives the one that started it; all state is in one folder.
Must not: be started twice in one folder.
"""

from __future__ import annotations

import json
import secrets
import urllib.request
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from opsportal.demo.process import Child
from tests.cluster import life, objects, parts
from tests.cluster.keys import write_keys
from tests.cluster.parts import HOST, Ports
from tests.contracts.kubernetes_wire import Wire

READY_SECONDS = 120.0
TOKEN_SECONDS = 24 * 3600
USERS = {
    "admin": "system:masters",
    "kwok": "system:masters",
    "system:kube-controller-manager": "",
    "system:kube-scheduler": "",
}
LINES = 5


@dataclass(frozen=True)
class Known:
    """What a test is told of a running cluster.

    `tokens` are by name: admin, and the service accounts of objects.py. `images` are two that its nodes can pull and
    that have a shell; none where the nodes are fake and pull nothing.
    """

    url: str
    ca_pem: str
    tokens: dict[str, str]
    folder: str
    images: list[str]

    FILE = "cluster.json"

    def wire(self, who: str = "admin") -> Wire:
        """Raw HTTPS as somebody."""
        return Wire(self.url, self.tokens[who], self.ca_pem)

    @classmethod
    def load(cls, folder: Path) -> Known:
        """The cluster that runs in that folder."""
        return cls(**json.loads((folder / cls.FILE).read_text(encoding="utf-8")))


class RealCluster:
    """One cluster in one folder, its nodes kwok's."""

    images: list[str] = []

    def __init__(self, binary: Path, folder: Path) -> None:
        self.binary, self.folder = binary, folder
        self.ports = Ports.free()
        self.url = f"https://{HOST}:{self.ports.apiserver}"
        self.tokens = {user: secrets.token_hex(16) for user in USERS}
        self.children: list[Child] = []

    def start(self) -> Known:
        """Start everything and wait until a pod could run; raises StartError with the end of a log."""
        self._write_files()
        self._run(parts.etcd(self.folder, self.ports))
        server = self._run(parts.apiserver(self.folder, self.ports))
        admin = Wire(self.url, self.tokens["admin"], (self.folder / "keys" / "ca.crt").read_text())
        server.wait_until(lambda: _answers(admin), READY_SECONDS)
        self._run(parts.controllers(self.folder, self.ports))
        self._run(parts.scheduler(self.folder, self.ports))
        self._start_nodes(admin)
        tokens = {"admin": admin.token, **self._accounts(admin)}
        known = Known(self.url, admin.ca_pem, tokens, str(self.folder), self.images)
        server.wait_until(lambda: _is_ready(admin), READY_SECONDS)
        self._forget_first_versions()
        path = self.folder / Known.FILE
        path.touch(mode=0o600)
        path.write_text(json.dumps(asdict(known), indent=1), encoding="utf-8")
        return known

    def stop(self) -> None:
        """End everything: the nodes first, then the control plane, etcd last."""
        groups = [self.children[2:], self.children[1:2], self.children[:1]]
        for group in groups:
            for child in group:
                child.ask_to_stop()
            for child in group:
                child.wait()
        self.children = []

    def _start_nodes(self, admin: Wire) -> None:
        self._run(parts.kwok(self.folder))
        self._run(parts.fakelet(self.folder, self.ports))
        for node in objects.fake_nodes(HOST):
            admin.call("POST", "/api/v1/nodes", node).good(201)

    def _run(self, command: list[str]) -> Child:
        child = Child(command[0], [str(self.binary), *command], self.folder / "log" / f"{command[0]}.log")
        child.start()
        self.children.append(child)
        return child

    def _write_files(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o711)  # commands in "containers" run as nobody
        for name in ("box", "podlogs", "made"):
            (self.folder / name).mkdir()
        (self.folder / "box").chmod(0o755)
        write_keys(self.folder / "keys")
        rows = [f'{token},{user},{user},"{USERS[user]}"\n' for user, token in self.tokens.items()]
        self._write("tokens.csv", "".join(rows))
        for user in self.tokens:
            self._write(f"{user}.kubeconfig", json.dumps(self._kubeconfig(user)))
        self._write("kwok.yaml", life.configuration(self.ports))
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        lines = "".join(f"{now} stdout F line {number} of the log\n" for number in range(1, LINES + 1))
        for name in ("default.log", "default.previous.log"):
            self._write(f"podlogs/{name}", lines)

    def _write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")

    def _kubeconfig(self, user: str) -> dict[str, Any]:
        cluster = {"server": self.url, "certificate-authority": str(self.folder / "keys" / "ca.crt")}
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "one",
            "contexts": [{"name": "one", "context": {"cluster": "one", "user": user}}],
            "clusters": [{"name": "one", "cluster": cluster}],
            "users": [{"name": user, "user": {"token": self.tokens[user]}}],
        }

    def _accounts(self, admin: Wire) -> dict[str, str]:
        """The service accounts' tokens by name."""
        tokens = {}
        admin.call("POST", "/apis/rbac.authorization.k8s.io/v1/clusterroles", objects.role()).good(201)
        for name, role in objects.ACCOUNTS.items():
            admin.call("POST", "/api/v1/namespaces/default/serviceaccounts", objects.account(name)).good(201)
            if role:
                path = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings"
                admin.call("POST", path, objects.binding(name, role)).good(201)
            asked = {"spec": {"expirationSeconds": TOKEN_SECONDS}}
            path = f"/api/v1/namespaces/default/serviceaccounts/{name}/token"
            tokens[name] = admin.call("POST", path, asked).good(201)["status"]["token"]
        return tokens

    def _forget_first_versions(self) -> None:
        """Compact etcd as a cluster that is not brand-new has been: the first resourceVersions are forgotten."""
        etcd = f"http://{HOST}:{self.ports.etcd}/v3/kv/"
        revision = _post(etcd + "range", {"key": "Lw=="})["header"]["revision"]
        _post(etcd + "compaction", {"revision": revision, "physical": True})


def _post(url: str, body: Any) -> Any:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def _answers(admin: Wire) -> bool:
    """Whether the API server is ready, its first objects made."""
    try:
        return admin.call("GET", "/readyz").status == 200
    except OSError:
        return False


def _is_ready(admin: Wire) -> bool:
    """Whether the nodes are ready."""
    nodes = admin.call("GET", "/api/v1/nodes").good()["items"]
    conditions = [c for n in nodes for c in n["status"].get("conditions", []) if c["type"] == "Ready"]
    return len(conditions) == len(nodes) > 0 and all(c["status"] == "True" for c in conditions)
