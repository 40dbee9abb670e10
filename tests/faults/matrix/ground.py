"""The ground the matrix is played on: PostgreSQL and Valkey that may be restarted, stand-ins, a company, workers.

Everything lives in one temporary folder and ends with the program. Must not: judge; be imported before `prepare_env`
has named the servers to Django, but for that.
"""

from __future__ import annotations

import contextlib
import io
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, TypeVar

from opsportal.demo.postgres import Postgres, copy_of_template
from opsportal.demo.valkey import Valkey

T = TypeVar("T")
# In the proportions of production: a call ends well before its lease, and nothing is called lost while a call that was
# given up may still arrive.
WORKER_SPEEDS = {
    "OPSPORTAL_LEASE_SECONDS": "2",
    "OPSPORTAL_CHORE_LEASE_SECONDS": "1.5",
    "OPSPORTAL_LOST_SECONDS": "2.5",
    "OPSPORTAL_SWEEP_SECONDS": "0.2",
    "OPSPORTAL_POLL_SECONDS": "0.2",
    "OPSPORTAL_BUILD_RECHECK_SECONDS": "1",
    "OPSPORTAL_ROLLOUT_RECHECK_SECONDS": "0.1",
    "OPSPORTAL_OUTSIDE_TIMEOUT": "0.9",
}
OUTSIDE_TIMEOUT = float(WORKER_SPEEDS["OPSPORTAL_OUTSIDE_TIMEOUT"])
BACKOFF = 0.1


class RestartablePostgres(Postgres):
    """One that keeps what it committed when it is killed, and nothing more: what a real one would."""

    def __init__(self, folder: Path) -> None:
        data = folder / "postgres"
        copy_of_template(data)
        with (data / "postgresql.conf").open("a", encoding="utf-8") as settings:
            # The machine stays up, so that written is as good as synced; but a commit is written before it is told.
            settings.write("\nfsync = off\nfull_page_writes = off\nsynchronous_commit = on\n")
        super().__init__(data, folder / "sockets", folder / "postgres.log", durable=True)

    def restart_at_once(self) -> None:
        """Immediate mode: every session is torn down in the middle, the log is replayed at the start."""
        pid = int((self.data / "postmaster.pid").read_text(encoding="utf-8").split()[0])
        os.kill(pid, signal.SIGQUIT)
        assert self.child.process is not None
        self.child.process.wait(20)
        self.child.stop()
        self.start()


@dataclass
class Servers:
    """The two servers of our own."""

    postgres: RestartablePostgres
    valkey: Valkey

    def restart_valkey(self) -> None:
        """Flushed, stopped, started: every message is lost."""
        import redis

        with contextlib.closing(redis.Redis.from_url(self.valkey.url())) as client:
            client.flushall()
        self.valkey.stop()
        self.valkey.start()


@contextlib.contextmanager
def servers(folder: Path) -> Iterator[Servers]:
    """Both, with Django's environment pointing at them."""
    postgres = RestartablePostgres(folder)
    valkey = Valkey(folder / "valkey", folder / "valkey.log")
    postgres.start()
    try:
        valkey.start()
        try:
            postgres.ensure_database()
            os.environ.update(environment(postgres, valkey))
            yield Servers(postgres, valkey)
        finally:
            valkey.stop()
    finally:
        postgres.stop()


def environment(postgres: Postgres, valkey: Valkey) -> dict[str, str]:
    """What this program and its workers are told."""
    return {
        "DJANGO_SETTINGS_MODULE": "opsportal.settings.test",
        "OPSPORTAL_DATABASE_URL": postgres.url(),
        "OPSPORTAL_REDIS_URL": valkey.url(),
        "OPSPORTAL_DATABASE_POOL": "0",  # of this program: a plain connection, opened anew when it broke
        "OPSPORTAL_GOOD_AFTER_SECONDS": "0",
        "OPSPORTAL_LOG_LEVEL": "WARNING",
    }


def patient(work: Callable[[], T], seconds: float = 15) -> T:
    """Ask the database again when it was just restarted under us."""
    from django.db import InterfaceError, OperationalError, connection

    end = time.monotonic() + seconds
    while True:
        try:
            return work()
        except (OperationalError, InterfaceError):
            connection.close()
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


