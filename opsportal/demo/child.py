"""A keeper for one child process: ends it, and its group, once the parent's pipe closes or a TERM arrives.

Run by path (`python -I child.py FD SIGNAL GRACE USER -- COMMAND…`), so it starts in a few milliseconds: standard
library only, no Django. Must not: die before its child, or outlive it. Its own exit status is the child's.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import time


def _wake_on_signals() -> int:
    """A descriptor that becomes readable on CHLD, TERM and INT: one select watches everything, without threads."""
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    return reader


def _signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def _wait_for_end(process: subprocess.Popen[bytes], pipe: int, wake: int) -> bool:
    """Block until the child has ended (False) or has to be ended (True)."""
    while process.poll() is None:
        ready, _, _ = select.select([pipe, wake], [], [])
        if pipe in ready:
            return True
        if set(os.read(wake, 512)) & {signal.SIGTERM, signal.SIGINT}:
            return True
    return False


def _end(process: subprocess.Popen[bytes], number: int, grace: float) -> None:
    """Ask the child itself to stop; after the grace period take the whole group."""
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(number)
    deadline = time.monotonic() + grace
    while process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    if process.poll() is None:
        _signal_group(process, signal.SIGKILL)
        process.wait()


def main(arguments: list[str]) -> int:
    """Start the command after `--` and keep it."""
    options, command = arguments[: arguments.index("--")], arguments[arguments.index("--") + 1 :]
    pipe, number, grace, user = int(options[0]), int(options[1]), float(options[2]), options[3]
    wake = _wake_on_signals()
    try:
        process = subprocess.Popen(  # noqa: S603 — the supervisor names the command
            command,
            stdin=subprocess.DEVNULL,
            process_group=0,
            user=user or None,
            group=_group_of(user),
            extra_groups=[] if user else None,
        )
    except OSError as error:
        sys.stderr.write(f"{command[0]}: {error.strerror}\n")
        return 127
    if _wait_for_end(process, pipe, wake):
        _end(process, number, grace)
    _signal_group(process, signal.SIGKILL)
    return process.returncode if process.returncode >= 0 else 128 - process.returncode


def _group_of(user: str) -> int | None:
    if not user:
        return None
    import pwd

    return pwd.getpwnam(user).pw_gid


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
