"""`manage.py load_standards`: the standards the portal brings. Must not: replace what an administrator changed."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from apps.catalog.standards.services import load_standards
from apps.policy.actor import Actor


class Command(BaseCommand):
    help = "Add the standards the portal brings; what is there stays, unless --update and nobody has changed it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--update",
            action="store_true",
            help="let the standards that nobody has changed follow what the portal brings",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        told = load_standards(is_update=bool(options["update"]), actor=Actor.system("load_standards"))
        for standard, what in told.items():
            if what == "stays":
                self.stdout.write(f"{standard}: differs and stays")
            else:
                self.stdout.write(f"{standard}: {what}")
