"""`manage.py demo` as a person uses it: start, a second start, a child that dies, kill -9, start again, Ctrl-C."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def until(true: Callable[[], bool], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Demo:
    """One data folder and port, and runs of the command on them."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port, self.output = folder, free_port(), folder.with_suffix(".out")
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("OPSPORTAL_", "DJANGO_"))}
        own = {"OPSPORTAL_DATA_DIR": str(folder), "OPSPORTAL_PORT": str(self.port)}
        self.env = {**clean, **own, "OPSPORTAL_DEMO_BUILD_SECONDS": "0.2"}

    def command(self, *flags: str) -> subprocess.Popen[str]:
        with self.output.open("w") as output:
            asked = [sys.executable, "manage.py", "demo", *flags]
            return subprocess.Popen(
                asked, env=self.env, cwd=CHECKOUT, stdout=output, stderr=subprocess.STDOUT, text=True
            )

    @contextmanager
    def running(self) -> Iterator[subprocess.Popen[str]]:
        process = self.command()
        try:
            until(lambda: "opsportal is up" in self.said() or process.poll() is not None, 200, self.said())
            assert process.poll() is None, self.said()
            yield process
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait(30)

    def refusal(self, *flags: str) -> str:
        asked = [sys.executable, "manage.py", "demo", *flags]
        done = subprocess.run(asked, env=self.env, cwd=CHECKOUT, capture_output=True, text=True, check=False)
        assert done.returncode == 1
        return done.stderr.strip()

    def said(self) -> str:
        return self.output.read_text()

    def get(self, path: str) -> int:
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            client.request("GET", path)
            return client.getresponse().status
        except OSError:
            return 0
        finally:
            client.close()

    def processes(self) -> set[int]:
        """Processes that name our folder in their command line, environment or working folder; the dead do not count."""
        mark = str(self.folder).encode()
        found = set()
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with suppress(OSError):
                    text = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
                    if mark in text + os.fsencode(os.readlink(entry / "cwd")):
                        found.add(int(entry.name))
        return found

    def process_of(self, words: str) -> int:
        """The one process (not its keeper) whose command line has these words."""
        for number in self.processes():
            line = Path(f"/proc/{number}/cmdline").read_bytes().replace(b"\0", b" ").decode()
            if words in line and "child.py" not in line:
                return number
        raise AssertionError(f"nothing runs {words}")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    if not Path("/proc/self/environ").exists():
        pytest.skip("looks for leftovers in /proc, which this system has not")
    return Demo(tmp_path_factory.mktemp("demo") / "data")


def test_a_running_demo_answers_guards_its_folder_and_restarts_what_dies_and_kill_leaves_nothing(demo: Demo) -> None:
    with demo.running() as process:
        assert (demo.get("/readyz"), demo.get("/healthz"), demo.get("/api/"), demo.get("/api/schema")) == (200,) * 4
        busy = f"CommandError: The demo in {demo.folder} is running already (process {process.pid})."
        assert demo.refusal() == busy
        assert demo.refusal("--reset") == busy

        os.kill(demo.process_of("-m uvicorn"), signal.SIGKILL)
        until(lambda: "web ended with status 137; it starts again in 1 s" in demo.said(), 10, demo.said())
        until(lambda: demo.get("/readyz") == 200, 30, "web did not come back")

        assert len(demo.processes()) > 10
        process.kill()
        process.wait()
        until(lambda: demo.processes() == set(), 15, "processes were left behind")
    assert demo.get("/healthz") == 0


def test_it_goes_on_after_a_kill_and_ctrl_c_stops_it_in_order_within_ten_seconds(demo: Demo) -> None:
    with demo.running() as process:
        assert demo.get("/readyz") == 200
        asked_at = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
        assert time.monotonic() - asked_at < 10
    assert demo.said().endswith("Stopping.\n")
    assert demo.processes() == set()
    assert not (demo.folder / "run").exists()
    log = (demo.folder / "logs" / "postgres.log").read_text()
    assert re.search(r"database system is shut down\s*$", log)


def test_a_port_in_use_is_said_in_one_sentence(demo: Demo) -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", demo.port))
        taken.listen()
        expected = f"CommandError: Port {demo.port} is not free: set OPSPORTAL_PORT to another one."
        assert demo.refusal() == expected


def test_a_reset_deletes_everything_the_demo_made(demo: Demo) -> None:
    process = demo.command("--reset")
    assert process.wait(30) == 0, demo.said()
    assert demo.said() == f"Deleted {demo.folder}.\n"
    assert not demo.folder.exists()
