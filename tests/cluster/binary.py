"""The cluster's one binary: built from Go modules once and kept outside the tree, under a name made of its sources.

OPSPORTAL_CLUSTER_BINARY names a finished one; OPSPORTAL_CLUSTER_CACHE another folder than
$XDG_CACHE_HOME/opsportal/cluster. Must not: build twice at once, or say that something was built which was not.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SOURCES = Path(__file__).parent / "rig"
OLDEST_GO = (1, 24)
KUBERNETES = "1.33.13"
_VERSION = "k8s.io/component-base/version"


class CannotBuildError(Exception):
    """What the cluster needs is not on this machine; the message says what, as half a sentence."""


def cache_folder() -> Path:
    """Where built binaries are kept."""
    if given := os.environ.get("OPSPORTAL_CLUSTER_CACHE"):
        return Path(given)
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "opsportal" / "cluster"


def source_hash(folder: Path = SOURCES) -> str:
    """Changes with every byte of the Go sources, of go.mod and of go.sum."""
    found = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        if path.suffix in (".go", ".mod", ".sum"):
            found.update(f"{path.name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\0".encode())
    return found.hexdigest()[:16]


def kept() -> Path:
    """Where the binary of these sources is, or will be."""
    if given := os.environ.get("OPSPORTAL_CLUSTER_BINARY"):
        return Path(given)
    return cache_folder() / f"rig-{source_hash()}"


def find_go() -> str:
    """The Go to build with; raises CannotBuildError with what is missing."""
    go = shutil.which("go") or shutil.which("go", path="/usr/local/go/bin")
    if go is None:
        raise CannotBuildError("there is no Go on this machine to build a Kubernetes with")
    said = subprocess.run([go, "env", "GOVERSION"], capture_output=True, text=True, check=True, env=_environment())
    found = re.match(r"go(\d+)\.(\d+)", said.stdout)
    if found is None or (int(found[1]), int(found[2])) < OLDEST_GO:
        oldest = ".".join(map(str, OLDEST_GO))
        raise CannotBuildError(f"{go} is {said.stdout.strip() or 'unknown'}, and Go {oldest} is needed")
    return go


def build() -> Path:
    """The binary, built first when it is not kept: ten minutes and 4 GB of Go's own caches the first time."""
    binary = kept()
    if os.access(binary, os.X_OK):
        return binary
    go = find_go()
    with _alone(binary.parent):
        if not os.access(binary, os.X_OK):
            print(
                f"Building Kubernetes {KUBERNETES} from Go modules into {binary}; the first time takes minutes.",
                flush=True,
            )
            began = time.monotonic()
            draft = binary.with_suffix(".new")
            subprocess.run(
                [go, "build", "-trimpath", "-o", draft, "-ldflags", _link_flags(), "."],
                cwd=SOURCES,
                check=True,
                env=_environment(),
            )
            draft.replace(binary)
            _forget_others(binary)
            print(f"Built in {time.monotonic() - began:.0f} s.", flush=True)
    return binary


def _link_flags() -> str:
    major, minor, _ = KUBERNETES.split(".")
    values = {"gitVersion": f"v{KUBERNETES}", "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
    values |= {"gitCommit": "unknown", "buildDate": "1970-01-01T00:00:00Z"}
    return " ".join(["-s", "-w", *(f"-X {_VERSION}.{name}={value}" for name, value in values.items())])


def _environment() -> dict[str, str]:
    return {**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOWORK": "off"}


def _forget_others(binary: Path) -> None:
    for path in binary.parent.glob("rig-*"):
        if path != binary:
            path.unlink()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
