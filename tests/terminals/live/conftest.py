"""The stage of the live bridge's tests. The cluster runs once per file; rows and the portal are each test's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from apps.accounts.models import User, UserSession
from apps.integrations.clients import forget_clients
from apps.sandbox.kubernetes.server import KubernetesServer
from opsportal.asgi import application
from tests.accounts.factories import make_user
from tests.integrations.kubernetes_support import ADMIN, TOKENS, client, deployment, raw
from tests.support.factories import grant, make_cluster, make_environment, make_project
from tests.support.servers import serving
from tests.terminals.live.support import NAMESPACE, Portal, Stage, pods_of, wait_until
from tests.workloads.objects import make_workload


@pytest.fixture(scope="module")
def cluster() -> Iterator[KubernetesServer]:
    with serving(KubernetesServer(None, name="dc1", tokens=TOKENS, pod_start_seconds=0.05)) as server:
        made = client(server)
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
        raw(made, "POST", "/api/v1/namespaces", namespace)
        web = deployment("nginx:1")
        web["metadata"]["namespace"] = NAMESPACE
        raw(made, "POST", f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments", web)
        wait_until(lambda: pods_of(server))
        yield server


@pytest.fixture
def stage(
    transactional_db: None, cluster: KubernetesServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Stage]:
    """A portal with one workload of one pod on the cluster."""
    monkeypatch.setattr(settings.CONFIG, "data_dir", tmp_path)
    monkeypatch.setattr(settings.CONFIG, "allow_loopback", True)
    environment = make_environment(NAMESPACE, "test")
    row = make_cluster("dc1", api_url=cluster.url, token=ADMIN, ca_pem=cluster.ca_pem, credential_set_at=timezone.now())
    workload = make_workload(make_project("book"), environment, row, "web")
    portal = Portal(application)
    found = Stage(portal, cluster, workload, wait_until(lambda: pods_of(cluster))[0])
    yield found
    for terminal in found.open:
        terminal.socket.close()
    portal.stop()
    wait_until(nobody_asks_the_database)
    forget_clients()
    cluster.faults.clear()


def nobody_asks_the_database() -> bool:
    """Whether the portal's threads, which outlive its loop by a statement, are done."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND state <> 'idle'"
        )
        return cursor.fetchone() == (0,)


@pytest.fixture
def user(stage: Stage) -> User:
    """A developer of the project."""
    person = make_user("li.wei")
    pair = stage.workload.project_environment
    grant(person, pair.project, pair.environment, "developer")
    return person


@pytest.fixture
def login(stage: Stage, user: User) -> UserSession:
    """The developer's browser."""
    return stage.login(user)
