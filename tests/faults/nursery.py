"""Workers that can be killed, stopped and held at a checkpoint, and where the stand-ins' journals stood.

Must not: know pytest; the crash matrix is a program of its own.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from apps.sandbox.base.journal import Entry
from tests.support.story import Company

SPEEDS = {
    "OPSPORTAL_LEASE_SECONDS": "1.5",
    "OPSPORTAL_CHORE_LEASE_SECONDS": "1.5",
    "OPSPORTAL_LOST_SECONDS": "0.8",
    "OPSPORTAL_SWEEP_SECONDS": "0.2",
    "OPSPORTAL_POLL_SECONDS": "0.2",
    "OPSPORTAL_BUILD_RECHECK_SECONDS": "2",
    "OPSPORTAL_ROLLOUT_RECHECK_SECONDS": "0.3",
}


@dataclass
class Marks:
    """Where the journals stood before a cell."""

    company: Company
    before: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        self.before = {name: server.journal.last for name, server in self.company.sandbox.servers.items()}

    def entries(self, server: str, kind: str) -> list[Entry]:
        """What that server accepted since."""
        journal = self.company.sandbox.servers[server].journal
        return journal.find(kind, accepted=True, since=self.before[server])

    def count(self, server: str, kind: str) -> int:
        return len(self.entries(server, kind))

    def image_changes(self, cluster: str) -> list[str]:
        """Each change of the container's image that the cluster took, in order."""
        return [e.detail["image"]["app"] for e in self.image_patches(cluster)]

    def image_patches(self, cluster: str) -> list[Entry]:
        """The calls that made them."""
        return [
            e
            for e in self.entries(f"cluster {cluster}", "deployments.patch")
            if e.detail.get("image") and e.detail.get("changed") and not e.detail.get("dry_run")
        ]


class Nursery:
    """Starts workers in moments, by fork of a process that has loaded everything already."""

    def __init__(self, env: dict[str, str], log: IO[bytes] | None = None) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.worker"],
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )

    def _ask(self, **command: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def start(self, kill: dict[str, Any] | None = None, **more: Any) -> int:
        """A new worker's pid. `hold` (as `kill`, with the path of a `Gate`) stops it at a checkpoint; `celery` makes
        it a whole Celery worker, `backoff` shortens the engine's first wait after a trouble."""
        return int(self._ask(do="start", kill=kill, **more)["pid"])

    def wait(self, pid: int, seconds: float = 30) -> int | None:
        """The wait status of a worker that ended; None when it still runs."""
        return self._ask(do="wait", pid=pid, seconds=seconds)["status"]

    def stop(self, pid: int) -> int | None:
        """Ask a worker to end; its wait status."""
        return self._ask(do="stop", pid=pid)["status"]

    def close(self) -> None:
        """End the nursery and whoever still runs."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(20)


class Gate:
    """Where a worker held at its checkpoint waits: it says that it is there, and goes on when it is let through."""

    def __init__(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        self.path = path
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen(8)
        self._held: socket.socket | None = None

    def wait_reached(self, seconds: float) -> bool:
        """Whether the worker came to its checkpoint in time."""
        self._listener.settimeout(seconds)
        try:
            self._held, _ = self._listener.accept()
        except TimeoutError:
            return False
        return True

    def let_through(self) -> None:
        """The worker goes on."""
        if self._held is not None:
            self._held.close()
            self._held = None

    def close(self) -> None:
        """Let through whoever waits, and take the gate away."""
        self.let_through()
        self._listener.close()
        self.path.unlink(missing_ok=True)
