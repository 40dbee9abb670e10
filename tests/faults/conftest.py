"""One company for all fault cells of a module, and a nursery of workers that can be killed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.management import call_command

from apps.integrations.clients import forget_clients
from tests.support.database import process_environment
from tests.support.sandbox import running_sandbox
from tests.support.story import Company, add_project, found_company

SPEEDS = {
    "OPSPORTAL_LEASE_SECONDS": "1.5",
    "OPSPORTAL_CHORE_LEASE_SECONDS": "1.5",
    "OPSPORTAL_LOST_SECONDS": "0.8",
    "OPSPORTAL_SWEEP_SECONDS": "0.2",
    "OPSPORTAL_POLL_SECONDS": "0.2",
    "OPSPORTAL_BUILD_RECHECK_SECONDS": "2",
    "OPSPORTAL_ROLLOUT_RECHECK_SECONDS": "0.3",
}


@pytest.fixture
def _django_db_helper() -> None:
    """In place of pytest-django's: a module keeps its company from test to test, nothing is flushed between them."""


@dataclass
class Marks:
    """Where the journals stood before a cell."""

    company: Company

    def __post_init__(self) -> None:
        self.before = {name: server.journal.last for name, server in self.company.sandbox.servers.items()}

    def count(self, server: str, kind: str) -> int:
        journal = self.company.sandbox.servers[server].journal
        return len(journal.find(kind, accepted=True, since=self.before[server]))

    def image_changes(self, cluster: str) -> list[str]:
        journal = self.company.sandbox.clusters[cluster].journal
        entries = journal.find("deployments.patch", accepted=True, since=self.before[f"cluster {cluster}"])
        return [
            e.detail["image"]["app"]
            for e in entries
            if e.detail.get("image") and e.detail.get("changed") and not e.detail.get("dry_run")
        ]


class Nursery:
    """Starts workers in moments, by fork of a process that has loaded everything already."""

    def __init__(self, env: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.worker"],
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def _ask(self, **command: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def start(self, kill: dict[str, Any] | None = None) -> int:
        """A new worker's pid."""
        return int(self._ask(do="start", kill=kill)["pid"])

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


@pytest.fixture(scope="module")
def company(
    tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: Any
) -> Iterator[Company]:
    with (
        running_sandbox(tmp_path_factory, build_seconds=0.2, executors=8, pod_start_seconds=0.05) as sandbox,
        django_db_blocker.unblock(),
    ):
        made = found_company(sandbox)
        add_project(made, replicas=1)
        try:
            yield made
        finally:
            forget_clients()
            call_command("flush", interactive=False, verbosity=0)


@pytest.fixture(scope="module")
def nursery(company: Company, redis_url: str) -> Iterator[Nursery]:
    made = Nursery({**process_environment(redis_url), **SPEEDS})
    yield made
    made.close()
