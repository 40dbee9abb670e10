"""The controller without a cluster: what its binary is called, what it says without Go, what it finds wrong in a run."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cluster import binary, life
from tests.cluster.outcome import LEAST, judge
from tests.cluster.parts import Ports

CHECKOUT = Path(__file__).parents[2]


def test_the_binarys_name_changes_with_its_sources_and_with_nothing_else(tmp_path: Path) -> None:
    copy = tmp_path / "rig"
    shutil.copytree(binary.SOURCES, copy)
    assert binary.source_hash(copy) == binary.source_hash()
    (copy / "README").write_text("not a source")
    assert binary.source_hash(copy) == binary.source_hash()
    with (copy / "go.sum").open("a") as sums:
        sums.write("\n")
    assert binary.source_hash(copy) != binary.source_hash()


def test_a_machine_without_go_skips_in_one_line_that_does_not_say_passed_alone(tmp_path: Path) -> None:
    fake = tmp_path / "go"
    fake.write_text("#!/bin/sh\necho go1.20.1\n")
    fake.chmod(0o755)
    env = {**os.environ, "PATH": str(tmp_path), "OPSPORTAL_CLUSTER_CACHE": str(tmp_path / "cache")}
    for name in ("OPSPORTAL_CLUSTER_BINARY", "REAL_NODE"):  # of whoever runs this test
        env.pop(name, None)
    command = [sys.executable, "-m", "tests.cluster", "run"]
    done = subprocess.run(command, cwd=CHECKOUT, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"SKIPPED, not passed: {fake} is go1.20.1, and Go 1.24 is needed.\n"


def test_go_mod_names_no_registry_and_no_folder_of_a_machine() -> None:
    text = (binary.SOURCES / "go.mod").read_text()
    assert "://" not in text
    assert "=> /" not in text and "=> ." not in text


def alive(folder: Path) -> int:
    """How many processes name this folder."""
    found = 0
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            found += str(folder).encode() in path.read_bytes()
    return found


@pytest.mark.slow
@pytest.mark.skipif("OPSPORTAL_CLUSTER_FOLDER" not in os.environ, reason="starts a cluster (make test-cluster)")
def test_a_killed_controller_leaves_no_process_and_down_no_folder(tmp_path: Path) -> None:
    folder = tmp_path / "cluster"
    tests_cluster = [sys.executable, "-m", "tests.cluster"]
    options: dict[str, Any] = {"cwd": CHECKOUT, "capture_output": True, "timeout": 100, "check": True}
    subprocess.run([*tests_cluster, "up", "--folder", str(folder)], **options)
    assert alive(folder) > 6
    os.kill(int((folder / "holder.pid").read_text()), signal.SIGKILL)
    deadline = time.monotonic() + 30
    while alive(folder):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    subprocess.run([*tests_cluster, "down", "--folder", str(folder)], **options)
    assert not folder.exists()


def report(path: Path, held: int, left: int) -> Path:
    rows = [{"id": f"k.{n}", "source": "kubernetes.md §1", "here": "passed", "there": "passed"} for n in range(held)]
    rows += [{"id": f"s.{n}", "source": "kubernetes.md §1", "here": "passed", "there": "skipped"} for n in range(left)]
    rows += [{"id": "r.1", "source": "registry.md §1", "here": "passed"}]
    path.write_text(json.dumps({"rows": rows}))
    return path


def test_a_run_that_asked_the_cluster_nothing_fails(tmp_path: Path) -> None:
    assert judge(tmp_path / "none", 0) == ["no contract statement was asked at all"]
    assert judge(report(tmp_path / "good", LEAST, 1), 1) == []
    assert len(judge(report(tmp_path / "few", LEAST - 1, 0), 0)) == 1
    assert len(judge(report(tmp_path / "left", LEAST, 2), 1)) == 1


@pytest.mark.parametrize("name", ["create", "run", "unready", "pull", "crash", "oom", "delete"])
def test_each_stage_of_a_pods_life_is_there_once_and_kwok_listens_on_loopback(name: str) -> None:
    head, *stages = yaml.safe_load_all(life.configuration(Ports(1, 2, 3, 4, 5, 6, 7, 8)))
    assert head["options"]["serverAddress"] == "127.0.0.1:6"
    assert head["options"]["nodePort"] == 7
    assert [s["metadata"]["name"] for s in stages].count(name) == 1
