"""The watcher against a living stand-in cluster: rows follow, silence shows, and the API server is left in peace."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

import pytest
from asgiref.sync import sync_to_async
from django.db import connections

from apps.common.db import db_now
from apps.integrations.clients import forget_clients, get_kubernetes
from apps.integrations.kubernetes.types import Json
from apps.integrations.loop import loop_thread, run
from apps.integrations.models import Cluster
from apps.projects.models import Environment, Project
from apps.sandbox.base.faults import Fault
from apps.sandbox.kubernetes import controllers
from apps.sandbox.kubernetes.api import access
from apps.sandbox.kubernetes.server import KubernetesServer
from apps.tickets import bell
from apps.tickets.models import Step, Ticket
from apps.workloads import watcher
from apps.workloads.models import ClusterHeartbeat, ObservedDeployment, Workload
from tests.accounts.factories import browser, make_user
from tests.support import factories
from tests.support.cluster import deployment
from tests.support.servers import serving
from tests.workloads.objects import make_workload

pytestmark = pytest.mark.django_db(transaction=True)
T = TypeVar("T")


def wait_for(look: Callable[[], T | None], seconds: float = 15) -> T:
    """Ask until the answer is neither None nor false; fails at the deadline."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, f"not within {seconds} seconds"
        time.sleep(0.03)
    return found


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tenths of what a real watcher waits."""
    for name, value in (("WRITE_EVERY", 0.05), ("LOOK_EVERY", 0.2), ("WATCH_SECONDS", 1), ("RETRY_FIRST", 0.1)):
        monkeypatch.setattr(watcher, name, value)
    monkeypatch.setattr(watcher, "IDLE_SECONDS", 1.5)
    monkeypatch.setattr(bell, "ring", lambda ids: None)


@pytest.fixture
def server() -> Iterator[KubernetesServer]:
    cluster = KubernetesServer(tokens={"portal": access.portal()}, pod_start_seconds=0.05, ring_size=400)
    with serving(cluster) as running:
        yield running


@dataclass
class Scene:
    server: KubernetesServer
    cluster: Cluster
    project: Project
    test: Environment
    workloads: dict[str, Workload] = field(default_factory=dict)

    def do(self, work: Callable[[], Any]) -> Any:
        """Run something on the cluster's own loop."""

        async def call() -> Any:
            return work()

        return asyncio.run_coroutine_threadsafe(call(), controllers.life_of(self.server).loop).result(10)

    def deploy(self, name: str = "web", namespace: str = "test", replicas: int = 2) -> None:
        raw = deployment(name, replicas, "nginx:1")
        raw["metadata"]["namespace"] = namespace

        def work() -> None:
            if self.server.store.get("namespaces", None, namespace) is None:
                space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
                self.server.store.create("namespaces", space)
            self.server.store.create("deployments", raw)

        self.do(work)

    def adopt(self, name: str = "web", environment: Environment | None = None) -> Workload:
        made = make_workload(self.project, environment or self.test, self.cluster, name)
        self.workloads[name] = made
        return made

    def patch(self, image: str, name: str = "web") -> int:
        """Set the image as the portal does; the new generation."""
        client = get_kubernetes(self.cluster)
        raw = run(client.get_deployment("test", name), 10)
        version = raw["metadata"]["resourceVersion"]
        changed: Json = run(
            client.patch_image("test", name, "app", image, resource_version=version, key="k.1", seen=raw), 10
        )
        return int(changed["metadata"]["generation"])

    def row(self, name: str = "web") -> ObservedDeployment | None:
        return ObservedDeployment.objects.filter(workload=self.workloads[name]).first()

    def ready(self, image: str, name: str = "web", replicas: int = 2) -> ObservedDeployment:
        """Wait until the row says that all replicas run the image and nothing else is there."""

        def look() -> ObservedDeployment | None:
            row = self.row(name)
            if row is None or not row.exists or row.image != image or row.observed_generation < row.generation:
                return None
            is_full = row.replicas == row.updated == row.available == replicas == len(row.pods)
            return row if is_full else None

        return wait_for(look)

    def heard(self) -> float:
        """How old the heartbeat is, in seconds; very old when there is none."""
        beat = ClusterHeartbeat.objects.filter(cluster=self.cluster).first()
        if beat is None or beat.seen_at is None:
            return 1e9
        return (db_now() - beat.seen_at).total_seconds()

    def calls(self, kind: str) -> int:
        return len(self.server.journal.find(kind))

    @property
    def lists(self) -> tuple[int, int]:
        return self.calls("deployments.list"), self.calls("pods.list")


@pytest.fixture
def scene(server: KubernetesServer) -> Iterator[Scene]:
    cluster = factories.make_cluster(api_url=server.url, ca_pem=server.ca_pem, token="portal")
    made = Scene(server, cluster, factories.make_project("book"), factories.make_environment("test"))
    made.deploy()
    made.adopt()
    yield made
    forget_clients()


