"""A ticket kind for engine tests: its steps do what the test's script says and write down that they were called."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from apps.common.errors import Invalid
from apps.tickets import registry
from apps.tickets.models import Ticket, TicketStatus
from apps.tickets.outcomes import Done, Ended, Outcome, SentBack
from apps.tickets.registry import Filing, Kind, Prepared, StepSpec
from apps.tickets.visit import Visit

Script = dict[tuple[str, str], list[Outcome | BaseException | Callable[[Visit], Outcome]]]


class Drill:
    """What the steps shall answer, call by call (the last answer repeats), and what was called."""

    def __init__(self) -> None:
        self.specs: list[StepSpec] = []
        self.script: Script = {}
        self.calls: list[tuple[str, str]] = []
        self.times: dict[tuple[str, str], int] = defaultdict(int)
        self.fingerprint: dict[str, Any] | None = None
        self.approvals = 0
        self.send_back: SentBack | None = None
        self.at_slot: Ended | None = None
        self.lock = threading.Lock()

    def answer(self, visit: Visit) -> Outcome:
        where = (visit.step.name, visit.step.target)
        with self.lock:
            self.calls.append(where)
            self.times[where] += 1
            answers = self.script.get(where, [Done()])
            answer = answers[min(self.times[where], len(answers)) - 1]
        if isinstance(answer, BaseException):
            raise answer
        return answer(visit) if callable(answer) else answer


drill = Drill()


class DrillKind(Kind):
    """Plans `drill.specs`."""

    name = "drill"
    request_action = "release.request"
    takes_slot = True
    schema = {
        "type": "object",
        "properties": {"word": {"type": "string", "maxLength": 20}},
        "additionalProperties": False,
    }

    def prepare(self, filing: Filing) -> Prepared:
        if filing.form.get("word") == "refuse":
            raise Invalid("ticket.refused_by_kind", fields={"word": [{"code": "field.refused", "params": {}}]})
        status = TicketStatus.PENDING_APPROVAL if drill.approvals else TicketStatus.QUEUED
        return Prepared("a drill", status, approvals_needed=drill.approvals, fingerprint_content=drill.fingerprint)

    def plan(self, ticket: Ticket) -> list[StepSpec]:
        return drill.specs

    def fingerprint_content(self, ticket: Ticket) -> dict[str, Any] | None:
        return drill.fingerprint

    def recheck(self, ticket: Ticket) -> SentBack | None:
        return drill.send_back

    def on_slot(self, ticket: Ticket) -> Outcome | None:
        return drill.at_slot


def install() -> Drill:
    """Make the kind and its steps known; a fresh script."""
    drill.__init__()  # type: ignore[misc]
    registry.KINDS["drill"] = DrillKind()
    for name in ("one", "two", "three"):
        registry.STEPS[name] = registry.RegisteredStep(drill.answer, writes=False, settles=False)
    registry.STEPS["settle"] = registry.RegisteredStep(drill.answer, writes=False, settles=True)
    return drill


def uninstall() -> None:
    """Leave no trace in the registry."""
    registry.KINDS.pop("drill", None)
    for name in ("one", "two", "three", "settle"):
        registry.STEPS.pop(name, None)
