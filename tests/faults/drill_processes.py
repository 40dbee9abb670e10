"""Worker and web as in production, knowing one ticket kind more: `rehearsal`, whose outside is a file of lines.

    celery -A tests.faults.drill_processes worker …      uvicorn tests.faults.drill_processes:application
    python -m tests.faults.drill_processes seed          migrates, makes the people, prints their tokens as JSON

`OPSPORTAL_REHEARSAL` is that file, one line per accepted call: `<ticket key> <step> <key of the call>`.
`OPSPORTAL_CLOCK_SHIFT` (seconds) moves this process' wall clock before anything of ours is imported.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

if os.environ.get("OPSPORTAL_CLOCK_SHIFT"):
    from tests.faults.shifted import shift_wall_clock

    shift_wall_clock(float(os.environ["OPSPORTAL_CLOCK_SHIFT"]))

from opsportal.celery import app

__all__ = ["app", "application"]
SLUG, ENVIRONMENT = "rehearsal", "stage"


def call_outside(line: str) -> None:
    """The outside accepts a call: one write of one line, never torn."""
    with Path(os.environ["OPSPORTAL_REHEARSAL"]).open("ab", buffering=0) as journal:
        journal.write(f"{line}\n".encode())


def find_outside(key: str) -> bool:
    """Whether the outside has a call with this key."""
    path = Path(os.environ["OPSPORTAL_REHEARSAL"])
    return path.exists() and any(line.endswith(f" {key}") for line in path.read_text().splitlines())


def install() -> None:
    """Make the kind and its steps known in this process."""
    from apps.tickets import registry
    from apps.tickets.models import TicketStatus
    from apps.tickets.outcomes import Done, Outcome, Waiting
    from apps.tickets.registry import Filing, Kind, Prepared, StepSpec
    from apps.tickets.visit import Visit

    @registry.step("rehearse_call", writes=True)
    def rehearse_call(visit: Visit) -> Outcome:
        if not (visit.was_begun and find_outside(visit.key)):
            visit.save_intent(key=visit.key)
            call_outside(f"{visit.ticket.key} {visit.step} {visit.key}")
        return Done({"key": visit.key})

    @registry.step("rehearse_wait", writes=False)
    def rehearse_wait(visit: Visit) -> Outcome:
        left = visit.params["seconds"] - visit.age
        return Waiting(min(left, 0.5)) if left > 0 else Done()

    @registry.register
    class Rehearsal(Kind):
        name = "rehearsal"
        request_action = "release.request"
        schema = {
            "type": "object",
            "properties": {
                "steps": {"type": "integer"},
                "seconds": {"type": "number"},
                "approvals": {"type": "integer"},
            },
        }

        def prepare(self, filing: Filing) -> Prepared:
            approvals = filing.form.get("approvals", 0)
            status = TicketStatus.PENDING_APPROVAL if approvals else TicketStatus.QUEUED
            return Prepared("a rehearsal", status, approvals_needed=approvals)

        def plan(self, ticket: Any) -> list[StepSpec]:
            form, plan = ticket.form, [StepSpec("start", 0)]
            for number in range(form.get("steps", 1)):
                plan.append(StepSpec("rehearse_call", len(plan), params={"number": number}))
                plan.append(StepSpec("rehearse_wait", len(plan), params={"seconds": form.get("seconds", 0)}))
            return plan


def seed() -> None:
    """One project, one environment, a developer and an ops; their tokens on standard output."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from tests.accounts.factories import make_token
    from tests.support.factories import grant, make_environment, make_project, make_user, use

    project, environment = make_project(SLUG), make_environment(ENVIRONMENT)
    use(project, environment)
    tokens = {}
    for role in ("developer", "ops"):
        user = make_user(role)
        grant(user, project, environment, role)
        tokens[role] = make_token(user)[1]
    print(json.dumps(tokens))


def _django() -> None:
    import django

    django.setup()


if __name__ == "__main__":
    _django()
    seed()
    sys.exit(0)

from celery.signals import import_modules  # noqa: E402


@import_modules.connect
def _in_a_worker(**_kwargs: Any) -> None:
    """After Celery's own fix-up has set Django up."""
    _django()
    install()


if any("uvicorn" in part for part in sys.argv[:2]) or "OPSPORTAL_WEB" in os.environ:
    from opsportal.asgi import application

    install()
else:
    application = None
