"""A running sandbox and a company on it, with fewer people's patience for silent clusters."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings

from apps.integrations.clients import forget_clients
from apps.sandbox.compose import Sandbox
from apps.tickets import bell
from tests.releases.hand import Cluster, Hand, Outside
from tests.support.sandbox import running_sandbox
from tests.support.story import Company, add_project, found_company


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with running_sandbox(tmp_path_factory, build_seconds=0.4, executors=8, pod_start_seconds=0.05) as running:
        yield running


@pytest.fixture
def company(transactional_db: None, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Company]:
    for server in sandbox.servers.values():
        server.faults.clear()
    monkeypatch.setattr(settings.CONFIG, "outside_timeout", 5.0)
    made = found_company(sandbox)
    add_project(made)
    yield made
    forget_clients()


@pytest.fixture
def outside(company: Company) -> Outside:
    """What changes outside from here on."""
    return Outside(company)


@pytest.fixture
def hand(company: Company, monkeypatch: pytest.MonkeyPatch) -> Hand:
    """The engine turned by hand; nobody else is there to ring for. Pods start and stop in a blink."""
    monkeypatch.setattr(settings.CONFIG, "rollout_recheck_seconds", 0.05)
    monkeypatch.setattr(bell, "ring", lambda ids: None)
    for name in company.sandbox.clusters:
        Cluster(company, name).hasten()
    return Hand(company)