@pytest.fixture
def watching(scene: Scene) -> Iterator[Scene]:
    """The watcher at work, until the test ends; it has to end within seconds."""
    loop, stop = loop_thread().loop, asyncio.Event()
    running = asyncio.run_coroutine_threadsafe(watcher.watch_all(stop), loop)
    yield scene
    loop.call_soon_threadsafe(stop.set)
    running.result(10)
    asyncio.run_coroutine_threadsafe(sync_to_async(connections.close_all)(), loop).result(10)


class TestRows:
    def test_they_follow_a_rollout_to_its_end_with_one_list_of_each_kind(self, watching: Scene) -> None:
        first = watching.ready("nginx:1")
        assert (first.replicas_wanted, first.uid != "", first.exists) == (2, True, True)
        generation = watching.patch("nginx:2")
        row = watching.ready("nginx:2")
        assert (row.generation, row.observed_generation, row.step_key) == (generation, generation, "k.1")
        assert {pod["image"] for pod in row.pods} == {"nginx:2"}
        assert watching.lists == (1, 1)
        assert watching.heard() < 3

    def test_a_deleted_deployment_is_gone_and_one_that_returns_is_back(self, watching: Scene) -> None:
        watching.ready("nginx:1")
        watching.do(lambda: watching.server.store.delete("deployments", "test", "web"))
        wait_for(lambda: (row := watching.row()) is not None and not row.exists)
        wait_for(lambda: not watching.do(lambda: list(watching.server.store.list("pods", "test"))))
        watching.deploy()
        assert watching.ready("nginx:1").exists is True

    def test_a_workload_whose_deployment_is_not_there_is_known_to_be_gone(self, watching: Scene) -> None:
        watching.adopt("phantom")
        assert wait_for(lambda: watching.row("phantom")).exists is False

    def test_a_new_workload_in_a_new_namespace_costs_one_more_list_of_each_kind(self, watching: Scene) -> None:
        watching.ready("nginx:1")
        watching.deploy("api", "staging")
        time.sleep(0.3)  # its events pass by: nobody asked for that namespace yet
        staging = factories.make_environment("staging", "staging")
        watching.adopt("api", staging)
        watching.ready("nginx:1", "api")
        assert watching.lists == (2, 2)
        watching.patch("nginx:2")
        watching.ready("nginx:2")
        assert watching.lists == (2, 2)

    def test_a_second_workload_in_a_known_namespace_costs_no_list(self, watching: Scene) -> None:
        watching.ready("nginx:1")
        watching.deploy("api")
        watching.adopt("api")
        watching.ready("nginx:1", "api")
        assert watching.lists == (1, 1)

    def test_a_row_whose_resource_version_alone_moved_is_not_written(self, scene: Scene) -> None:
        one = watcher.ClusterWatcher(scene.cluster)
        raw = run(get_kubernetes(scene.cluster).get_deployment("test", "web"), 10)
        one.workloads = one._read_workloads()
        one.picture.namespaces = {"test"}
        one.picture.replace("deployments", [raw])
        assert one._store_one(scene.workloads["web"], ("test", "web")) is True
        before = scene.row()
        raw["metadata"]["resourceVersion"] = "99999"
        assert one._store_one(scene.workloads["web"], ("test", "web")) is False
        assert scene.row() == before and before is not None
        assert before.resource_version != "99999"


