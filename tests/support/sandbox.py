"""A whole sandbox for synchronous tests: every stand-in on real sockets, on one event loop in a thread.

    @pytest.fixture(scope="module")
    def sandbox(tmp_path_factory):
        with running_sandbox(tmp_path_factory) as running:
            yield running

    sandbox.world.gitlab_token                                        # credentials and addresses
    journal(sandbox.jenkins).find("build.start", accepted=True)       # the truth about what was asked outside
    fault(sandbox.registry, "manifest.head", "status", status=503)    # the next such call fails
    with only_new(sandbox.registry) as entries: ...; entries("manifest.put")

Must not: reach into a server beside its journal and its faults.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from apps.sandbox.base.faults import Fault
from apps.sandbox.base.journal import Entry, Journal
from apps.sandbox.base.server import StandIn
from apps.sandbox.compose import Sandbox, open_world
from tests.support.servers import LoopThread


@contextmanager
def running_sandbox(
    tmp_path_factory: pytest.TempPathFactory | None = None,
    *,
    data_dir: Path | None = None,
    build_seconds: float = 0.3,
    executors: int = 8,
    pod_start_seconds: float = 0.1,
) -> Iterator[Sandbox]:
    """A started sandbox in `data_dir`, or in a new folder of the factory; stopped at the end."""
    if data_dir is None:
        assert tmp_path_factory is not None, "a sandbox needs a folder or a factory of folders"
        data_dir = tmp_path_factory.mktemp("sandbox")
    sandbox = Sandbox(
        open_world(data_dir, build_seconds=build_seconds, executors=executors, pod_start_seconds=pod_start_seconds)
    )
    thread = LoopThread()
    try:
        thread.run(sandbox.start())
        try:
            yield sandbox
        finally:
            thread.run(sandbox.stop())
    finally:
        thread.close()


def journal(server: StandIn) -> Journal:
    """What a server answered, in order: `journal(sandbox.registry).find("manifest.put", subject="team/app:1.0")`."""
    return server.journal


def fault(server: StandIn, kind: str, action: str, **more: Any) -> Fault:
    """Put a fault script in force: `fault(sandbox.jenkins, "build.start", "accept_then_drop")`."""
    return server.faults.add(Fault(kind, action, **more))


@contextmanager
def only_new(server: StandIn) -> Iterator[Callable[..., list[Entry]]]:
    """`find` on the journal, restricted to entries written from here on."""
    since = server.journal.last
    yield lambda kind="*", **more: server.journal.find(kind, since=since, **more)
