"""Start and end one child process through its keeper (`child.py`), with a log file and without leaving anything behind.

Must not: know what the child is, or restart it; the supervisor does.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

KEEPER = Path(__file__).with_name("child.py")
MAX_LOG_BYTES = 8 * 1024 * 1024


class StartError(Exception):
    """A child ended, or was not ready in time; the message is one sentence for a person."""


@dataclass
class Child:
    """A named command. `user` is who runs it ("" = we ourselves); `keep` are descriptors its keeper holds open."""

    name: str
    command: Sequence[str]
    log: Path
    env: dict[str, str] = field(default_factory=dict)
    stop_signal: signal.Signals = signal.SIGTERM
    grace: float = 5.0
    user: str = ""
    keep: tuple[int, ...] = ()
    cwd: Path = Path("/")
    process: subprocess.Popen[bytes] | None = None
    _pipe: int = -1

    def start(self) -> None:
        """Start the keeper in a session of its own, so that a Ctrl-C in our terminal reaches us alone."""
        reader, self._pipe = os.pipe()
        keeper = [sys.executable, "-I", "-S", str(KEEPER), str(reader), str(int(self.stop_signal)), str(self.grace)]
        self._roll_log()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 — commands of our own making, no shell
                [*keeper, self.user, "--", *self.command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self.env},
                cwd=self.cwd,
                pass_fds=(reader, *self.keep),
                start_new_session=True,
            )
        os.close(reader)

    def _roll_log(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > MAX_LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))

    def ask_to_stop(self) -> None:
        """Close the pipe: the keeper ends its child. Does not wait."""
        if self._pipe >= 0:
            os.close(self._pipe)
            self._pipe = -1

    def wait(self) -> None:
        """Wait for the end after `ask_to_stop`; a keeper that hangs is killed."""
        if self.process is None:
            return
        try:
            self.process.wait(self.grace + 3)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def stop(self) -> None:
        """End the child and wait for it."""
        self.ask_to_stop()
        self.wait()

    def ended(self) -> int | None:
        """The exit status, or None while it runs."""
        return self.process.poll() if self.process else None

    def last_lines(self, count: int = 5) -> str:
        """The end of its log, for a message to a person."""
        if not self.log.exists():
            return ""
        with self.log.open(encoding="utf-8", errors="replace") as lines:
            return "".join(deque(lines, count)).strip()

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> None:
        """Poll `ready` until it is true; raises StartError when the child ends first or time is up."""
        deadline = time.monotonic() + seconds
        while not ready():
            if self.ended() is not None:
                raise StartError(f"{self.name} ended with status {self.ended()}:\n{self.last_lines()}")
            if time.monotonic() > deadline:
                raise StartError(f"{self.name} was not ready after {seconds:.0f} s:\n{self.last_lines()}")
            time.sleep(0.02)

    def wait_for_success(self, seconds: float) -> None:
        """Wait until the child ends with status 0; raises StartError otherwise."""
        deadline = time.monotonic() + seconds
        while self.ended() is None:
            if time.monotonic() > deadline:
                raise StartError(f"{self.name} did not end within {seconds:.0f} s:\n{self.last_lines()}")
            time.sleep(0.02)
        if self.ended() != 0:
            raise StartError(f"{self.name} ended with status {self.ended()}:\n{self.last_lines()}")
