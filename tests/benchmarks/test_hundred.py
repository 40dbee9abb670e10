"""A hundred projects release at once: 20 executors, builds of 5 s, one worker and one watcher (the issue's figure).

Prints a table; asserts only what is true at any speed: every ticket succeeded, one tag, one build and one image change
each, and that Jenkins was asked for running builds once per interval.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from django.db import connection

from apps.integrations.clients import forget_clients
from apps.sandbox.world import World
from apps.tickets.models import Ticket
from tests.support.story import Company, add_project, found_company, wait_for

PROJECTS = int(os.environ.get("OPSPORTAL_BENCH_PROJECTS", "100"))
BUILD_SECONDS, EXECUTORS, LIMIT = 5, 20, 600
INTERVAL = 1.0
pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1200)]


@contextmanager
def process(*command: str, env: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A child that is ended, by its own pid, with the block."""
    with log.open("wb") as output:
        child = subprocess.Popen([sys.executable, *command], env=env, stdout=output, stderr=output)
        try:
            yield child
        finally:
            child.terminate()
            try:
                child.wait(20)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def journal(port: int, kind: str) -> list[dict[str, Any]]:
    answer = requests.get(f"http://127.0.0.1:{port}/journal", params={"kind": kind}, timeout=60)
    return list(answer.json()["entries"])


def found_world(folder: Path) -> World:
    """The world of the sandbox process once all its ports are written down."""
    wait_for(lambda: (folder / "world.json").exists() and _complete(folder), 60, "the sandbox")
    world = World.load(str(folder))
    assert world is not None
    return world


def _complete(folder: Path) -> bool:
    world = World.load(str(folder))
    return world is not None and all(c.address.port and c.ca_pem for c in world.clusters)


def found_projects(company: Company, number: int) -> list[str]:
    """Repositories made through GitLab's admin port, projects with one workload in test."""
    slugs = [f"load-{n:03d}-n1" for n in range(number)]
    for slug in slugs:
        answer = requests.post(
            f"http://127.0.0.1:{company.sandbox.world.gitlab.admin_port}/projects",
            json={"path": f"shop/{slug}", "language": "go", "visibility": "public"},
            timeout=30,
        )
        assert answer.status_code == 201, answer.text
        add_project(company, slug, language="go", replicas=1, environments=("test",))
    return slugs


def file_at_once(company: Company, slugs: list[str]) -> list[int]:
    """Eight people press the button side by side; the tickets' ids."""

    def file(slug: str) -> int:
        try:
            return company.file("release", "developer", slug, "test", ref="main").pk
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as people:
        return list(people.map(file, slugs))


def test_a_hundred_projects_release_at_once(tmp_path: Path, process_env: Callable[..., dict[str, str]]) -> None:
    folder = tmp_path / "sandbox"
    env = process_env(OPSPORTAL_POLL_SECONDS=str(INTERVAL))
    sandbox = ["manage.py", "sandbox", "--data-dir", str(folder), "--build-seconds", str(BUILD_SECONDS)]
    sandbox += ["--executors", str(EXECUTORS), "--pod-start-seconds", "1"]
    worker = ["-m", "celery", "-A", "opsportal", "worker", "-P", "threads", "-c", "2", "-l", "warning"]
    with (
        process(*sandbox, env=env, log=tmp_path / "sandbox.log"),
        process(*worker, "--without-gossip", "--without-mingle", env=env, log=tmp_path / "worker.log"),
        process("manage.py", "watch_clusters", env=env, log=tmp_path / "watcher.log"),
    ):
        world = found_world(folder)
        company = found_company(SimpleNamespace(world=world))  # type: ignore[arg-type]
        slugs = found_projects(company, PROJECTS)
        began = time.monotonic()
        tickets = file_at_once(company, slugs)
        filed = time.monotonic() - began
        mine = Ticket.objects.filter(pk__in=tickets)
        wait_for(lambda: not mine.exclude(status__in=["succeeded", "failed", "errored"]).exists(), LIMIT, "all ends")
        wall = time.monotonic() - began
        trees = journal(world.jenkins.admin_port, "root.tree")
        builds = journal(world.jenkins.admin_port, "build.start")
        tags = [e for e in journal(world.gitlab.admin_port, "tag.create") if e["accepted"]]
        patches = [
            e
            for e in journal(world.clusters[0].address.admin_port, "deployments.patch")
            if e["accepted"] and e["detail"].get("changed") and e["detail"].get("manager") == "opsportal-image"
        ]
        forget_clients()
    least = PROJECTS / EXECUTORS * BUILD_SECONDS
    busy = trees[-1]["at"] - trees[0]["at"] if len(trees) > 1 else 0.0
    print(f"\n{'projects':>10} {'filed s':>8} {'wall s':>8} {'least s':>8} {'ratio':>6} {'tree calls/interval':>20}")
    print(
        f"{PROJECTS:>10} {filed:>8.1f} {wall:>8.1f} {least:>8.1f} {wall / least:>6.2f}"
        f" {len(trees) / max(1.0, busy / INTERVAL):>20.2f}"
    )
    assert list(mine.exclude(status="succeeded").values_list("status", "reason")) == []
    assert (len(tags), len(builds), len(patches)) == (PROJECTS, PROJECTS, PROJECTS)
    assert len(trees) <= busy / INTERVAL * 1.1 + 2
