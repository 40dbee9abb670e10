"""The process table of every pod: what `ps` shows, who gets killed with the pod, what must be gone at the end.

One `Process` per emulated command, shell or container main program. Must not: outlive its session (the session
ends its processes in a `finally`), or know anything of WebSockets.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

KILLED = 137


@dataclass
class Process:
    """One emulated process; `task` is what to cancel when it is killed."""

    pid: int
    ppid: int
    argv: list[str]
    tty: str = "?"
    environment: dict[str, str] = field(default_factory=dict)
    ignores: frozenset[str] = frozenset()
    started: float = field(default_factory=time.time)
    task: asyncio.Task[Any] | None = None


class ProcessTable:
    """The processes of one container. Pid 1 is the container's main program and is always there."""

    def __init__(self, main: list[str], environment: dict[str, str] | None = None) -> None:
        self._next = 7
        self._processes: dict[int, Process] = {1: Process(1, 0, main, environment=dict(environment or {}))}

    @contextmanager
    def running(
        self,
        argv: list[str],
        *,
        ppid: int = 0,
        tty: str = "?",
        environment: dict[str, str] | None = None,
        ignores: frozenset[str] = frozenset(),
    ) -> Iterator[Process]:
        """A process for the length of a `with` block; its environment stays as it was at its start."""
        process = Process(self._next, ppid, list(argv), tty, dict(environment or {}), ignores)
        self._next += 1
        self._processes[process.pid] = process
        try:
            yield process
        finally:
            del self._processes[process.pid]

    def find(self, pid: int) -> Process | None:
        """The process with this pid."""
        return self._processes.get(pid)

    def all(self) -> list[Process]:
        """Every process by pid, the main program first."""
        return [self._processes[pid] for pid in sorted(self._processes)]

    def sessions(self) -> list[Process]:
        """Every process but the main program."""
        return [p for p in self.all() if p.pid != 1]

    def kill(self, pid: int, signal: str = "KILL") -> bool:
        """Send one process a signal, which ends it unless it ignores it; False when there is none with this pid."""
        process = self._processes.get(pid)
        if process is None:
            return False
        if process.task is not None and (signal == "KILL" or signal not in process.ignores):
            process.task.cancel()
        return True

    def kill_all(self) -> None:
        """End everything that a session started, also what was to outlive it."""
        for process in self.sessions():
            self.kill(process.pid)

    def files(self) -> dict[str, str]:
        """/proc as far as it tells of processes."""
        found: dict[str, str] = {}
        for process in self.all():
            found[f"/proc/{process.pid}/cmdline"] = "\0".join(process.argv) + "\0"
            found[f"/proc/{process.pid}/environ"] = "".join(f"{k}={v}\0" for k, v in process.environment.items())
            found[f"/proc/{process.pid}/stat"] = f"{process.pid} ({process.argv[0]}) S {process.ppid} 0 0\n"
        return found


class ProcessTables:
    """The tables of one cluster, by pod uid and container; `kill_pod` ends every session of a pod."""

    def __init__(self) -> None:
        self._tables: dict[tuple[str, str], ProcessTable] = {}
        self._on_kill: dict[str, set[Callable[[], None]]] = {}

    def table(
        self, uid: str, container: str, main: list[str], environment: dict[str, str] | None = None
    ) -> ProcessTable:
        """The table of one container, made on first use."""
        key = (uid, container)
        if key not in self._tables:
            self._tables[key] = ProcessTable(main, environment)
        return self._tables[key]

    @contextmanager
    def session(self, uid: str, kill: Callable[[], None]) -> Iterator[None]:
        """Have `kill` called when the pod dies while the block runs."""
        self._on_kill.setdefault(uid, set()).add(kill)
        try:
            yield
        finally:
            callbacks = self._on_kill.get(uid, set())
            callbacks.discard(kill)
            if not callbacks:
                self._on_kill.pop(uid, None)

    def kill_pod(self, uid: str) -> None:
        """End every session of a pod and forget its tables."""
        for kill in list(self._on_kill.get(uid, ())):
            kill()
        for key in [k for k in self._tables if k[0] == uid]:
            self._tables[key].kill_all()
            if not self._tables[key].sessions():
                del self._tables[key]

    def kill_all(self) -> None:
        """End every session of the cluster."""
        for uid in {*self._on_kill, *(uid for uid, _ in self._tables)}:
            self.kill_pod(uid)

    def as_json(self) -> list[dict[str, Any]]:
        """Every process that a session started, for tests and for the admin port."""
        return [
            {"pod": uid, "container": container, "pid": p.pid, "ppid": p.ppid, "argv": p.argv, "tty": p.tty}
            for (uid, container), table in self._tables.items()
            for p in table.sessions()
        ]
