"""The processes of the benchmark and the rows it plays with.

Must not: leave a process behind: each ends with its block, and by itself when this process is killed.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psutil
from django.utils import timezone

from apps.accounts.models import UserSession
from apps.integrations.kubernetes.client import Kubernetes
from apps.integrations.loop import run
from apps.terminals.models import TerminalSession
from apps.terminals.services.claims import issue_claim
from apps.workloads.models import Workload
from tests.accounts.factories import browser, make_user
from tests.benchmarks.terminal.client import Place
from tests.integrations.kubernetes_support import ADMIN, deployment, raw
from tests.support.factories import grant, make_cluster, make_environment, make_project
from tests.support.story import wait_for
from tests.workloads.objects import make_workload

NAMESPACE = "test"
STOP_SECONDS = 15
Json = dict[str, Any]
Environment = Callable[..., dict[str, str]]


@dataclass(frozen=True)
class Process:
    """A running process of the benchmark and what it said of itself."""

    facts: Json

    @property
    def port(self) -> int:
        return int(self.facts["port"])

    def memory(self) -> int:
        """Resident bytes."""
        return int(psutil.Process(self.facts["pid"]).memory_info().rss)

    def seconds(self) -> float:
        """Processor time it has used."""
        times = psutil.Process(self.facts["pid"]).cpu_times()
        return float(times.user + times.system)


@contextmanager
def process(what: str, env: dict[str, str], log: Path) -> Iterator[Process]:
    """`serve.py` as a child; its standard input stays open as long as it shall live."""
    command = [sys.executable, "-m", "tests.benchmarks.terminal.serve", what]
    with log.open("wb") as errors:
        child = subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors)
        assert child.stdin is not None
        assert child.stdout is not None
        try:
            line = child.stdout.readline()
            assert line, f"{what} did not start: {log.read_text()[-2000:]}"
            yield Process(json.loads(line))
        finally:
            child.stdin.close()
            try:
                child.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
            child.stdout.close()


@dataclass(frozen=True)
class Stage:
    """Rows for sessions on the one pod of the one workload."""

    workload: Workload
    pod: Json
    login: UserSession
    cookie: str

    def place(self, portal: Process) -> Place:
        """A new session with a fresh claim."""
        pair, cluster = self.workload.project_environment, self.workload.placement.cluster
        session = TerminalSession.objects.create(
            project=pair.project,
            environment=pair.environment,
            workload=self.workload,
            cluster=cluster,
            credential_set_at=cluster.credential_set_at,
            user=self.login.user,
            login=self.login,
            reason="how fast it is",
            namespace=NAMESPACE,
            pod=self.pod["metadata"]["name"],
            pod_uid=self.pod["metadata"]["uid"],
            container="app",
            minutes=60,
        )
        return Place(portal.port, session.pk, issue_claim(session, self.login), self.cookie)


def deploy(cluster: Process) -> Json:
    """A workload of one pod; the pod."""
    api = Kubernetes(
        cluster.facts["url"], ADMIN, name="dc1", ca_pem=cluster.facts["ca_pem"], timeout=10, allow_loopback=True
    )
    raw(
        api,
        "POST",
        "/api/v1/namespaces",
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}},
    )
    web = deployment("nginx:1")
    web["metadata"]["namespace"] = NAMESPACE
    raw(api, "POST", f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments", web)

    def pods() -> list[Json]:
        answer = run(api.http.request("GET", f"/api/v1/namespaces/{NAMESPACE}/pods", what="x"), 10).object()
        return [pod for pod in answer["items"] if (pod.get("status") or {}).get("phase") == "Running"]

    wait_for(lambda: bool(pods()), 30, "the pod")
    return pods()[0]


def found_stage(cluster: Process, pod: Json) -> Stage:
    """A developer of the project, signed in."""
    environment = make_environment(NAMESPACE, "test")
    facts = {"api_url": cluster.facts["url"], "token": ADMIN, "ca_pem": cluster.facts["ca_pem"]}
    row = make_cluster("dc1", credential_set_at=timezone.now(), **facts)
    workload = make_workload(make_project("book"), environment, row, "web")
    user = make_user("li.wei")
    grant(user, workload.project_environment.project, environment, "developer")
    key = browser(user).cookies["sessionid"].value
    return Stage(workload, pod, UserSession.objects.get(session_key=key), key)


def bare_environment(env: dict[str, str], cluster: Process, pod: Json) -> dict[str, str]:
    """What the bare relay needs to know."""
    asked = {"container": "app", "command": "/bin/sh", "stdin": "1", "stdout": "1", "stderr": "1", "tty": "1"}
    path = f"/api/v1/namespaces/{NAMESPACE}/pods/{pod['metadata']['name']}/exec?{urlencode(asked)}"
    return {
        **env,
        "BENCH_EXEC_URL": cluster.facts["url"].replace("https://", "wss://") + path,
        "BENCH_CA_PEM": cluster.facts["ca_pem"],
        "BENCH_TOKEN": ADMIN,
    }