class TestTrouble:
    def test_the_heartbeat_ages_while_the_cluster_hangs_and_the_rows_stay(self, watching: Scene) -> None:
        watching.ready("nginx:1")
        watching.server.faults.add(Fault("*", "hang", times=-1, seconds=5))
        wait_for(lambda: watching.heard() > 3)
        beat = ClusterHeartbeat.objects.get(cluster=watching.cluster)
        assert beat.trouble is not None and beat.trouble["code"] in ("outside.timeout", "outside.dropped")
        row = watching.row()
        assert row is not None and row.ready == 2
        watching.server.faults.clear()
        wait_for(lambda: watching.heard() < 1.5)
        watching.patch("nginx:2")
        watching.ready("nginx:2")
        wait_for(lambda: ClusterHeartbeat.objects.get(cluster=watching.cluster).trouble is None)
        assert watching.lists == (1, 1)

    def test_a_quiet_cluster_stays_fresh(self, watching: Scene) -> None:
        watching.ready("nginx:1")
        ages = []
        for _ in range(30):
            time.sleep(0.1)
            ages.append(watching.heard())
        assert max(ages) < 4

    def test_a_stream_that_is_too_old_leads_to_one_list(self, watching: Scene) -> None:
        watching.ready("nginx:1")
        watching.do(lambda: _make_noise(watching.server))
        wait_for(lambda: watching.lists == (2, 2))
        wait_for(lambda: watching.heard() < 0.5)
        watching.patch("nginx:2")
        watching.ready("nginx:2")
        assert watching.lists == (2, 2)

    def test_what_was_deleted_unseen_is_gone_after_the_list(self, watching: Scene) -> None:
        watching.ready("nginx:1")
        watching.server.faults.add(Fault("*.watch", "status", status=503, times=-1))
        wait_for(lambda: ClusterHeartbeat.objects.get(cluster=watching.cluster).trouble)
        watching.do(lambda: watching.server.store.delete("deployments", "test", "web"))
        watching.do(lambda: _make_noise(watching.server))
        watching.server.faults.clear()
        wait_for(lambda: (row := watching.row()) is not None and not row.exists)

    def test_a_broken_stream_is_taken_up_without_a_list(self, watching: Scene) -> None:
        watching.ready("nginx:1")
        watching.server.faults.add(Fault("*.watch", "drop", times=4))
        watching.patch("nginx:2")
        watching.ready("nginx:2")
        assert watching.lists == (1, 1)

    def test_a_refused_token_is_said_on_the_heartbeat(self, watching: Scene) -> None:
        watching.ready("nginx:1")
        watching.do(lambda: watching.server.tokens.clear())

        def trouble() -> Any:
            return ClusterHeartbeat.objects.get(cluster=watching.cluster).trouble

        found: Any = wait_for(trouble)
        assert found["code"] == "outside.unauthorized"
        watching.do(lambda: watching.server.tokens.update(portal=access.portal()))
        wait_for(lambda: trouble() is None)

    def test_a_dead_cluster_does_not_hold_up_the_others(self, watching: Scene) -> None:
        dead = factories.make_cluster("dead", api_url="https://127.0.0.1:1", token="x")
        beat = wait_for(lambda: ClusterHeartbeat.objects.filter(cluster=dead).exclude(trouble=None).first())
        assert (beat.seen_at, (beat.trouble or {})["code"]) == (None, "outside.unavailable")
        watching.ready("nginx:1")
        watching.patch("nginx:2")
        watching.ready("nginx:2")

    def test_a_cluster_that_is_switched_off_is_left_alone(self, watching: Scene) -> None:
        watching.ready("nginx:1")
        Cluster.objects.filter(pk=watching.cluster.pk).update(is_enabled=False)
        wait_for(lambda: watching.heard() > 2)
        before = watching.server.journal.last
        time.sleep(1.2)
        assert watching.server.journal.find("*", since=before) == []


def _make_noise(server: KubernetesServer) -> None:
    """A thousand changes that are none of ours, but push old ones out of the server's memory."""
    for number in range(1000):
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"n{number}", "namespace": "test"}}
        server.store.create("configmaps", body)


def test_viewers_never_reach_the_api_server(watching: Scene) -> None:
    watching.ready("nginx:1")
    viewer = make_user("viewer")
    factories.grant(viewer, watching.project, watching.test, "developer")
    client = browser(viewer)
    for _ in range(20):
        answer = client.get("/api/v1/workloads/")
        assert answer.json()["results"][0]["condition"]["state"] == "ready"
    kinds = {entry.kind for entry in watching.server.journal.find("*")}
    assert kinds <= {"deployments.list", "pods.list", "deployments.watch", "pods.watch"}
    assert watching.lists == (1, 1)


def test_a_change_wakes_the_rollouts_that_wait_for_it_and_no_other(watching: Scene) -> None:
    watching.ready("nginx:1")
    person = make_user("requester")
    ticket = Ticket.objects.create(
        kind="release", status="running", project=watching.project, requester=person, title="t"
    )
    later = db_now() + timedelta(hours=1)

    def step(order: int, name: str, workload: int, status: str = "waiting") -> Step:
        params = {"workload": workload}
        return Step.objects.create(
            ticket=ticket, name=name, target="a", order=order, status=status, due_at=later, params=params
        )

    own = watching.workloads["web"].pk
    waiting = step(0, "await_rollout", own)
    others = [
        step(1, "await_rollout", own + 1),
        step(2, "patch_image", own),
        step(3, "await_rollout", own, "succeeded"),
    ]
    watching.patch("nginx:2")
    watching.ready("nginx:2")
    wait_for(lambda: Step.objects.get(pk=waiting.pk).woken_at)
    assert Step.objects.get(pk=waiting.pk).due_at < later  # type: ignore[operator]
    assert {(s.woken_at, s.due_at) for s in Step.objects.filter(pk__in=[s.pk for s in others])} == {(None, later)}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_process_watches_until_it_is_asked_to_stop(
    scene: Scene, process_env: Callable[..., dict[str, str]], number: signal.Signals
) -> None:
    process = subprocess.Popen(
        [sys.executable, "manage.py", "watch_clusters"],
        env=process_env(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        wait_for(lambda: scene.heard() < 60, seconds=30)
        scene.ready("nginx:1")
        process.send_signal(number)
        said, _ = process.communicate(timeout=10)
    finally:
        process.kill()
        process.wait()
    assert (process.returncode, b"Traceback" in said) == (0, False), said
