"""Web, worker and watcher as production runs them: real commands, the environment alone, and a stop that loses nothing."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from apps.integrations.clients import forget_clients
from apps.tickets.models import Chore, Step, Ticket
from apps.workloads.models import ClusterHeartbeat
from opsportal.demo.valkey import Valkey
from tests.accounts.factories import make_token
from tests.support.database import process_environment
from tests.support.factories import grant, make_environment, make_project, make_user, use
from tests.support.sandbox import fault, running_sandbox
from tests.support.story import Company, add_project, found_company, wait_ended, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
CHECKOUT = Path(__file__).parents[2]
ORIGIN = "https://portal.example.org"
LEASE = 60.0
WORKER = [
    "-m",
    "celery",
    "-A",
    "opsportal",
    "worker",
    "-P",
    "threads",
    "-c",
    "2",
    "--without-gossip",
    "--without-mingle",
]
WATCHER = ["manage.py", "watch_clusters"]


def web_command(port: int) -> list[str]:
    """As docs/operations.md has it."""
    flags = ["--host", "127.0.0.1", "--port", str(port), "--lifespan", "off", "--timeout-graceful-shutdown", "20"]
    return ["-m", "uvicorn", "opsportal.asgi:application", *flags]


def production(redis_url: str, folder: Path, **more: str) -> dict[str, str]:
    """Nothing but variables: of this process' own environment only the search path for programs."""
    ours = process_environment(redis_url)
    return {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "opsportal.settings.env",
        "OPSPORTAL_SECRET_KEY": settings.SECRET_KEY,
        "OPSPORTAL_FIELD_KEYS": settings.FIELD_KEYS[0],
        "OPSPORTAL_DATABASE_URL": ours["OPSPORTAL_DATABASE_URL"],
        "OPSPORTAL_REDIS_URL": redis_url,
        "OPSPORTAL_ALLOWED_HOSTS": "127.0.0.1",
        "OPSPORTAL_ORIGINS": ORIGIN,
        "OPSPORTAL_DATA_DIR": str(folder),
        "OPSPORTAL_UI_DIR": "",
        "OPSPORTAL_ALLOW_LOOPBACK": "1",
        "OPSPORTAL_LEASE_SECONDS": str(LEASE),
        "PYTHONUNBUFFERED": "1",
        **more,
    }


class Process:
    """One process of the portal and what it said."""

    def __init__(self, command: list[str], env: dict[str, str], log: Path) -> None:
        self.log = log
        with log.open("wb") as output:
            self.child = subprocess.Popen(
                [sys.executable, *command],
                cwd=CHECKOUT,
                env=env,
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
            )

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def wait_until(self, condition: Callable[[], bool], seconds: float = 45) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert self.child.poll() is None, self.said()
            assert time.monotonic() < end, self.said()
            time.sleep(0.05)

    def term(self, seconds: float) -> float:
        """Ask it to stop; how long that took. A web server ends by the signal itself, once it is done."""
        began = time.monotonic()
        self.child.send_signal(signal.SIGTERM)
        try:
            code = self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still there after {seconds} s\n{self.said()}") from None
        assert code in (0, -signal.SIGTERM), self.said()
        return time.monotonic() - began


@pytest.fixture
def run(transactional_db: None, redis_url: str, tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """Starts processes on this test's database and broker; whatever still runs at the end is killed."""
    started: list[Process] = []

    def start(command: list[str], **more: str) -> Process:
        env = {k: v for k, v in production(redis_url, tmp_path, **more).items() if v != "MISSING"}
        started.append(Process(command, env, tmp_path / f"{len(started)}.log"))
        return started[-1]

    yield start
    for process in started:
        if process.child.poll() is None:
            process.child.kill()
            process.child.wait(10)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def get(port: int, path: str) -> tuple[int, dict[str, Any]]:
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=15)
    try:
        client.request("GET", path)
        answer = client.getresponse()
        return answer.status, json.loads(answer.read())
    except OSError:
        return 0, {}
    finally:
        client.close()


def web(run: Callable[..., Process], **more: str) -> tuple[Process, int]:
    port = free_port()
    process = run(web_command(port), **more)
    process.wait_until(lambda: get(port, "/readyz")[0] == 200)
    return process, port


def worker(run: Callable[..., Process], **more: str) -> Process:
    process: Process = run([*WORKER, "-l", "info"], **more)
    process.wait_until(lambda: " ready." in process.said())
    return process


# -- starting ---------------------------------------------------------------------------------------------
def test_a_web_process_starts_from_variables_alone_and_ends_when_asked(run: Callable[..., Process]) -> None:
    process, port = web(run)
    assert get(port, "/healthz") == (200, {"status": "live"})
    assert get(port, "/readyz") == (200, {"status": "ready", "failing": [], "brakes": []})
    assert process.term(5) < 5


