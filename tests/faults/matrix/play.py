"""One cell, from the filed ticket to its line: hold a worker at the point, strike, see how the ticket ends.

Must not: decide what is right; `verdict` does.
"""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Any

from django.db import transaction

from apps.common.messages import LANGUAGES, catalogue, params_of
from apps.tickets.advance import end_ticket
from apps.tickets.models import Slot, Step, Ticket
from apps.tickets.services.running import retry_ticket
from tests.faults.matrix.cells import Cell
from tests.faults.matrix.ground import Ground, patient
from tests.faults.matrix.scenes import SCENES, Scene, Stage
from tests.faults.matrix.strikes import Strike
from tests.faults.matrix.verdict import Verdict
from tests.faults.nursery import Gate, Marks
from tests.support.story import ENDED, wait_for

REACH_SECONDS = 15.0
END_SECONDS = 25.0
HEARD = ("redis_restart", "message_x3")  # where the broker's part matters, the worker is a whole Celery worker
RETRYABLE = ("failed", "errored")


def play(stage: Stage, cell: Cell) -> dict[str, Any]:
    """The cell's line: what was found, whether it passed, and why not."""
    line: dict[str, Any] = {**asdict(cell), "journal": {}, "struck": 0, "end": "", "reason": None, "retried": False}
    wrong: list[str] = []
    began = time.monotonic()
    try:
        patient(lambda: _sweep_up(stage.ground))
        scene = SCENES[cell.kind](stage, cell)
        line["arranged"] = round(time.monotonic() - began, 2)
        began = time.monotonic()
        _strike(stage.ground, scene, cell, line, wrong)
    except AssertionError as error:
        wrong.append(str(error))
    finally:
        for server in stage.ground.outside.values():
            server.faults.clear()
        stopped_badly = stage.ground.stop_workers()
    line["seconds"] = round(time.monotonic() - began, 2)
    line["why"] = "; ".join([*wrong, *stopped_badly])
    line["passed"] = not line["why"]
    return line


def _strike(ground: Ground, scene: Scene, cell: Cell, line: dict[str, Any], wrong: list[str]) -> None:
    ticket, marks = scene.ticket, Marks(ground.company)
    step = _step_of(ticket, cell)
    line["ticket"] = ticket.pk
    gate = Gate(ground.folder / "gate")
    try:
        hold = {"step": step.name, "target": step.target, "point": cell.point, "ticket": ticket.pk}
        held = ground.start_worker({**hold, "gate": str(gate.path)}, celery=cell.fault in HEARD)
        if not gate.wait_reached(REACH_SECONDS):
            raise AssertionError(f"{cell.step} never reached {cell.point}: {_told(ticket)}")
        strike = Strike(ground, cell, step, gate, held)
        strike.apply()
        ended = _wait_ended(ticket)
        _note_end(line, ended)
        line["struck"] = strike.clear()
        if ended.status in RETRYABLE:
            ended = _retry(ground, ended, line, wrong)
        strike.finish()
        if ended.status != "succeeded":
            wrong.append(f"the ticket ended {ended.status} {ended.reason}")
        if strike.missed:
            wrong.append(strike.missed)
    finally:
        gate.close()
    wrong += ground.stop_workers()
    verdict = Verdict(ground, scene, marks)
    patient(verdict.read)
    line["journal"] = verdict.journal
    wrong += verdict.wrong


def _step_of(ticket: Ticket, cell: Cell) -> Step:
    found = [s for s in ticket.steps.all() if s.name == cell.step and s.target.partition("/")[0] == cell.target]
    if len(found) != 1:
        raise AssertionError(f"the plan of #{ticket.pk} has {len(found)} steps {cell.step} {cell.target}")
    return found[0]


def _note_end(line: dict[str, Any], ticket: Ticket) -> None:
    line["end"], line["reason"] = ticket.status, ticket.reason


def _retry(ground: Ground, ticket: Ticket, line: dict[str, Any], wrong: list[str]) -> Ticket:
    """A person retries once the fault is over; the retry has to work."""
    wrong += _speechless(ticket)
    line["retried"] = True
    patient(lambda: retry_ticket(ticket, actor=ground.company.actor("ops")))
    return _wait_ended(ticket)


def _speechless(ticket: Ticket) -> list[str]:
    """What is missing for the reason to be read by a person, in both languages."""
    reason = ticket.reason or {}
    wrong = []
    for language in LANGUAGES:
        text = catalogue(language).get(reason.get("code", ""))
        if text is None:
            wrong.append(f"it ended {ticket.status} for {reason}, which has no sentence in {language}")
        elif missing := params_of(text) - set(reason.get("params", {})):
            wrong.append(f"{reason} lacks {sorted(missing)} of its sentence in {language}")
    return wrong


def _wait_ended(ticket: Ticket) -> Ticket:
    def fresh() -> Ticket:
        return patient(lambda: Ticket.objects.get(pk=ticket.pk))

    try:
        wait_for(lambda: fresh().status in ENDED, END_SECONDS, f"the end of #{ticket.pk}")
    except AssertionError as error:
        raise AssertionError(f"{error}: {_told(ticket)}") from None
    return fresh()


def _told(ticket: Ticket) -> str:
    steps = patient(lambda: list(Step.objects.filter(ticket=ticket).order_by("wave", "target", "order")))
    status = patient(lambda: Ticket.objects.get(pk=ticket.pk)).status
    rows = [f"{s} {s.status} attempt {s.attempt} visits {s.visits} {s.reason or s.output or ''}" for s in steps]
    return f"{status}: " + ", ".join(rows)


def _sweep_up(ground: Ground) -> None:
    """What a red cell left open does not stand in the way of the next one."""
    for ticket in Ticket.objects.exclude(status__in=ENDED):
        with transaction.atomic():
            locked = Ticket.objects.select_for_update().get(pk=ticket.pk)
            if locked.status in ("queued", "running"):
                end_ticket(locked, "errored", {"code": "ticket.step_failed", "params": {"step": "matrix"}})
            else:
                Ticket.objects.filter(pk=ticket.pk).update(status="rejected")
    Slot.objects.all().delete()
    Step.objects.filter(lease_until__isnull=False).update(lease_until=None, lease_owner="")
