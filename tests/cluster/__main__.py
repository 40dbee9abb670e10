"""A real Kubernetes for the tests, by hand or for one run: python -m tests.cluster build|up|down|run|cached

run     build, start, run the contract suite and the release story against it (or the pytest arguments given), stop;
        REAL_NODE=1 runs the suite before that against a cluster with one real node (root, Debian's containerd and runc)
up      build, start, leave it running, print what to source; down stops it and deletes its folder
cached  whether run would have nothing to build (exit status)
Must not: leave a process behind `run`, or call skipped what it did not run.
"""

from __future__ import annotations

import argparse
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from apps.sandbox.images import Registry
from apps.sandbox.registry.server import RegistryServer
from opsportal.demo.process import StartError
from tests.cluster.binary import CannotBuildError, build, kept
from tests.cluster.cluster import READY_SECONDS, Known, RealCluster
from tests.cluster.node_images import push
from tests.cluster.outcome import NEED_A_NODE, NEED_NOTHING, judge
from tests.cluster.real_node import RealNodeCluster, missing
from tests.support.servers import serving

CHECKOUT = Path(__file__).parents[2]
SUITE = ["tests/contracts", "tests/cluster", "-k", "kubernetes or cluster"]
NODE_SUITE = ["tests/contracts", "tests/cluster/test_node.py", "-k", "kubernetes and real or test_node"]
ENV = "OPSPORTAL_CONTRACT_KUBERNETES_"
PID = "holder.pid"


def environment(known: Known) -> dict[str, str]:
    """What the contract suite and the story are told of the cluster."""
    return {
        f"{ENV}URL": known.url,
        f"{ENV}TOKEN": known.tokens["admin"],
        f"{ENV}CA": str(Path(known.folder) / "keys" / "ca.crt"),
        f"{ENV}READER": known.tokens["reader"],
        f"{ENV}NODES": "real" if known.images else "fake",
        **({f"{ENV}IMAGES": ",".join(known.images)} if known.images else {}),
        "OPSPORTAL_CLUSTER_FOLDER": known.folder,
    }


@contextmanager
def running(cluster: RealCluster) -> Iterator[Known]:
    """A started cluster for the length of the block; its folder goes with it."""
    began = time.monotonic()
    try:
        known = cluster.start()
        print(f"A Kubernetes is up at {known.url} after {time.monotonic() - began:.1f} s.", flush=True)
        yield known
    finally:
        cluster.stop()
        shutil.rmtree(cluster.folder, ignore_errors=True)


@contextmanager
def with_real_node() -> Iterator[RealCluster]:
    """A cluster that is not started yet, with one real node and a registry for it."""
    why = missing()
    if why:
        raise CannotBuildError(why)
    binary, login = build(), ("node", secrets.token_hex(8))
    with serving(RegistryServer(None, user=login[0], password=login[1])) as server:
        images = push(Registry(server.url, *login))
        yield RealNodeCluster(binary, new_folder(), images, login)


def new_folder() -> Path:
    """A folder for one run. Short: a unix socket's path is bounded."""
    return Path(tempfile.mkdtemp(prefix="opsportal-k8s-", dir="/tmp"))


def run(arguments: list[str]) -> int:
    """The suite's exit status; 1 too when it asked the cluster less than it should have."""
    status = 0
    if os.environ.get("REAL_NODE"):
        with with_real_node() as cluster:
            status = run_on(cluster, arguments or NODE_SUITE, NEED_NOTHING)
        if arguments:
            return status
    return run_on(RealCluster(build(), new_folder()), arguments or SUITE, NEED_A_NODE) or status


def run_on(cluster: RealCluster, arguments: list[str], may_be_left: int) -> int:
    """pytest's exit status on a cluster of its own, or 1 when too many statements were left out."""
    with running(cluster) as known:
        report = Path(known.folder) / "report.json"
        env = {**os.environ, **environment(known), "OPSPORTAL_CONTRACT_REPORT": str(report)}
        command = [sys.executable, "-m", "pytest", *arguments]
        status = subprocess.run(command, cwd=CHECKOUT, env=env, check=False).returncode
        faults = [] if arguments not in (SUITE, NODE_SUITE) else judge(report, may_be_left)
    for fault in faults:
        print(f"FAILED {fault}", flush=True)
    return status or int(bool(faults))


def default_folder() -> Path:
    """Where `up` keeps its cluster."""
    return Path(tempfile.gettempdir()) / f"opsportal-cluster-{os.getuid()}"


def up(folder: Path) -> int:
    """Start a holder that outlives us, and say how to reach what it holds."""
    if (folder / Known.FILE).exists():
        print(f"There is a cluster in {folder} already: `python -m tests.cluster down` first.", file=sys.stderr)
        return 1
    build()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o711)
    with (folder / "holder.log").open("wb") as log:
        command = [sys.executable, "-m", "tests.cluster", "hold", "--folder", str(folder)]
        holder = subprocess.Popen(
            command, cwd=CHECKOUT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    deadline = time.monotonic() + READY_SECONDS
    while not (folder / Known.FILE).exists():
        if holder.poll() is not None or time.monotonic() > deadline:
            print((folder / "holder.log").read_text(), file=sys.stderr)
            return 1
        time.sleep(0.1)
    for name, value in environment(Known.load(folder)).items():
        print(f"export {name}='{value}'")
    print(f"export KUBECONFIG='{folder}/admin.kubeconfig'")
    return 0


def hold(folder: Path) -> int:
    """Run a cluster until TERM or INT."""
    cluster = RealCluster(build(), folder)
    (folder / PID).write_text(str(os.getpid()), encoding="ascii")
    try:
        cluster.start()
        signal.pause()
    except KeyboardInterrupt:
        pass
    finally:
        cluster.stop()
    return 0


def down(folder: Path) -> int:
    """End the holder and forget its cluster."""
    pid = folder / PID
    if not pid.exists():
        print(f"There is no cluster in {folder}.")
        return 0
    number = int(pid.read_text())
    command = Path(f"/proc/{number}/cmdline")
    if command.exists() and b"tests.cluster" in command.read_bytes():
        os.kill(number, signal.SIGTERM)
        deadline = time.monotonic() + 30
        while command.exists() and command.read_bytes() and time.monotonic() < deadline:
            time.sleep(0.1)
    shutil.rmtree(folder)
    return 0


def main(arguments: list[str]) -> int:
    """One command; a machine that cannot build it skips with one line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.cluster", allow_abbrev=False, description=__doc__.splitlines()[0] if __doc__ else ""
    )
    parser.add_argument("command", choices=["build", "up", "hold", "down", "run", "cached"])
    parser.add_argument("--folder", type=Path, default=default_folder())
    asked, rest = parser.parse_known_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that what was started is stopped
    try:
        if asked.command == "run":
            return run(rest)
        if asked.command == "cached":
            return 0 if kept().exists() else 1
        if asked.command == "build":
            print(build())
            return 0
        return {"up": up, "hold": hold, "down": down}[asked.command](asked.folder)
    except CannotBuildError as error:
        print(f"SKIPPED, not passed: {error}.")
        return 0
    except StartError as error:
        print(f"The cluster did not start: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
