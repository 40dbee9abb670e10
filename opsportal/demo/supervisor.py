"""`manage.py demo`: start the children in order, keep them running, stop them in order.

The children end with their keepers when this process is gone, whatever ended it. Must not: do any of the portal's
work itself, or listen on anything but the loopback.
"""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable
from types import FrameType

from django.conf import settings
from django.core.management import get_commands

from opsportal.bundle import read_bundle
from opsportal.config import Config
from opsportal.demo.folder import DataFolder
from opsportal.demo.parts import HOST, Parts, sandbox_answers, web_is_ready
from opsportal.demo.process import Child, StartError
from opsportal.demo.report import report
from opsportal.demo.watch import watch

START_SECONDS = 60
SEED_SECONDS = 180


class Supervisor:
    """One run of the demo. `say` prints a line."""

    def __init__(self, config: Config, say: Callable[[str], None]) -> None:
        self.config, self.say = config, say
        self.folder = DataFolder(config.data_dir)
        self.running: list[Child] = []

    def run(self) -> None:
        """Until Ctrl-C. Raises StartError with a sentence when it cannot start."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _interrupt)
        self.folder.lock()
        try:
            self._refuse_taken_port()
            self._start(Parts(self.config, self.folder))
            self.say(report(self.folder, self.config.port, has_pages=read_bundle(settings.UI_DIR) is not None))
            watch(self.running, self.say)
        except KeyboardInterrupt:
            self.say("Stopping.")
        finally:
            self._stop()

    def _refuse_taken_port(self) -> None:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, self.config.port))
            except OSError as error:
                sentence = f"Port {self.config.port} is not free: set OPSPORTAL_PORT to another one."
                raise StartError(sentence) from error

    def _start(self, parts: Parts) -> None:
        self.say(f"Starting opsportal in {self.folder.root}")
        if self.folder.database.parent != self.folder.root:
            self.say(f"PostgreSQL does not run as root and cannot reach {self.folder.root}: {self.folder.database}")
        self._start_servers(parts)
        self._once(parts.manage("migrate", "migrate", "--noinput"), START_SECONDS * 2)
        if _has("sandbox"):
            self._add(parts.sandbox(), lambda: sandbox_answers(self.folder))
        self._add(parts.web(), lambda: web_is_ready(self.config.port))
        self._add(parts.worker(), None)
        if _has("watch_clusters"):
            self._add(parts.watcher(), None)
        if _has("seed_demo"):
            self._once(parts.manage("seed", "seed_demo"), SEED_SECONDS)

    def _start_servers(self, parts: Parts) -> None:
        from opsportal.demo.postgres import make_cluster

        make_cluster(self.folder.database)
        self.running.append(parts.postgres.child)
        parts.postgres.start()
        parts.postgres.ensure_database()
        self.running.append(parts.valkey.child)
        parts.valkey.start()
        self.folder.write_environment(parts.environment)

    def _add(self, child: Child, ready: Callable[[], bool] | None) -> None:
        self.running.append(child)
        child.start()
        if ready is not None:
            child.wait_until(ready, START_SECONDS)

    def _once(self, child: Child, seconds: float) -> None:
        """Run a command to its end."""
        self.running.append(child)
        child.start()
        child.wait_for_success(seconds)
        self.running.remove(child)
        child.stop()

    def _stop(self) -> None:
        """Programs first and side by side, then their servers, PostgreSQL last."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        programs, servers = self.running[2:], self.running[:2]
        for child in programs:
            child.ask_to_stop()
        for child in programs:
            child.wait()
        for child in reversed(servers):
            child.stop()
        self.folder.remove_sockets()


def _has(command: str) -> bool:
    return command in get_commands()


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
