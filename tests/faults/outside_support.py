"""Workers for the named cases: real runners in processes of their own that stop or die at a named moment.

A moment is a checkpoint of the engine (`at`), the instant a request's bytes leave (`sending`), or the edge of a call of one
function (`before`, `after`). As a module it serves the same JSON lines as `tests.faults.worker`. `DatabaseWitness` lets the
database itself say who wrote a row. Must not: be reachable from product code.
"""

from __future__ import annotations

import asyncio
import base64
import importlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import django

SPEEDS = {
    "OPSPORTAL_LEASE_SECONDS": "1.5",
    "OPSPORTAL_CHORE_LEASE_SECONDS": "1.5",
    "OPSPORTAL_LOST_SECONDS": "0.8",
    "OPSPORTAL_SWEEP_SECONDS": "0.2",
    "OPSPORTAL_POLL_SECONDS": "0.2",
    "OPSPORTAL_BUILD_RECHECK_SECONDS": "1",
    "OPSPORTAL_ROLLOUT_RECHECK_SECONDS": "0.3",
    "OPSPORTAL_LOG_LEVEL": "ERROR",
}
SLUG = "book-api-n1"
Json = dict[str, Any]


# -- the test's side --------------------------------------------------------------------------------------------
class Workers:
    """Starts workers in moments, by fork of a process that has loaded everything; ends every one it started."""

    def __init__(self, env: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.outside_support"],
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._running: set[int] = set()

    def _ask(self, **command: Any) -> Json:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        return dict(json.loads(self._process.stdout.readline()))

    def start(self, name: str = "worker", **moment: Any) -> int:
        """A worker whose sessions carry `name` in the database. Moment: at/sending/before/after, step, target, ticket,
        signal (default SIGSTOP), nth call, chores or steps (False: without), engine (constants of `apps.tickets.engine`), config (what the test settings hold fixed)."""
        pid = int(self._ask(do="start", name=name, **moment)["pid"])
        self._running.add(pid)
        return pid

    def stop(self, pid: int) -> int | None:
        """Ask a worker to end; its wait status."""
        self._running.discard(pid)
        return self._ask(do="stop", pid=pid)["status"]

    def kill(self, pid: int) -> None:
        """As the power supply does."""
        self._running.discard(pid)
        os.kill(pid, signal.SIGKILL)
        assert self._ask(do="wait", pid=pid)["status"] is not None

    @contextmanager
    def working(self, name: str = "worker", **moment: Any) -> Iterator[int]:
        """A worker for the length of a block."""
        pid = self.start(name, **moment)
        try:
            yield pid
        finally:
            assert self.stop(pid) is not None

    def end_all(self) -> None:
        """Whoever still runs, also those that stand still."""
        for pid in list(self._running):
            self.kill(pid)

    def close(self) -> None:
        """End the nursery and whoever still runs."""
        self.end_all()
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(20)


@contextmanager
def running_company(
    folders: Any,
    blocker: Any,
    *,
    replicas: int = 1,
    environments: tuple[str, ...] = ("test", "production"),
    prepare: Callable[[Any], None] = lambda company: None,
    **speeds: Any,
) -> Iterator[Any]:
    """A company of a module's own, kept from test to test; its pods start and stop in a blink."""
    from django.core.management import call_command

    from apps.integrations.clients import forget_clients
    from tests.support.sandbox import running_sandbox
    from tests.support.story import CLUSTERS, add_project, found_company

    with (
        running_sandbox(folders, **{"executors": 8, "pod_start_seconds": 0.05, **speeds}) as sandbox,
        blocker.unblock(),
    ):
        made = found_company(sandbox)
        prepare(made)
        add_project(made, SLUG, replicas=replicas, environments=environments)
        for environment in environments:
            for name in CLUSTERS[environment]:
                cluster_of(made, name, environment).hasten()
        try:
            yield made
        finally:
            forget_clients()
            call_command("flush", interactive=False, verbosity=0)


def cluster_of(company: Any, name: str, namespace: str) -> Any:
    """A cluster as its administrator sees it, in one namespace."""
    from tests.releases.hand import Cluster

    found = Cluster(company, name)
    found.namespace = namespace
    return found


def stands_still(pid: int) -> bool:
    """Whether a process is stopped (SIGSTOP)."""
    stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    return stat.rpartition(")")[2].split()[0] == "T"


def wake(pid: int) -> float:
    """SIGCONT; when, by the clock the journals are written with."""
    now = time.time()
    os.kill(pid, signal.SIGCONT)
    return now


@dataclass
class DatabaseWitness:
    """Triggers that write down who changes a row of a step, a ticket, a build, a release or a rollout."""

    tables: tuple[str, ...] = (
        "tickets_step",
        "tickets_ticket",
        "tickets_slot",
        "releases_build",
        "releases_release",
        "releases_rollout",
        "releases_ticketrelease",
        "audit_auditevent",
    )
    seen: list[tuple[str, str, str]] = field(default_factory=list)

    def __enter__(self) -> DatabaseWitness:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            there = {row[0] for row in cursor.fetchall()}
            self.tables = tuple(t for t in self.tables if t in there)
            assert len(self.tables) >= 7, self.tables
            cursor.execute(
                "CREATE TABLE IF NOT EXISTS witness (n bigserial, app text, what text, op text, row_id bigint);"
                "CREATE OR REPLACE FUNCTION witness_it() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                " INSERT INTO witness (app, what, op) VALUES"
                " (current_setting('application_name'), TG_TABLE_NAME, TG_OP); RETURN NULL; END $$"
            )
            for table in self.tables:
                cursor.execute(
                    f"CREATE OR REPLACE TRIGGER witness AFTER INSERT OR UPDATE OR DELETE ON {table}"
                    " FOR EACH ROW EXECUTE FUNCTION witness_it()"
                )
        return self

    def __exit__(self, *_: object) -> None:
        from django.db import connection

        with connection.cursor() as cursor:
            for table in self.tables:
                cursor.execute(f"DROP TRIGGER IF EXISTS witness ON {table}")
            cursor.execute("DROP FUNCTION witness_it; DROP TABLE witness")

    def mark(self) -> int:
        """Where the record stands now."""
        return int(self._rows("SELECT coalesce(max(n), 0) FROM witness", [])[0][0])

    def writes(self, app: str, since: int = 0) -> list[tuple[str, str]]:
        """(table, operation) of every row that a worker of this name changed, in order."""
        rows = self._rows("SELECT what, op FROM witness WHERE app = %s AND n > %s ORDER BY n", [app, since])
        return [(str(what), str(op)) for what, op in rows]

    @staticmethod
    def _rows(statement: str, values: list[Any]) -> list[tuple[Any, ...]]:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            return list(cursor.fetchall())


def ask_jenkins(world: Any, path: str, body: str = "", kind: str = "application/x-www-form-urlencoded") -> int:
    """What a person with Jenkins' own pages does; the status."""
    from tests.releases.hand import http

    login = base64.b64encode(f"{world.jenkins_user}:{world.jenkins_api_token}".encode()).decode()
    headers = {"Authorization": f"Basic {login}", "Content-Type": kind}
    return http("POST", world.jenkins_url + path, body.encode(), headers)[0]


def restart_jenkins(company: Any, down_seconds: float, *, queue: str) -> None:
    """A restart through the admin port; back when Jenkins is up again."""
    from tests.releases.hand import http
    from tests.support.story import wait_for

    jenkins = company.sandbox.jenkins
    url = f"http://127.0.0.1:{jenkins.admin_port}/restart"
    assert http("POST", url, {"down_seconds": down_seconds, "queue": queue})[0] < 300
    wait_for(lambda: jenkins.phase.value == "up", down_seconds + 10, "Jenkins")


# -- the worker's side ------------------------------------------------------------------------------------------
def main() -> None:
    """Serve commands until standard input closes; children are killed then."""
    django.setup()
    children: set[int] = set()
    for line in sys.stdin:
        print(json.dumps(_serve(json.loads(line), children)), flush=True)
    for pid in children:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _serve(command: Json, children: set[int]) -> Json:
    if command["do"] == "start":
        pid = os.fork()
        if pid == 0:
            _work(command)
        children.add(pid)
        return {"pid": pid}
    if command["do"] == "stop":
        os.kill(command["pid"], signal.SIGTERM)
        os.kill(command["pid"], signal.SIGCONT)
    end = time.monotonic() + command.get("seconds", 30)
    while time.monotonic() < end:
        done, status = os.waitpid(command["pid"], os.WNOHANG)
        if done:
            children.discard(command["pid"])
            return {"status": status}
        time.sleep(0.02)
    return {"status": None}


def _work(command: Json) -> None:
    """The child: a runner like any worker's."""
    os.environ["PGAPPNAME"] = command["name"]
    from django.conf import settings

    from apps.tickets import engine
    from apps.tickets.runner import Runner

    for name, value in command.get("engine", {}).items():
        assert hasattr(engine, name), name
        setattr(engine, name, value)
    for name, value in command.get("config", {}).items():
        assert hasattr(settings.CONFIG, name), name
        setattr(settings.CONFIG, name, value)
    _arm(command)
    if not command.get("chores", True):
        setattr(Runner, "_run_chores", _idle)  # noqa: B010
    if not command.get("steps", True):
        setattr(Runner, "_run", _idle)  # noqa: B010
    runner = Runner()
    stopped: list[bool] = []
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))
    runner.start()
    while not stopped:
        time.sleep(0.02)
    runner.stop()
    os._exit(0)


