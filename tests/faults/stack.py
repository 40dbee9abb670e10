"""Our own servers and processes for one test: PostgreSQL, broker, web and workers that can be killed one by one.

Nothing of it touches the test process' own database; verdicts are read by SQL and from the rehearsal's file.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from opsportal.demo.postgres import Postgres, copy_of_template
from opsportal.demo.valkey import Valkey
from tests.faults.drill_processes import ENVIRONMENT, SLUG
from tests.support.story import wait_for

QUICK = {"OPSPORTAL_LEASE_SECONDS": "3", "OPSPORTAL_CHORE_LEASE_SECONDS": "3", "OPSPORTAL_LOG_JSON": "0"}
FULL = os.environ.get("FULL") == "1"
_seeded: dict[str, Any] = {}


class Broker(Valkey):
    """A broker that can be emptied, killed, stopped and made to drop its connections."""

    @property
    def pid(self) -> int:
        """The server's own process, not its keeper's."""
        with contextlib.closing(self.client()) as client:
            return int(client.info("server")["process_id"])

    def client(self) -> Any:
        import redis

        return redis.Redis(unix_socket_path=str(self.socket), socket_timeout=2)

    def drop_connections(self) -> int:
        """CLIENT KILL of everybody else's connections; how many there were."""
        with contextlib.closing(self.client()) as client:
            return sum(int(client.client_kill_filter(_type=kind, skipme=True)) for kind in ("normal", "pubsub"))


