"""A real registry of either edition, started on a free loopback port over a folder of its own, and stopped again.

Debian's docker-registry (2.8) is found as `docker-registry`, distribution 3.x as `registry` (`go install
github.com/distribution/distribution/v3/cmd/registry@v3.1.2`); OPSPORTAL_CONTRACT_REGISTRY_2_8 and _3 name others.
Must not: touch the package's own configuration, which listens on all addresses.
"""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from apps.sandbox.registry.editions import Edition

_NAMES = {Edition.V2_8: "docker-registry", Edition.V3: "registry"}
_VARIABLES = {Edition.V2_8: "OPSPORTAL_CONTRACT_REGISTRY_2_8", Edition.V3: "OPSPORTAL_CONTRACT_REGISTRY_3"}
START_SECONDS = 20.0

USER, PASSWORD = "ci", "s3cret"
# `ci:s3cret` by bcrypt, the only kind a registry takes; a test's password, known to everybody.
HTPASSWD = "ci:$2b$04$MLMmCyr.H9NwDaoaTs9sxuR1zdzaCoiH.5JxzLFyw21YWyZX/URz6\n"
CONFIGURATION = """\
version: 0.1
log: {{level: error, accesslog: {{disabled: true}}}}
storage: {{filesystem: {{rootdirectory: '{folder}/data'}}, delete: {{enabled: true}}}}
http: {{addr: '127.0.0.1:{port}', secret: contract}}
auth: {auth}
"""


class NoRegistryError(Exception):
    """Why there is no real registry of this edition here."""


def find_binary(edition: Edition) -> str:
    """The registry's program; raises NoRegistryError when there is none, or when it is of the other edition."""
    found = os.environ.get(_VARIABLES[edition]) or shutil.which(_NAMES[edition])
    if not found:
        raise NoRegistryError(f"{_NAMES[edition]} ({edition.value}) is not installed: no real registry to ask")
    told = subprocess.run([found, "--version"], capture_output=True, text=True, timeout=20, check=True).stdout
    version = told.split()[-1].removeprefix("v")
    if not version.startswith(edition.value):
        raise NoRegistryError(f"{found} is {version}, not {edition.value}: no real registry to ask")
    return found


def by_password(folder: Path) -> str:
    """The `auth` of a registry with one user."""
    (folder / "htpasswd").write_text(HTPASSWD)
    return f"{{htpasswd: {{realm: registry, path: '{folder}/htpasswd'}}}}"


def by_token(folder: Path, realm: str, service: str, issuer: str, certificate_pem: str) -> str:
    """The `auth` of a registry that trusts a token service."""
    (folder / "root.crt").write_text(certificate_pem)
    bundle = f"rootcertbundle: '{folder}/root.crt'"
    return f"{{token: {{realm: '{realm}', service: '{service}', issuer: '{issuer}', {bundle}}}}}"


@contextmanager
def running(binary: str, folder: Path, auth: str) -> Iterator[str]:
    """Start it, hand out its address once it answers, stop it."""
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        port = int(chosen.getsockname()[1])
    (folder / "conf.yml").write_text(CONFIGURATION.format(folder=folder, port=port, auth=auth))
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "OTEL_TRACES_EXPORTER": "none"}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [binary, "serve", str(folder / "conf.yml")], env=environment, stdout=log, stderr=log, cwd=folder
        )
        try:
            _await_answer(process, port, folder / "log")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)


def _await_answer(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/v2/")
            connection.getresponse().read()
            return
        except OSError:
            time.sleep(0.02)
        finally:
            connection.close()
    raise RuntimeError(f"the registry does not answer: {log.read_text(errors='replace')[-2000:]}")
