"""The broker is a doorbell: with it a release starts at once, without it a sweep finds it, and nothing is ever lost."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from apps.releases.models import Build, Release
from apps.tickets import bell
from apps.tickets.models import Ticket
from opsportal.celery import app
from opsportal.demo.valkey import Valkey
from tests.faults.conftest import SPEEDS, Marks
from tests.support.database import process_environment
from tests.support.story import Company, wait_ended, wait_for

SLUG = "book-api-n1"
pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def broker() -> Iterator[Valkey]:
    """A broker of this test's own, which this process' doorbell rings through."""
    with tempfile.TemporaryDirectory(prefix="bell-", dir="/tmp") as folder:
        Path(folder).chmod(0o711)
        server = Valkey(Path(folder) / "v", Path(folder) / "log")
        server.start()
        before = app.conf.broker_url
        point_bell_at(server.url())
        yield server
        point_bell_at(before)
        server.stop()


def point_bell_at(url: str) -> None:
    """This process' Celery app rings at another broker from now on."""
    app.conf.broker_url = app.conf.broker_write_url = url.replace("unix://", "redis+socket://", 1)
    app._after_fork()
    bell._muted_until = 0.0


@contextmanager
def celery_worker(broker: Valkey, log: Path, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    """A real worker, as in production."""
    env = {**process_environment(broker.url()), **SPEEDS, **more}
    flags = [
        "-A",
        "opsportal",
        "worker",
        "-P",
        "threads",
        "-c",
        "2",
        "--without-gossip",
        "--without-mingle",
        "-l",
        "info",
    ]
    with log.open("wb") as output:
        child = subprocess.Popen([sys.executable, "-m", "celery", *flags], env=env, stdout=output, stderr=output)
        try:
            wait_for(lambda: b" ready." in log.read_bytes(), 40, "the worker")
            yield child
        finally:
            child.terminate()
            child.wait(30)


def test_a_ring_starts_a_ticket_long_before_the_next_sweep(company: Company, broker: Valkey, tmp_path: Path) -> None:
    with celery_worker(broker, tmp_path / "worker.log", OPSPORTAL_SWEEP_SECONDS="45"):
        time.sleep(1.0)  # the sweep at the worker's start is over
        began = time.monotonic()
        ticket = company.file("release", "developer", SLUG, "test", ref="main")
        wait_for(lambda: Ticket.objects.get(pk=ticket.pk).status == "running", 20, "the start by the doorbell")
        assert time.monotonic() - began < 20
        assert wait_ended(ticket).status == "succeeded"


def test_the_broker_stops_in_the_middle_of_a_release_and_comes_back_empty(
    company: Company, broker: Valkey, tmp_path: Path
) -> None:
    marks = Marks(company)
    with celery_worker(broker, tmp_path / "worker.log"):
        first = company.file("release", "developer", SLUG, "test", ref="main")
        wait_for(lambda: Build.objects.filter(ticket=first).exists(), 20, "the build")
        broker.stop()
        second = company.file("release", "developer", SLUG, "test", ref="main")
        broker.start()
        ended = [wait_ended(first), wait_ended(second)]
    assert [t.status for t in ended] == ["succeeded", "succeeded"]
    assert marks.count("gitlab", "tag.create") == 2
    assert marks.count("jenkins", "build.start") == 2
    newest = Release.objects.get(ticket=second)
    assert marks.image_changes("test-1")[-1].endswith(newest.digest)