def _idle(runner: Any) -> None:
    while not runner._stopping.wait(0.2):
        runner._looked = time.monotonic()


def _arm(command: Json) -> None:
    """Put the moment in place; it strikes once."""
    struck: list[bool] = []
    where: Json = {}

    def strike() -> None:
        if not struck:
            struck.append(True)
            os.kill(os.getpid(), command.get("signal", signal.SIGSTOP))
            time.sleep(0.1)  # another thread may take the signal: this one must not run on until it is in force

    _note_visits(where, command, strike)
    if "sending" in command:
        _on_sending(command["sending"], lambda: _is_there(where, command), strike)
    for edge in ("before", "after"):
        if edge in command:
            _around(command[edge], lambda: _is_there(where, command), strike, edge, command.get("nth", 1))


def _is_there(where: Json, command: Json) -> bool:
    """Whether the visit under way is the one the moment names."""
    return all(where.get(name) == command[name] for name in ("step", "target", "ticket") if name in command)


def _note_visits(where: Json, command: Json, strike: Callable[[], None]) -> None:
    from apps.tickets.models import Step
    from apps.tickets.visit import set_checkpoint

    def here(point: str, step: Step) -> None:
        if point == "before_intent":
            where.update(step=step.name, target=step.target, ticket=step.ticket_id)
        if point == command.get("at") and _is_there(
            {"step": step.name, "target": step.target, "ticket": step.ticket_id}, command
        ):
            strike()

    set_checkpoint(here)


