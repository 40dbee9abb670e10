"""The running cluster, a company on it, and a worker and a watcher as processes of their own."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from apps.integrations.clients import forget_clients
from opsportal.demo.process import Child
from tests.cluster.cluster import Known
from tests.cluster.company import RealCompany, found_real_company
from tests.support.database import process_environment
from tests.support.sandbox import running_sandbox

CHECKOUT = Path(__file__).parents[2]
ORIGIN = "https://portal.example.com"
SPEEDS = {
    "OPSPORTAL_SWEEP_SECONDS": "0.2",
    "OPSPORTAL_POLL_SECONDS": "0.3",
    "OPSPORTAL_BUILD_RECHECK_SECONDS": "1",
    "OPSPORTAL_ROLLOUT_RECHECK_SECONDS": "0.5",
    "OPSPORTAL_REFUSED_PODS_SECONDS": "3",
    "OPSPORTAL_GOOD_AFTER_SECONDS": "0.2",
}


@pytest.fixture(scope="session")
def known() -> Known:
    folder = os.environ.get("OPSPORTAL_CLUSTER_FOLDER")
    if not folder:
        pytest.skip("OPSPORTAL_CLUSTER_FOLDER is not set: no real cluster (make test-cluster)")
    return Known.load(Path(folder))


@pytest.fixture
def _django_db_helper() -> None:
    """In place of pytest-django's: a module keeps its company from test to test, nothing is flushed between them."""


@pytest.fixture(scope="module")
def real(
    known: Known, tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: Any
) -> Iterator[RealCompany]:
    with running_sandbox(tmp_path_factory, build_seconds=0.3) as sandbox, django_db_blocker.unblock():
        made = found_real_company(sandbox, known)
        try:
            yield made
        finally:
            made.leave()
            forget_clients()
            call_command("flush", interactive=False, verbosity=0)


@pytest.fixture(scope="module")
def processes(
    real: RealCompany, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Child]]:
    """A worker and the watcher, started as the demo starts them."""
    logs = tmp_path_factory.mktemp("logs")
    env = {**process_environment(redis_url), **SPEEDS, "OPSPORTAL_ORIGINS": ORIGIN, "PYTHONUNBUFFERED": "1"}
    celery = ["-m", "celery", "-A", "opsportal", "worker", "-P", "threads", "-c", "2", "--loglevel", "INFO"]
    commands = {
        "worker": [sys.executable, *celery, "--without-gossip", "--without-mingle"],
        "watcher": [sys.executable, "manage.py", "watch_clusters"],
    }
    running = {n: Child(n, command, logs / f"{n}.log", env, cwd=CHECKOUT) for n, command in commands.items()}
    real.worker_log = running["worker"].log
    for child in running.values():
        child.start()
    yield running
    for child in running.values():
        child.ask_to_stop()
    for child in running.values():
        child.wait()
