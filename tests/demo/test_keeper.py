"""The keeper of a child: it ends the child with the pipe, with a TERM, and never leaves anything behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from opsportal.demo.process import KEEPER, Child, StartError

STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
)
WITH_GRANDCHILD = (
    "import subprocess, sys, time\n"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
    "print(child.pid, flush=True)\n"
    "time.sleep(600)\n"
)


def python(script: str) -> list[str]:
    return [sys.executable, "-I", "-S", "-c", script]


def is_alive(process: int) -> bool:
    """Whether the process runs; one that has ended but was not reaped by its new parent counts as ended."""
    try:
        os.kill(process, 0)
        status = Path(f"/proc/{process}/stat")
        return not (status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z")
    except (ProcessLookupError, FileNotFoundError):
        return False


def until(true: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def test_closing_the_pipe_ends_the_child_by_its_own_signal(tmp_path: Path) -> None:
    script = (
        "import signal, sys, time\nsignal.signal(signal.SIGINT, lambda *_: (print('bye', flush=True), sys.exit(0)))"
    )
    child = Child("it", python(f"{script}\nprint('up', flush=True)\ntime.sleep(600)"), tmp_path / "it.log")
    child.stop_signal = signal.SIGINT
    child.start()
    child.wait_until(lambda: child.last_lines() == "up", 10)
    child.stop()
    assert child.ended() == 0
    assert (tmp_path / "it.log").read_text() == "up\nbye\n"


def test_a_child_that_ignores_its_signal_is_killed_after_the_grace_period(tmp_path: Path) -> None:
    child = Child("it", python(STUBBORN), tmp_path / "it.log", grace=0.2)
    child.start()
    child.wait_until(lambda: child.last_lines() == "up", 10)
    child.stop()
    assert child.ended() == 128 + signal.SIGKILL


def test_a_killed_parent_leaves_neither_child_nor_grandchild(tmp_path: Path) -> None:
    parent = (
        "import sys, time; from pathlib import Path; from opsportal.demo.process import Child\n"
        f"child = Child('it', {python(WITH_GRANDCHILD)!r}, Path({str(tmp_path / 'it.log')!r})); child.start()\n"
        "print(child.process.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    keeper = int(process.stdout.readline())
    log = tmp_path / "it.log"
    until(lambda: log.exists() and log.read_text().endswith("\n"))
    grandchild = int(log.read_text())
    assert is_alive(keeper)
    assert is_alive(grandchild)
    process.kill()
    process.communicate()
    until(lambda: not is_alive(keeper) and not is_alive(grandchild))


def test_a_child_that_ends_tells_its_status_and_its_last_words(tmp_path: Path) -> None:
    child = Child("it", python("import sys; print('no such thing'); sys.exit(3)"), tmp_path / "it.log")
    child.start()
    with pytest.raises(StartError) as refusal:
        child.wait_until(lambda: False, 10)
    assert str(refusal.value) == "it ended with status 3:\nno such thing"
    child.stop()


def test_a_command_that_does_not_exist_ends_with_127(tmp_path: Path) -> None:
    child = Child("it", ["/nowhere/at-all"], tmp_path / "it.log")
    child.start()
    with pytest.raises(StartError) as refusal:
        child.wait_for_success(10)
    assert str(refusal.value) == "it ended with status 127:\n/nowhere/at-all: No such file or directory"
    child.stop()


def test_the_keeper_needs_the_standard_library_only() -> None:
    reader, writer = os.pipe()
    asked = [sys.executable, "-I", "-S", str(KEEPER), str(reader), "15", "1", "", "--", "/bin/echo", "hello"]
    done = subprocess.run(asked, capture_output=True, text=True, check=True, pass_fds=(reader,))
    os.close(reader)
    os.close(writer)
    assert done.stdout == "hello\n"