class Stack:
    """One test's servers. `processes` are what was started and not yet ended."""

    def __init__(self, folder: Path, *, durable: bool) -> None:
        self.folder = folder
        self.database = Postgres(folder / "pg", folder / "s", folder / "postgres.log", durable=durable)
        self.broker = Broker(folder / "v", folder / "valkey.log")
        self.journal = folder / "outside"
        self.tokens: dict[str, str] = {}
        self.port = 0
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def environment(self, **more: str) -> dict[str, str]:
        ours = {
            "DJANGO_SETTINGS_MODULE": "opsportal.settings.test",
            "OPSPORTAL_DATABASE_URL": self.database.url(),
            "OPSPORTAL_REDIS_URL": self.broker.url(),
            "OPSPORTAL_REHEARSAL": str(self.journal),
            "PYTHONUNBUFFERED": "1",
        }
        return {**os.environ, **ours, **QUICK, **more}

    # -- processes ----------------------------------------------------------------------------------------
    def start(self, name: str, *arguments: str, **more: str) -> subprocess.Popen[bytes]:
        """A Python process of ours; its output goes to `<name>.log`."""
        with self.log(name).open("ab") as log:
            child = subprocess.Popen(
                [sys.executable, *arguments], env=self.environment(**more), stdout=log, stderr=subprocess.STDOUT
            )
        self.processes[name] = child
        return child

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def start_worker(self, name: str = "worker", *, waits: bool = True, **more: str) -> subprocess.Popen[bytes]:
        """A real Celery worker, with a node name of its own."""
        flags = [
            "-P",
            "threads",
            "-c",
            "2",
            "--without-gossip",
            "--without-mingle",
            "-l",
            "info",
            "-n",
            self.node(name),
        ]
        before = self.log(name).read_bytes().count(b" ready.") if self.log(name).exists() else 0
        child = self.start(name, "-m", "celery", "-A", "tests.faults.drill_processes", "worker", *flags, **more)
        if waits:
            wait_for(lambda: self.log(name).read_bytes().count(b" ready.") > before, 60, f"{name} to be ready")
        return child

    def node(self, name: str) -> str:
        return f"{name}@{self.folder.name}"

    def start_web(self, **more: str) -> subprocess.Popen[bytes]:
        """A real uvicorn with one process."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        flags = ["--host", "127.0.0.1", "--port", str(self.port), "--lifespan", "off", "--no-access-log"]
        child = self.start(
            "web", "-m", "uvicorn", "tests.faults.drill_processes:application", *flags, OPSPORTAL_WEB="1", **more
        )
        wait_for(lambda: self.get("/healthz")[0] == 200, 60, "web to answer")
        return child

    def stop(self, name: str, seconds: float = 40) -> int:
        """Ask it to end; its exit status."""
        child = self.processes.pop(name)
        child.terminate()
        return child.wait(seconds)

    # -- requests -----------------------------------------------------------------------------------------
    def ask(
        self, method: str, path: str, body: Any = None, *, who: str = "developer", seconds: float = 40, **headers: str
    ) -> tuple[int, dict[str, str], Any]:
        """Status, headers and content of an answer; status 0 when there was none."""
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {"Content-Type": "application/json", "Authorization": f"Bearer {self.tokens.get(who, '')}", **given}
        try:
            client.request(method, path, None if body is None else json.dumps(body), sent)
            answer = client.getresponse()
            content = answer.read()
            told = {name.lower(): value for name, value in answer.getheaders()}
        except (OSError, http.client.HTTPException) as error:
            return 0, {}, repr(error)
        finally:
            client.close()
        is_json = "json" in told.get("content-type", "")
        return answer.status, told, json.loads(content) if is_json and content else content.decode(errors="replace")

    def get(self, path: str) -> tuple[int, dict[str, str], Any]:
        return self.ask("GET", path)

    def file(self, *, note: str = "", key: str = "", **form: Any) -> tuple[int, dict[str, str], Any]:
        """POST /tickets: a rehearsal."""
        asked = {"kind": "rehearsal", "project": SLUG, "environment": ENVIRONMENT, "note": note, "form": form}
        return self.ask("POST", "/api/v1/tickets/", asked, **({"Idempotency_Key": key} if key else {}))

    def filed(self, **form: Any) -> int:
        """The id of a ticket that was filed."""
        status, _, content = self.file(**form)
        assert status == 201, (status, content)
        return int(content["id"])

    # -- what is so ---------------------------------------------------------------------------------------
    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """What the database says."""
        with psycopg.connect(self.database.url(), autocommit=True) as session:
            return list(session.execute(statement, values).fetchall())

    def statuses(self) -> Counter[str]:
        return Counter(status for (status,) in self.rows("SELECT status FROM tickets_ticket"))

    def calls(self) -> Counter[str]:
        """How often the outside accepted a call of each key."""
        lines = self.journal.read_text().splitlines() if self.journal.exists() else []
        return Counter(line.rpartition(" ")[2] for line in lines)

    def wait_all_ended(self, seconds: float) -> None:
        """Until every ticket has ended."""
        ended = {"succeeded", "failed", "errored", "canceled", "rejected", "superseded", "expired"}
        try:
            wait_for(lambda: set(self.statuses()) <= ended, seconds, "the end of every ticket")
        except AssertionError as error:
            raise AssertionError(f"{error}: {self.statuses()}\n{self.tail()}") from None

    def tail(self, lines: int = 15) -> str:
        """The end of every log."""
        found = []
        for path in sorted(self.folder.glob("*.log")):
            end = path.read_text(errors="replace").splitlines()[-lines:]
            found.append("\n".join([f"--- {path.name}", *end]))
        return "\n".join(found)

    def probe(self, name: str = "worker", within: float = 10) -> tuple[int, str, float]:
        """`manage.py probe_worker`: exit status, its line, and how long the worker took by that line."""
        begun = time.monotonic()
        command = [sys.executable, "manage.py", "probe_worker", "--node", self.node(name), "--within", str(within)]
        done = subprocess.run(
            command, env=self.environment(), capture_output=True, text=True, check=False, timeout=within + 60
        )
        return done.returncode, (done.stdout or done.stderr).strip(), time.monotonic() - begun

    # -- the database's fate ------------------------------------------------------------------------------
    def kill_database(self, number: int) -> None:
        """SIGQUIT (immediate shutdown) or SIGKILL of the postmaster; what it leaves behind is cleared by the start."""
        pid = int((self.folder / "pg" / "postmaster.pid").read_text().splitlines()[0])
        os.kill(pid, number)
        wait_for(lambda: self.database.child.ended() is not None, 20, "PostgreSQL's end")

    def start_database(self) -> None:
        """After SIGKILL its sessions linger for a moment: the start is tried until they are gone."""
        from opsportal.demo.process import StartError

        end = time.monotonic() + 30
        while True:
            try:
                self.database.start()
                return
            except StartError:
                assert time.monotonic() < end, self.database.child.last_lines()
                time.sleep(0.2)


def _template() -> dict[str, Any]:
    """A seeded database, made once per test process: {folder, tokens}."""
    if not _seeded:
        folder = Path(tempfile.mkdtemp(prefix="seed-", dir="/tmp"))
        folder.chmod(0o711)
        copy_of_template(folder / "pg")
        made = Stack(folder, durable=False)
        made.database.start()
        made.database.ensure_database()
        done = subprocess.run(
            [sys.executable, "-m", "tests.faults.drill_processes", "seed"],
            env={**made.environment(), "OPSPORTAL_DATABASE_POOL": "0"},
            capture_output=True,
            text=True,
            check=False,
        )
        made.database.stop()
        assert done.returncode == 0, done.stderr[-3000:]
        _seeded.update(folder=folder, tokens=json.loads(done.stdout.splitlines()[-1]))
        import atexit

        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return _seeded


@contextmanager
def running_stack(*, durable: bool = False) -> Iterator[Stack]:
    """Servers up and seeded, no process of ours yet; everything is ended with the block."""
    seeded = _template()
    folder = Path(tempfile.mkdtemp(prefix="stack-", dir="/tmp"))
    folder.chmod(0o711)
    subprocess.run(["cp", "-a", str(seeded["folder"] / "pg"), str(folder / "pg")], check=True)
    stack = Stack(folder, durable=durable)
    stack.tokens = seeded["tokens"]
    try:
        stack.database.start()
        stack.broker.start()
        yield stack
    finally:
        for child in stack.processes.values():
            child.send_signal(signal.SIGCONT)
            child.kill()
            child.wait(20)
        stack.broker.stop()
        stack.database.stop()
        shutil.rmtree(folder, ignore_errors=True)


def every(seconds: float, work: Callable[[int], None], times: int) -> None:
    """Call `work(0)`, `work(1)` … that far apart."""
    begun = time.monotonic()
    for number in range(times):
        time.sleep(max(0.0, begun + number * seconds - time.monotonic()))
        work(number)