@dataclass
class Ground:
    """Everything a cell is played with."""

    servers: Servers
    company: Any
    nursery: Any
    second: Any
    folder: Path
    workers: list[int] = field(default_factory=list)

    @property
    def outside(self) -> dict[str, Any]:
        """Every stand-in by name; `registry 2` is the one dc2 pulls from."""
        return {**self.company.sandbox.servers, "registry 2": self.second}

    def start_worker(self, hold: dict[str, Any] | None = None, *, celery: bool = False) -> int:
        """A worker, held at a checkpoint when one is named; with `celery` one that hears messages too."""
        pid = int(self.nursery.start(hold=hold, celery=celery, backoff=BACKOFF))
        self.workers.append(pid)
        return pid

    def stop_workers(self) -> list[str]:
        """Ask all to end; a sentence for each that did not end as it should."""
        wrong = []
        while self.workers:
            pid = self.workers.pop()
            os.kill(pid, signal.SIGCONT)  # one that a red cell left stopped hears nothing
            status = self.nursery.stop(pid)
            if status is None:
                os.kill(pid, signal.SIGKILL)
                self.nursery.wait(pid, 5)
            if status != 0:
                wrong.append(f"a worker asked to stop ended with {status}")
        return wrong

    def wait_gone(self, pid: int) -> None:
        """A killed worker is gone."""
        self.workers.remove(pid)
        if self.nursery.wait(pid, 10) is None:
            raise AssertionError("a killed worker did not end")


def _registry_of_its_own(second: Any) -> Any:
    """A cluster class whose dc2 pulls from the second registry alone."""
    from apps.sandbox.kubernetes.server import KubernetesServer, RegistryAccess

    own = RegistryAccess(second.url.removeprefix("http://"), second.url, "ci", "s3cret")

    def make(data_dir: Any, *, name: str, registry: RegistryAccess, **more: Any) -> KubernetesServer:
        return KubernetesServer(data_dir, name=name, registry=own if name == "dc2" else registry, **more)

    return make


@contextlib.contextmanager
def ground(folder: Path, ours: Servers, log: IO[bytes]) -> Iterator[Ground]:
    """Django is set up and migrated, the company founded, a nursery waits."""
    from unittest.mock import patch

    from django.core.management import call_command

    from apps.integrations.clients import forget_clients
    from apps.sandbox import compose
    from apps.sandbox.registry.server import RegistryServer
    from tests.support.sandbox import running_sandbox
    from tests.support.servers import serving

    with (
        _nursery(log) as nursery,
        serving(RegistryServer(None, user="ci", password="s3cret")) as second,
        patch.object(compose, "KubernetesServer", _registry_of_its_own(second)),
        running_sandbox(data_dir=folder / "sandbox", build_seconds=0.2, executors=8, pod_start_seconds=0.05) as sandbox,
    ):
        with contextlib.redirect_stdout(io.StringIO()):
            call_command("migrate", verbosity=0)
            company = _found(sandbox, second)
        try:
            yield Ground(ours, company, nursery, second, folder)
        finally:
            forget_clients()


@contextlib.contextmanager
def _nursery(log: IO[bytes]) -> Iterator[Any]:
    """It loads while the rest is made ready; the database is nothing to it before a worker starts."""
    from tests.faults.nursery import Nursery

    made = Nursery({**os.environ, **WORKER_SPEEDS, "OPSPORTAL_DATABASE_POOL": "16"}, log)
    try:
        yield made
    finally:
        made.close()


def _found(sandbox: Any, second: Any) -> Any:
    from apps.integrations.models import Cluster, Registry
    from tests.releases.hand import Cluster as ByHand
    from tests.support.story import add_project, found_company

    company = found_company(sandbox)
    host = second.url.removeprefix("http://")
    row = Registry.objects.create(name="dc2-registry", url=second.url, host=host, username="ci", password="s3cret")
    Cluster.objects.filter(name="dc2").update(registry=row, pull_host=host)
    project = add_project(company, replicas=1)
    project.callback = {"url": sandbox.world.callback_url}
    project.save(update_fields=["callback"])
    for name in sandbox.clusters:
        ByHand(company, name).hasten()
    return company