def test_a_worker_starts_from_variables_alone_sweeps_and_ends_when_asked(run: Callable[..., Process]) -> None:
    process = worker(run)
    process.wait_until(lambda: Chore.objects.filter(name="audit.seal", last_done_at__isnull=False).exists())
    assert process.term(10) < 10
    assert not Chore.objects.exclude(lease_owner="").exists()


@pytest.mark.parametrize("command", [web_command(1), WORKER, WATCHER], ids=["web", "worker", "watcher"])
def test_without_one_variable_no_process_starts_and_it_says_which(
    run: Callable[..., Process], command: list[str]
) -> None:
    process = run(command, OPSPORTAL_FIELD_KEYS="MISSING")
    assert process.child.wait(40) not in (0, None)
    assert "Set OPSPORTAL_FIELD_KEYS: production does not start without them." in process.said()


def test_a_worker_that_starts_while_the_broker_is_away_works_all_the_same_and_still_ends_when_asked(
    run: Callable[..., Process], server_folder: Path
) -> None:
    """Redis is a doorbell: a worker sweeps without it (law 2)."""
    process = run(WORKER, OPSPORTAL_REDIS_URL=f"unix://{server_folder}/nobody.sock?db=0")
    process.wait_until(lambda: Chore.objects.filter(name="audit.seal", last_done_at__isnull=False).exists())
    assert process.term(15) < 15


# -- the worker's stop ------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with running_sandbox(tmp_path_factory, build_seconds=0.3, executors=8, pod_start_seconds=0.05) as running:
        yield running


@pytest.fixture
def company(transactional_db: None, sandbox: Any) -> Iterator[Company]:
    for server in sandbox.servers.values():
        server.faults.clear()
    made = found_company(sandbox)
    add_project(made, replicas=1)
    yield made
    forget_clients()


def leased_by_anybody() -> int:
    return Step.objects.filter(lease_until__isnull=False).count() + Chore.objects.exclude(lease_owner="").count()


def test_a_worker_that_is_asked_to_stop_finishes_its_call_and_another_goes_on_without_waiting_for_a_lease(
    run: Callable[..., Process], company: Company
) -> None:
    mark = company.sandbox.gitlab.journal.last
    slow = fault(company.sandbox.gitlab, "tag.create", "delay", seconds=2.0)
    first = worker(run)
    ticket = company.file("release", "developer", "book-api-n1", "test", ref="main")
    wait_for(lambda: slow.struck == 1, 20, "the slow call")
    took = first.term(15)
    step = ticket.steps.get(name="create_tag")
    assert (step.status, step.reason) == ("succeeded", None)
    assert (leased_by_anybody(), 1.0 < took < 12) == (0, True)
    worker(run)
    started = time.monotonic()
    assert wait_ended(ticket, 40).status == "succeeded"
    assert time.monotonic() - started < LEASE / 2
    tags = company.sandbox.gitlab.journal.find("tag.create", accepted=True, since=mark)
    assert len([t for t in tags if t.status == 201]) == 1


def test_a_call_that_hangs_is_left_behind_after_the_bound_and_its_step_is_handed_over_at_once(
    run: Callable[..., Process], company: Company
) -> None:
    mark = company.sandbox.gitlab.journal.last
    stuck = fault(company.sandbox.gitlab, "tag.create", "hang", seconds=30.0)
    first = worker(run, OPSPORTAL_STOP_SECONDS="1", OPSPORTAL_OUTSIDE_TIMEOUT="20")
    second = worker(run, OPSPORTAL_WORKER_THREADS="1")
    second.child.send_signal(signal.SIGSTOP)  # so that the first one takes it
    ticket = company.file("release", "developer", "book-api-n1", "test", ref="main")
    wait_for(lambda: stuck.struck == 1, 20, "the call that hangs")
    second.child.send_signal(signal.SIGCONT)
    took = first.term(10)
    assert took < 8
    left = time.monotonic()
    step = ticket.steps.filter(name="create_tag")
    wait_for(lambda: step.filter(status="succeeded").exists(), 20, "the other worker")
    handed_over = time.monotonic() - left
    assert handed_over < 6, f"the lease of {LEASE} s was not handed back: {handed_over:.1f} s"
    assert wait_ended(ticket, 40).status == "succeeded"
    tags = company.sandbox.gitlab.journal.find("tag.create", accepted=True, since=mark)
    assert len([t for t in tags if t.status == 201]) == 1
    print(f"worker gone after {took:.2f} s, its step went on after {handed_over:.2f} s (lease {LEASE:.0f} s)")


