"""The demo's data folder: one owner at a time, short sockets, and a reset that deletes what the demo made only."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from opsportal.demo.folder import LONGEST_SOCKET, DataFolder
from opsportal.demo.process import Child, StartError
from opsportal.demo.report import report


def test_a_second_demo_on_the_same_folder_is_refused_in_one_sentence(tmp_path: Path) -> None:
    DataFolder(tmp_path).lock()
    with pytest.raises(StartError) as refusal:
        DataFolder(tmp_path).lock()
    assert str(refusal.value) == f"The demo in {tmp_path} is running already (process {os.getpid()})."


def test_the_folder_stays_locked_until_the_last_keeper_has_ended(tmp_path: Path) -> None:
    script = (
        "import os, sys, signal; from pathlib import Path; from opsportal.demo.folder import DataFolder\n"
        "from opsportal.demo.process import Child\n"
        f"folder = DataFolder(Path({str(tmp_path)!r})); folder.lock()\n"
        "stubborn = 'import signal, time; signal.signal(15, signal.SIG_IGN); print(1, flush=True); time.sleep(600)'\n"
        "child = Child('it', [sys.executable, '-c', stubborn], folder.logs / 'it.log', keep=(folder.lock_fd,), grace=1)\n"
        "child.start(); child.wait_until(lambda: child.last_lines() == '1', 10)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=False)
    folder = DataFolder(tmp_path)
    folder.lock()  # waits for the keeper, which gives its child a second
    assert (tmp_path / "lock").read_text() == str(os.getpid())


def test_socket_paths_stay_short_in_a_deep_folder(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / ("deep" * 30))
    folder.root.mkdir(parents=True)
    sockets = folder.make_sockets()
    assert len(str(sockets / "postgres" / LONGEST_SOCKET)) < 104
    again = folder.make_sockets()
    assert not sockets.exists()
    folder.remove_sockets()
    assert not again.exists()


def test_the_environment_file_is_for_its_owner_only(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    folder.write_environment({"OPSPORTAL_PORT": "8000"})
    assert folder.environment.read_text() == "export OPSPORTAL_PORT='8000'\n"
    assert stat.S_IMODE(folder.environment.stat().st_mode) == 0o600


def test_a_reset_deletes_what_the_demo_made_and_nothing_else(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    folder.lock()
    database = folder.database
    for made in (database, folder.sandbox, folder.logs):
        made.mkdir()
    (tmp_path / "secret-key").write_text("x")
    (tmp_path / "mine.txt").write_text("kept")
    folder.remove()
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    assert not database.exists()


def test_a_log_that_has_grown_large_is_rolled_at_the_next_start(tmp_path: Path) -> None:
    log = tmp_path / "it.log"
    log.write_bytes(b"x" * (8 * 1024 * 1024 + 1))
    child = Child("it", ["/bin/echo", "new"], log)
    child.start()
    child.wait_for_success(10)
    child.stop()
    assert log.read_text() == "new\n"
    assert (tmp_path / "it.log.1").stat().st_size == 8 * 1024 * 1024 + 1


@pytest.mark.parametrize(
    ("has_pages", "first"),
    [
        (True, "opsportal is up: http://127.0.0.1:8123/"),
        (False, "opsportal is up: http://127.0.0.1:8123/api/ (the API alone: no pages are built)"),
    ],
)
def test_the_report_names_the_address_for_the_browser(tmp_path: Path, has_pages: bool, first: str) -> None:
    lines = report(DataFolder(tmp_path), 8123, has_pages=has_pages).splitlines()
    assert lines[:2] == ["", first]
    assert ("  API              http://127.0.0.1:8123/api/" in lines) is has_pages
