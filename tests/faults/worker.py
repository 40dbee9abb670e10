"""The fault tests' own worker entry: loads Django once, forks a worker per command, and may kill it at a checkpoint.

Commands are JSON lines on standard input: {"do": "start", "kill": {"step", "target", "point", "ticket"}?} answers
{"pid": n}; {"do": "wait", "pid": n, "seconds": s} answers {"status": n or null}; {"do": "stop", "pid": n}.
Must not: be reachable from product code.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from typing import Any

import django


def main() -> None:
    """Serve commands until standard input closes; children are killed then."""
    django.setup()
    children: set[int] = set()
    for line in sys.stdin:
        command = json.loads(line)
        answer = _serve(command, children)
        print(json.dumps(answer), flush=True)
    for pid in children:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _serve(command: dict[str, Any], children: set[int]) -> dict[str, Any]:
    if command["do"] == "start":
        pid = os.fork()
        if pid == 0:
            _work(command.get("kill"))
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


def _work(kill: dict[str, Any] | None) -> None:
    """The child: a runner like any worker's, with a checkpoint that kills the whole process."""
    from apps.tickets.models import Step
    from apps.tickets.runner import Runner
    from apps.tickets.visit import set_checkpoint

    def die_here(point: str, step: Step) -> None:
        if kill is None or kill["target"] not in ("", step.target):
            return
        if (step.name, point, step.ticket_id) == (kill["step"], kill["point"], kill["ticket"]):
            os.kill(os.getpid(), signal.SIGKILL)

    set_checkpoint(die_here)
    runner = Runner()
    stopped = []
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))
    runner.start()
    while not stopped:
        time.sleep(0.02)
    runner.stop()
    os._exit(0)


if __name__ == "__main__":
    main()
