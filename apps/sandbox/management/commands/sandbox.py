"""`manage.py sandbox`: runs the stand-in GitLab, Jenkins, registry and clusters in one process until it is ended.

Must not: use settings, the database or any model; the servers know nothing of the portal.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.sandbox.compose import PortTakenError, Sandbox, open_world
from apps.sandbox.life import ended_by_parent, ended_by_signal


class Command(BaseCommand):
    """Starts, prints where everything is, waits, stops."""

    help = "Run the stand-in GitLab, Jenkins, registry and Kubernetes clusters."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--data-dir", type=Path, default=Path(".data/sandbox"), help="where state is kept")
        parser.add_argument("--build-seconds", type=float, help="how long a Jenkins build takes")
        parser.add_argument("--executors", type=int, help="how many builds Jenkins runs side by side")
        parser.add_argument("--pod-start-seconds", type=float, help="how long a pod takes to become ready")
        parser.add_argument("--port-base", type=int, help="first port of a new world (default: any free ones)")
        parser.add_argument("--parent-pipe", type=int, metavar="FD", help="end when this pipe is closed")

    def handle(self, *args: Any, **options: Any) -> None:
        world = open_world(
            options["data_dir"].absolute(),
            build_seconds=options["build_seconds"],
            executors=options["executors"],
            pod_start_seconds=options["pod_start_seconds"],
            port_base=options["port_base"],
        )
        try:
            asyncio.run(self._run(Sandbox(world), options["parent_pipe"]))
        except PortTakenError as error:
            raise CommandError(str(error), returncode=1) from error

    async def _run(self, sandbox: Sandbox, parent_pipe: int | None) -> None:
        loop, ended = asyncio.get_running_loop(), asyncio.Event()
        ended_by_signal(loop, ended)
        if parent_pipe is not None:
            ended_by_parent(loop, ended, parent_pipe)
        await sandbox.start()
        try:
            self._print(sandbox)
            await ended.wait()
        finally:
            await sandbox.stop()

    def _print(self, sandbox: Sandbox) -> None:
        for name, server in sandbox.servers.items():
            self.stdout.write(f"{name:<16} {server.url:<28} admin http://{server.host}:{server.admin_port}")
        for name in sandbox.clusters:
            self.stdout.write(f"kubeconfig       {sandbox.kubeconfig(name)}")
        self.stdout.write(f"credentials      {sandbox.root / 'world.json'}")
        self.stdout.write("sandbox is ready")
        self.stdout.flush()
