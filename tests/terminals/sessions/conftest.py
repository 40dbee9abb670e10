"""Rows of sessions, and a company on running stand-ins for what looks into a cluster."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings

from apps.integrations.clients import forget_clients
from apps.sandbox.compose import Sandbox
from apps.tickets import bell
from apps.workloads.pods import listing
from tests.releases.hand import Cluster, Hand, Outside
from tests.support.sandbox import running_sandbox
from tests.support.story import Company, add_project, found_company, wait_for
from tests.terminals.sessions.paper import Room


@pytest.fixture
def room(db: None) -> Room:
    return Room()


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
    listing.forget()
    yield made
    forget_clients()


@pytest.fixture
def outside(company: Company) -> Outside:
    """What changes outside from here on."""
    return Outside(company)


@pytest.fixture
def hand(company: Company, monkeypatch: pytest.MonkeyPatch) -> Hand:
    """The engine turned by hand; nobody else is there to ring for. Pods start and stop in a blink."""
    monkeypatch.setattr(bell, "ring", lambda ids: None)
    for name in company.sandbox.clusters:
        cluster = Cluster(company, name)
        cluster.hasten()
        wait_for(lambda: _is_settled(cluster.deployment()), 20, f"the pods of {name}")  # noqa: B023 - waited for here
    return Hand(company)


def _is_settled(deployment: dict[str, Any]) -> bool:
    """Whether all its pods are of its template: none that a test takes is about to be replaced."""
    status, wanted = deployment.get("status", {}), deployment["spec"]["replicas"]
    counts = [status.get(name, 0) for name in ("replicas", "updatedReplicas", "readyReplicas")]
    return status.get("observedGeneration") == deployment["metadata"]["generation"] and counts == [wanted] * 3
