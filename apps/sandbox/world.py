"""The small coherent world: which servers exist, where they listen, who may call them.

`World` is data only (addresses, credentials, speeds), saved to `world.json` so that a second start agrees with
what a portal has stored. Must not: import any of the servers or anything of the portal.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner reads, aside first: a kill leaves the old one or the new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(".new")
    aside.touch(mode=0o600, exist_ok=True)
    aside.write_text(text, encoding="utf-8")
    aside.replace(path)


@dataclass
class Address:
    """Where a server listens (0 = any free port, filled in at start) and where its admin port is."""

    port: int = 0
    admin_port: int = 0


@dataclass
class ClusterSpec:
    """One Kubernetes cluster: name, data centre, node count, and the bearer token of the portal's service account."""

    name: str
    data_centre: str
    address: Address = field(default_factory=Address)
    portal_token: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    admin_token: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    readonly_token: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    nodes: int = 3
    ca_pem: str = ""


@dataclass
class World:
    """Everything the servers share. Times are seconds."""

    data_dir: str
    build_seconds: float = 12.0
    executors: int = 4
    gitlab: Address = field(default_factory=Address)
    jenkins: Address = field(default_factory=Address)
    registry: Address = field(default_factory=Address)
    callback: Address = field(default_factory=Address)
    clusters: list[ClusterSpec] = field(
        default_factory=lambda: [
            ClusterSpec("test-1", "lab"),
            ClusterSpec("dc1", "dc1-bj"),
            ClusterSpec("dc2", "dc2-sh"),
        ]
    )
    gitlab_token: str = field(default_factory=lambda: "glpat-" + secrets.token_urlsafe(15))
    jenkins_user: str = "portal"
    jenkins_api_token: str = field(default_factory=lambda: secrets.token_hex(17))
    jenkins_password: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    registry_user: str = "ci"
    registry_password: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    pod_start_seconds: float = 2.0

    @property
    def registry_host(self) -> str:
        """The registry's host and port as it stands in image references."""
        return f"127.0.0.1:{self.registry.port}"

    @property
    def gitlab_url(self) -> str:
        """Base URL of GitLab."""
        return f"http://127.0.0.1:{self.gitlab.port}"

    @property
    def jenkins_url(self) -> str:
        """Base URL of Jenkins."""
        return f"http://127.0.0.1:{self.jenkins.port}"

    @property
    def registry_url(self) -> str:
        """Base URL of the registry."""
        return f"http://{self.registry_host}"

    @property
    def callback_url(self) -> str:
        """Where the receiver takes a callback."""
        return f"http://127.0.0.1:{self.callback.port}/hooks/released"

    def save(self) -> None:
        """Write `world.json`; it holds the credentials."""
        write_private(Path(self.data_dir) / "world.json", json.dumps(asdict(self), indent=1))

    @classmethod
    def load(cls, data_dir: str) -> World | None:
        """The saved world, or None when there is none."""
        path = Path(data_dir) / "world.json"
        if not path.exists():
            return None
        raw = json.loads(path.read_text(encoding="utf-8"))
        for key in ("gitlab", "jenkins", "registry", "callback"):
            raw[key] = Address(**raw.get(key, {}))  # a world of before the receiver has no address of it
        raw["clusters"] = [ClusterSpec(**{**c, "address": Address(**c["address"])}) for c in raw["clusters"]]
        return cls(**raw)
