"""A running sandbox, a company on it, and a runner in this process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings

from apps.integrations.clients import forget_clients
from apps.sandbox.compose import Sandbox
from apps.tickets import bell
from apps.tickets.runner import Runner
from tests.releases.hand import Cluster, Hand, Outside
from tests.support.sandbox import running_sandbox
from tests.support.story import Company, add_project, found_company


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with running_sandbox(tmp_path_factory, build_seconds=0.4, executors=8, pod_start_seconds=0.05) as running:
        yield running


@pytest.fixture
def company(transactional_db: None, sandbox: Sandbox) -> Iterator[Company]:
    for server in sandbox.servers.values():
        server.faults.clear()
    made = found_company(sandbox)
    add_project(made)
    yield made
    forget_clients()


@pytest.fixture
def runner(transactional_db: None) -> Iterator[Runner]:
    running = Runner()
    running.start()
    yield running
    running.stop()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short waits, for tests that turn the engine by hand."""
    monkeypatch.setattr(settings.CONFIG, "rollout_recheck_seconds", 0.05)
    monkeypatch.setattr(settings.CONFIG, "build_recheck_seconds", 0.2)
    monkeypatch.setattr(settings.CONFIG, "outside_timeout", 5.0)


@pytest.fixture
def hand(company: Company, quick: None, monkeypatch: pytest.MonkeyPatch) -> Hand:
    """The engine turned by hand; nobody else is there to ring for. Pods start and stop in a blink."""
    monkeypatch.setattr(bell, "ring", lambda ids: None)
    for name in company.sandbox.clusters:
        Cluster(company, name).hasten()
    return Hand(company)


@pytest.fixture
def outside(company: Company) -> Outside:
    """What changes outside from here on."""
    return Outside(company)


@pytest.fixture
def slow_builds(company: Company) -> Iterator[None]:
    """For what happens while a build runs: it goes on for some seconds."""
    workshop = company.sandbox.jenkins._workshop
    before = workshop.seconds
    object.__setattr__(workshop, "seconds", 3.0)
    yield
    object.__setattr__(workshop, "seconds", before)
