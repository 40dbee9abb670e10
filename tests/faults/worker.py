"""The fault tests' own worker entry: loads Django once, forks a worker per command, and may kill or hold it at a
checkpoint.

Commands are JSON lines on standard input: {"do": "start", "kill": {"step", "target", "point", "ticket"}?, "hold":
{…the same, "gate": path}?, "celery": bool?, "backoff": s?} answers {"pid": n}; {"do": "wait", "pid": n, "seconds": s}
answers {"status": n or null}; {"do": "stop", "pid": n}. Must not: be reachable from product code.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import socket
import sys
import time
from typing import TYPE_CHECKING, Any

import django

if TYPE_CHECKING:
    from apps.tickets.models import Step

LOADED = (
    "celery.apps.worker",
    "celery.concurrency.solo",
    "celery.events.state",
    "celery.worker.autoscale",
    "celery.worker.consumer",
    "celery.worker.loops",
    "channels_redis.pubsub",
    "kombu.transport.redis",
    "opsportal.urls",
    "psycopg_pool",
    "redis.asyncio",
)


def main() -> None:
    """Serve commands until standard input closes; children are killed then."""
    django.setup()
    _load()
    children: set[int] = set()
    for line in sys.stdin:
        command = json.loads(line)
        answer = _serve(command, children)
        print(json.dumps(answer), flush=True)
    for pid in children:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _load() -> None:
    """What a worker imports when it is first needed is imported once, here."""
    for name in LOADED:
        importlib.import_module(name)
    gc.freeze()  # a child's collector does not touch, and so copy, what is there already


def _serve(command: dict[str, Any], children: set[int]) -> dict[str, Any]:
    if command["do"] == "start":
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})  # till the child has its own answer to it
        pid = os.fork()
        if pid == 0:
            _work(command)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        children.add(pid)
        return {"pid": pid}
    if command["do"] == "stop":
        os.kill(command["pid"], signal.SIGTERM)
    end = time.monotonic() + command.get("seconds", 15)
    while time.monotonic() < end:
        done, status = os.waitpid(command["pid"], os.WNOHANG)
        if done:
            children.discard(command["pid"])
            return {"status": status}
        time.sleep(0.02)
    return {"status": None}


def _work(command: dict[str, Any]) -> None:
    """The child: a worker like any other, but for its checkpoints."""
    from apps.tickets import engine
    from apps.tickets.visit import set_checkpoint

    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))  # asked to stop before it began: nothing to hand back
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    os.dup2(2, 1)  # standard output belongs to the answers
    if command.get("backoff"):
        engine.BACKOFF_FIRST = float(command["backoff"])
    if command.get("kill"):
        set_checkpoint(_Trap(command["kill"], _die))
    if command.get("hold"):
        set_checkpoint(_Trap(command["hold"], _wait_at))
    os._exit(_celery() if command.get("celery") else _runner())


def _runner() -> int:
    """The engine's loop alone, without a broker's messages."""
    from apps.tickets.runner import Runner

    runner = Runner()
    stopped = []
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))
    runner.start()
    while not stopped:
        time.sleep(0.02)
    runner.stop()
    return 0


def _celery() -> int:
    """As in production: a Celery worker whose life the runner shares."""
    from opsportal.celery import app

    worker = app.Worker(
        pool="solo",
        concurrency=1,
        loglevel="WARNING",
        hostname=f"faults-{os.getpid()}@localhost",
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
        quiet=True,
    )
    worker.start()
    return int(worker.exitcode or 0)


class _Trap:
    """Springs once, at the first visit that passes its point. `recorded` is the record that ended the step."""

    def __init__(self, where: dict[str, Any], spring: Any) -> None:
        self.where, self.spring, self.is_set = where, spring, True

    def __call__(self, point: str, step: Step) -> None:
        where = self.where
        if not self.is_set or where["target"] not in ("", step.target):
            return
        if (step.name, point, step.ticket_id) != (where["step"], where["point"], where["ticket"]):
            return
        if "gate" in where and point == "recorded" and _is_open(step):
            return
        self.is_set = False
        self.spring(where)


def _is_open(step: Step) -> bool:
    step.refresh_from_db(fields=["status"])
    return step.status in ("planned", "due", "waiting")


def _die(_where: dict[str, Any]) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _wait_at(where: dict[str, Any]) -> None:
    """Say that the checkpoint is reached, and stay there until the other side hangs up."""
    with socket.socket(socket.AF_UNIX) as gate:
        gate.connect(where["gate"])
        gate.recv(1)


if __name__ == "__main__":
    main()
