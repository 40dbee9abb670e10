"""`manage.py probe_worker`: does the worker on this machine still hear its bell and sweep? Exit 0 or 1, one line."""

from __future__ import annotations

import sys
from typing import Any

from celery.utils.nodenames import default_nodename
from django.core.management.base import BaseCommand, CommandParser

from apps.tickets import probe


class Command(BaseCommand):
    """For a liveness probe; says 0 when a restart would not help (the broker is away)."""

    help = "Send a message through the worker's own queue and wait for its answer; exit 1 when a restart would help."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--within", type=float, default=10.0, help="seconds until no answer counts as deaf")
        parser.add_argument("--node", default="", help="the worker's node name; default: celery@ this host")

    def handle(self, *args: Any, **options: Any) -> None:
        verdict = probe.ask(default_nodename(options["node"] or None), options["within"])
        self.stdout.write(verdict.line)
        sys.exit(0 if verdict.alive else 1)
