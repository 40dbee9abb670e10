"""One company for all fault cells of a module, and a nursery of workers that can be killed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command

from apps.integrations.clients import forget_clients
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
    import os

    given = settings.DATABASES["default"]
    url = f"postgresql://{given['USER']}:{given['PASSWORD']}@/{given['NAME']}?host={given['HOST']}"
    if given["PORT"]:
        url += f"&port={given['PORT']}"
    env = {
        **os.environ,
        "OPSPORTAL_DATABASE_URL": url,
        "OPSPORTAL_REDIS_URL": redis_url,
        "DJANGO_SETTINGS_MODULE": "opsportal.settings.test",
        **SPEEDS,
    }
    made = Nursery(env)
    yield made
    made.close()