def _on_sending(what: str, is_there: Callable[[], bool], strike: Callable[[], None]) -> None:
    """`POST /path-part`: the process stops when the connection stands and the first byte is about to leave."""
    from aiohttp import client_reqrep

    method, _, part = what.partition(" ")
    original = client_reqrep.ClientRequest.send

    async def send(self: Any, conn: Any) -> Any:
        if self.method == method and part in str(self.url) and is_there():
            strike()
        return await original(self, conn)

    client_reqrep.ClientRequest.send = send  # type: ignore[method-assign]


def _around(path: str, is_there: Callable[[], bool], strike: Callable[[], None], edge: str, nth: int) -> None:
    """`package.module:Class.method` or `package.module:function`: the process stops when its `nth` call begins
    (`before`) or has returned (`after`)."""
    module, _, inside = path.partition(":")
    owner: Any = importlib.import_module(module)
    *classes, name = inside.split(".")
    for one in classes:
        owner = getattr(owner, one)
    original = getattr(owner, name)
    calls: list[int] = []

    def passed(where: str) -> None:
        if where == edge and is_there():
            calls.append(1)
            if len(calls) == nth:
                strike()

    async def later(*args: Any, **more: Any) -> Any:
        passed("before")
        answer = await original(*args, **more)
        passed("after")
        return answer

    def now(*args: Any, **more: Any) -> Any:
        passed("before")
        answer = original(*args, **more)
        passed("after")
        return answer

    setattr(owner, name, later if asyncio.iscoroutinefunction(original) else now)


if __name__ == "__main__":
    main()
