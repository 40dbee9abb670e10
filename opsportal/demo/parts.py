"""The children of the demo: which command each one is, and how to see that it is ready.

Must not: start or watch them; `supervisor` does.
"""

from __future__ import annotations

import http.client
import json
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from apps.sandbox.world import World
from opsportal.config import Config
from opsportal.demo.folder import DataFolder
from opsportal.demo.postgres import Postgres
from opsportal.demo.process import Child
from opsportal.demo.valkey import Valkey

CHECKOUT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"
GOOD_AFTER_SECONDS = 5.0  # nobody waits ten minutes in a demo for a version to be a known good one


class Parts:
    """Makes the children of one run, all with the same environment."""

    def __init__(self, config: Config, folder: DataFolder) -> None:
        self.config, self.folder = config, folder
        sockets = folder.make_sockets()
        keep = (folder.lock_fd,)
        self.postgres = Postgres(folder.database, sockets / "postgres", folder.logs / "postgres.log", keep=keep)
        self.valkey = Valkey(sockets / "valkey", folder.logs / "valkey.log", keep=keep)
        self.environment = {
            "DJANGO_SETTINGS_MODULE": "opsportal.settings.dev",
            "OPSPORTAL_DATA_DIR": str(folder.root),
            "OPSPORTAL_DATABASE_URL": self.postgres.url(),
            "OPSPORTAL_REDIS_URL": self.valkey.url(),
            "OPSPORTAL_PORT": str(config.port),
            "OPSPORTAL_GOOD_AFTER_SECONDS": str(
                config.good_after_seconds if "good_after_seconds" in config.model_fields_set else GOOD_AFTER_SECONDS
            ),
        }

    def manage(self, name: str, *arguments: str, grace: float = 5) -> Child:
        """A child that is a management command."""
        return self._python(name, ["manage.py", *arguments], grace)

    def sandbox(self) -> Child:
        """The stand-in GitLab, Jenkins, registry and Kubernetes servers."""
        flags = ["--data-dir", str(self.folder.sandbox)]
        if self.config.demo_build_seconds is not None:
            flags += ["--build-seconds", str(self.config.demo_build_seconds)]
        if self.config.demo_executors is not None:
            flags += ["--executors", str(self.config.demo_executors)]
        return self.manage("sandbox", "sandbox", *flags)

    def web(self) -> Child:
        """API and pages."""
        flags = ["--host", HOST, "--port", str(self.config.port), "--lifespan", "off", "--no-access-log"]
        flags += ["--timeout-graceful-shutdown", "3", "--ws-per-message-deflate", "false"]
        return self._python("web", ["-m", "uvicorn", "opsportal.asgi:application", *flags], 5)

    def worker(self) -> Child:
        """The engine."""
        flags = ["-P", "threads", "-c", "2", "--loglevel", self.config.log_level]
        flags += ["--without-gossip", "--without-mingle"]
        return self._python("worker", ["-m", "celery", "-A", "opsportal", "worker", *flags], 6)

    def watcher(self) -> Child:
        """List and watch of every cluster."""
        return self.manage("watcher", "watch_clusters")

    def _python(self, name: str, arguments: Sequence[str], grace: float) -> Child:
        log = self.folder.logs / f"{name}.log"
        env = {**self.environment, "PYTHONUNBUFFERED": "1"}
        keep = (self.folder.lock_fd,)
        return Child(name, [sys.executable, *arguments], log, env, grace=grace, keep=keep, cwd=CHECKOUT)


def sandbox_answers(folder: DataFolder) -> bool:
    """Whether every server that `world.json` names accepts connections."""
    try:
        world = World.load(str(folder.sandbox))
    except json.JSONDecodeError:  # it is being written
        return False
    if world is None:
        return False
    alone = [world.gitlab, world.jenkins, world.registry, world.callback]
    addresses = [*alone, *(cluster.address for cluster in world.clusters)]
    ports = [port for address in addresses for port in (address.port, address.admin_port)]
    return all(port and port_answers(port) for port in ports)


def port_answers(port: int) -> bool:
    """Whether something listens on this port of the loopback."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


def web_is_ready(port: int) -> bool:
    """Whether /readyz says that nothing is missing."""
    client = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        client.request("GET", "/readyz")
        return client.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        client.close()
