"""`manage.py doctor`: one line per thing the portal stands on; ends with 1 when one of them fails.

Must not: change anything. Without a database only what needs none is looked at.
"""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand

from opsportal.doctor import machines, rows
from opsportal.doctor.findings import Finding

ROWS: dict[str, Callable[[], Finding]] = {
    "clock": machines.clock,
    "sweep": rows.sweep,
    "chores": rows.chores,
    "steps": rows.due_steps,
    "watcher": rows.watcher,
    "audit": rows.sealer,
    "brakes": rows.open_brakes,
    "zombies": rows.zombies,
}


class Command(BaseCommand):
    help = "Look at everything the portal stands on; ends with 1 when something fails."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        found = look()
        if options["json"]:
            told = {"ok": all(one.ok for one in found), "checks": [one.as_json() for one in found]}
            self.stdout.write(json.dumps(told, ensure_ascii=False))
        else:
            width = max(len(one.name) for one in found)
            for one in found:
                self.stdout.write(f"{'✓' if one.ok else '✗'} {one.name:<{width}}  {one.text}")
        if not all(one.ok for one in found):
            raise SystemExit(1)


def look() -> list[Finding]:
    """Everything, in the order of what rests on what."""
    first = machines.database()
    found = [*first, machines.broker(), machines.layer(), machines.recordings()]
    if not all(one.ok for one in first):
        return [*found, Finding("rows", False, "not looked at, see the database")]
    for name, check in ROWS.items():
        try:
            found.append(check())
        except machines.AWAY as error:
            found.append(Finding(name, False, f"the database went away ({type(error).__name__})"))
    return [*found, *machines.outside()]