def test_workers_that_come_and_go_lose_no_ticket_and_repeat_nothing(
    run: Callable[..., Process], company: Company
) -> None:
    marks = {name: server.journal.last for name, server in company.sandbox.servers.items()}
    tickets: list[Ticket] = [company.file("release", "developer", "book-api-n1", "test", ref="main")]
    for _ in range(2):
        one = worker(run)
        one.term(15)
        assert leased_by_anybody() == 0
        tickets.append(company.file("release", "developer", "book-api-n1", "test", ref="main"))
    worker(run)
    ends = [wait_ended(ticket, 60).status for ticket in tickets]
    assert set(ends) <= {"succeeded", "superseded"}
    assert ends[-1] == "succeeded"
    builds = company.sandbox.jenkins.journal.find("build.start", since=marks["jenkins"])
    keys = [b.detail.get("key") for b in builds]
    assert len(keys) == len(set(keys)) <= len(tickets)


# -- the watcher's stop -----------------------------------------------------------------------------------
def test_the_watcher_ends_when_asked_also_while_a_cluster_hangs(run: Callable[..., Process], company: Company) -> None:
    stuck = fault(company.sandbox.clusters["dc2"], "deployments.list", "hang", times=-1, seconds=60.0)
    process = run(WATCHER)
    beat = ClusterHeartbeat.objects.filter(cluster__name="dc1", seen_at__isnull=False)
    process.wait_until(lambda: beat.exists() and stuck.struck > 0)
    assert process.term(8) < 8


# -- the web server's stop --------------------------------------------------------------------------------
@contextmanager
def listening(port: int, secret: str) -> Iterator[Any]:
    with connect(f"ws://127.0.0.1:{port}/ws/hints", origin=ORIGIN, proxy=None) as browser:  # type: ignore[arg-type]
        browser.send(json.dumps({"type": "authenticate", "token": secret}))
        assert json.loads(browser.recv(10)) == {"type": "mode", "mode": "live"}
        yield browser


def test_a_web_process_tells_its_sockets_why_they_end_and_finishes_the_requests_it_has(
    run: Callable[..., Process],
) -> None:
    project, environment = make_project("book"), make_environment("test")
    use(project, environment)
    ops = make_user("ops")
    grant(ops, project, environment, "ops")
    secret = make_token(ops, "*")[1]
    process, port = web(run)
    answers: list[tuple[int, dict[str, Any]]] = []

    def pull() -> None:
        """A request that takes its time: it waits for a write that another process has announced."""
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
        client.request("POST", "/api/v1/brakes/", json.dumps({"cluster": None, "reason": "a test"}), headers)
        answer = client.getresponse()
        answers.append((answer.status, json.loads(answer.read())))

    ticket = Ticket.objects.create(
        kind="release", status="running", project=project, environment=environment, requester=ops, title="x"
    )
    Step.objects.create(
        ticket=ticket,
        name="create_tag",
        order=1,
        status="due",
        due_at="2026-01-01T00:00:00Z",
        intent={"tag": "x"},
        lease_owner="other",
        lease_until="2100-01-01T00:00:00Z",
    )
    with listening(port, secret) as browser:
        asking = threading.Thread(target=pull)
        asking.start()
        while json.loads(browser.recv(10)).get("what") != "brake":
            continue
        began = time.monotonic()
        process.child.send_signal(signal.SIGTERM)
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                browser.recv(10)
        told = closed.value.rcvd
        assert told is not None
        assert (told.code, told.reason) == (1012, "restarting")
        assert time.monotonic() - began < 2
    asking.join(20)
    assert process.child.wait(20) == -signal.SIGTERM
    assert [(status, body["under_way"]) for status, body in answers] == [(201, 1)]
    assert time.monotonic() - began > 2  # it waited for the request
    assert get(port, "/healthz")[0] == 0


def test_readiness_says_what_is_missing_while_the_process_lives(run: Callable[..., Process], tmp_path: Path) -> None:
    """The broker goes and comes back; nothing is started anew."""
    folder = tmp_path / "own"
    own = Valkey(folder, tmp_path / "own.log")
    own.start()
    try:
        process, port = web(run, OPSPORTAL_REDIS_URL=own.url())
        own.stop()
        process.wait_until(lambda: get(port, "/readyz")[0] == 503, 15)
        assert get(port, "/readyz")[1]["failing"] == ["broker", "layer"]
        assert get(port, "/healthz")[0] == 200
        own.start()
        process.wait_until(lambda: get(port, "/readyz")[0] == 200, 20)
    finally:
        own.stop()
