"""The demo as it is handed over: seeded, walked through by the smoke story, seeded again, and caught when it differs."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.sandbox.world import World
from tests.demo.test_demo import CHECKOUT, Demo

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
ROLES = ["admin", "developer", "tester", "ops", "ops2", "owner"]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    made = Demo(tmp_path_factory.mktemp("story") / "data")
    made.env |= {
        "OPSPORTAL_DEMO_BUILD_SECONDS": "3",  # long enough for its log to grow
        "OPSPORTAL_GOOD_AFTER_SECONDS": "0.5",
        "OPSPORTAL_SMOKE_SECONDS": "90",
    }
    with made.running():
        yield made


def run(demo: Demo, *command: str, seconds: float = 240) -> subprocess.CompletedProcess[str]:
    asked = [sys.executable, *command]
    return subprocess.run(
        asked, env=demo.env, cwd=CHECKOUT, capture_output=True, text=True, timeout=seconds, check=False
    )


def manage(demo: Demo, command: str) -> str:
    """The output of a management command, run as somebody does who sourced demo.env."""
    script = f". '{demo.folder}/demo.env' && exec '{sys.executable}' manage.py {command}"
    done = subprocess.run(
        ["sh", "-c", script], env=demo.env, cwd=CHECKOUT, capture_output=True, text=True, timeout=120, check=True
    )
    return done.stdout


def test_the_demo_prints_address_accounts_by_role_kubeconfigs_and_clone_urls(demo: Demo) -> None:
    said, kept = demo.said(), json.loads((demo.folder / "accounts.json").read_text())
    assert stat.S_IMODE(os.stat(demo.folder / "accounts.json").st_mode) == 0o600
    assert [account["username"] for account in kept["accounts"]] == ROLES
    for account in kept["accounts"]:
        assert f"  {account['username']:<16} {account['password']}" in said
    assert f"opsportal is up: http://127.0.0.1:{demo.port}/" in said
    for cluster in ("test-1", "dc1", "dc2"):
        assert f"{demo.folder}/sandbox/kubeconfig-{cluster}.yaml" in said
    world = World.load(str(demo.folder / "sandbox"))
    assert world is not None
    assert f"git clone        {world.gitlab_url}/shop/book-api-n1.git" in said


def test_the_smoke_story_passes_and_prints_each_step_with_its_duration(demo: Demo) -> None:
    done = run(demo, "-m", "tests.smoke")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert all(line.startswith("ok ") and " s  " in line for line in lines[:-1])
    assert lines[-1].startswith("The whole story in ")
    assert len(lines) > 30


def test_seeding_again_makes_nothing(demo: Demo) -> None:
    assert manage(demo, "seed_demo") == "0 Deployments applied\n"


def test_the_smoke_story_ends_with_a_sentence_when_a_cluster_refuses(demo: Demo) -> None:
    world = World.load(str(demo.folder / "sandbox"))
    assert world is not None
    admin_port = next(spec.address.admin_port for spec in world.clusters if spec.name == "test-1")
    fault = {"kind": "deployments.patch", "action": "status", "status": 403, "times": -1, "body": "no"}
    request = urllib.request.Request(
        f"http://127.0.0.1:{admin_port}/faults",
        json.dumps(fault).encode(),
        {"Content-Type": "application/json"},
    )
    urllib.request.urlopen(request, timeout=10).close()
    done = run(demo, "-m", "tests.smoke")
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1].startswith("FAIL")
    assert done.stderr.startswith("The smoke story ends here: Ticket #")
    assert "patch_image test-1/book-api-n1 failed" in done.stderr


def test_the_smoke_story_says_in_one_sentence_that_no_demo_runs(tmp_path: Path, demo: Demo) -> None:
    env = {**demo.env, "OPSPORTAL_DATA_DIR": str(tmp_path)}
    asked = [sys.executable, "-m", "tests.smoke"]
    done = subprocess.run(asked, env=env, cwd=CHECKOUT, capture_output=True, text=True, timeout=60, check=False)
    expected = f"There is no {tmp_path}/accounts.json: start the demo with `make demo`, or set OPSPORTAL_DATA_DIR."
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"The smoke story ends here: {expected}\n"
