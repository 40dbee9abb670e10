"""`manage.py demo`: the whole portal on this machine, with nothing installed beside the Python packages."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from opsportal.demo.folder import DataFolder
from opsportal.demo.process import StartError
from opsportal.demo.supervisor import Supervisor


class Command(BaseCommand):
    """Start, or with `--reset` delete the data of, the demo."""

    help = "Run PostgreSQL, Valkey, the stand-in servers, web, worker and watcher until Ctrl-C."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--reset", action="store_true", help="delete the data folder; refuses while it is in use")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["reset"]:
                self._reset()
            else:
                Supervisor(settings.CONFIG, self._say).run()
        except StartError as error:
            raise CommandError(str(error)) from error

    def _reset(self) -> None:
        folder = DataFolder(settings.CONFIG.data_dir)
        folder.lock()
        folder.remove()
        self._say(f"Deleted {folder.root}.")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
