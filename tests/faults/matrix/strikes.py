"""What happens while a worker is held at its checkpoint: one function per kind of fault.

A strike that hit nothing is told, never passed over. Must not: judge the ticket.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from dataclasses import dataclass, field
from typing import Any

from apps.sandbox.base.faults import Fault
from apps.tickets import bell
from apps.tickets.engine import wake_step
from apps.tickets.models import Step
from tests.faults.matrix.cells import Cell
from tests.faults.matrix.ground import OUTSIDE_TIMEOUT, Ground, patient
from tests.faults.nursery import Gate

TIMES = 2  # one alone might be swallowed by a look-up inside the adapter
PORTAL = {"user-agent": "opsportal"}
QUEUE = "doorbell"
# Only where a call of somebody else would swallow the strike: the very call that the intent is about.
AIM = {("start_build", "after_intent"): "build.trigger", ("create_tag", "after_intent"): "tag.create"}


@dataclass
class Strike:
    """One fault of one cell, on a worker held at a gate."""

    ground: Ground
    cell: Cell
    step: Step
    gate: Gate
    held: int
    armed: list[tuple[Any, Fault]] = field(default_factory=list)
    missed: str = ""

    def apply(self) -> None:
        """Strike now, and let the worker go on, or another one in its place."""
        if self.cell.is_outside:
            self._outside()
            return
        {
            "kill": self._kill,
            "stop_past_lease": self._stop,
            "redis_restart": self._restart_redis,
            "database_restart": self._restart_database,
            "message_x3": self._ring_thrice,
        }[self.cell.fault]()

    def finish(self) -> None:
        """What a stopped worker does when it wakes up after all is over."""
        if self.cell.fault == "stop_past_lease":
            os.kill(self.held, signal.SIGCONT)
            self.gate.let_through()

    def clear(self) -> int:
        """Take the outside's faults away; how often they struck."""
        for server, _ in self.armed:
            server.faults.clear()
        struck = sum(fault.struck for _, fault in self.armed)
        if self.cell.is_outside and not struck:
            self.missed = f"{self.cell.fault} was armed and no call met it"
        return struck

    # -- ours -----------------------------------------------------------------------------------------------
    def _kill(self) -> None:
        os.kill(self.held, signal.SIGKILL)
        self.ground.wait_gone(self.held)
        self.ground.start_worker()

    def _stop(self) -> None:
        os.kill(self.held, signal.SIGSTOP)
        self.ground.start_worker()

    def _restart_redis(self) -> None:
        self.ground.servers.restart_valkey()
        self.gate.let_through()

    def _restart_database(self) -> None:
        self.ground.servers.postgres.restart_at_once()
        self.gate.let_through()

    def _ring_thrice(self) -> None:
        """Three wake-ups of this step and three messages, with a second worker there to hear them."""
        self.ground.start_worker(celery=True)
        bell._muted_until = 0.0
        for _ in range(3):
            patient(lambda: wake_step(self.step.pk))
            bell._send(self.step.pk)  # at once, not by the thread
        if bell._muted_until:
            self.missed = "the bell could not be rung"
        elif not _queue_emptied(self.ground):
            self.missed = "nobody took the messages"
        self.gate.let_through()

    # -- theirs ---------------------------------------------------------------------------------------------
    def _outside(self) -> None:
        """The next calls are answered so. At `accepted` the record is lost as well: who looks the key up meets it."""
        struck = self._struck_servers()
        kind = AIM.get((self.cell.step, self.cell.point), "*")
        for server in struck:
            times = TIMES if len(struck) == 1 else 1
            if server.name == "jenkins" and kind == "*":
                times *= 2  # its poller takes some of them
            self.armed.append((server, server.faults.add(_script(self.cell.fault, kind, times, server))))
        if self.cell.point == "accepted":
            self._kill()
        else:
            self.gate.let_through()

    def _struck_servers(self) -> list[Any]:
        """The step's system; all of them for a step without one, and for whatever comes after a record."""
        system, _, ident = self.step.system.partition(":")
        if self.cell.point == "recorded" or not system:
            return list(self.ground.outside.values())
        return [self.ground.outside[_server_name(system, ident)]]


def _server_name(system: str, ident: str) -> str:
    """`ident` is a row's id, but for a callback, whose receiver is no row."""
    from apps.integrations.models import Cluster, Registry

    if system == "cluster":
        return f"cluster {patient(lambda: Cluster.objects.get(pk=int(ident))).name}"
    if system == "registry":
        row = patient(lambda: Registry.objects.get(pk=int(ident)))
        return "registry 2" if row.name == "dc2-registry" else "registry"
    return system


def _script(fault: str, kind: str, times: int, server: Any) -> Fault:
    if fault == "hang":
        return Fault(kind, "hang", times=times, seconds=OUTSIDE_TIMEOUT + 0.5, match=PORTAL)
    if fault == "accept_then_drop":
        return Fault(kind, "accept_then_drop", times=times, match=PORTAL)
    status = int(fault)
    headers = {"Content-Type": "application/json"}
    if status == 429:
        headers["Retry-After"] = "1"
    return Fault(kind, "status", times=times, status=status, body=_body(status, server), headers=headers, match=PORTAL)


def _body(status: int, server: Any) -> str:
    """Kubernetes says it as a Status, the others in a word."""
    reason = {409: "Conflict", 410: "Expired", 429: "TooManyRequests"}.get(status, "InternalError")
    if not hasattr(server, "ca_pem"):
        return json.dumps({"message": f"{status} {reason}"})
    return json.dumps(
        {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": reason, "reason": reason, "code": status}
    )


def _queue_emptied(ground: Ground, seconds: float = 10) -> bool:
    import redis

    end = time.monotonic() + seconds
    with contextlib.closing(redis.Redis.from_url(ground.servers.valkey.url())) as client:
        while time.monotonic() < end:
            if client.llen(QUEUE) == 0:
                return True
            time.sleep(0.02)
    return False
