"""The data folder of the demo: what lies where in it, and the lock that says whose it is.

Every keeper inherits the lock, so it is free only when the supervisor *and* its last child are gone, however they
ended. Must not: start anything.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from opsportal.demo.process import StartError
from opsportal.demo.unprivileged import SOCKET_PATH_MAX, can_reach, reachable_home

LONGEST_SOCKET = ".s.PGSQL.5432.lock"
ENDING_SECONDS = 15
KEYS = ("secret-key", "field-key")


class DataFolder:
    """`.data`: postgres/ sandbox/ logs/ run/ (sockets), demo.env, lock and the keys of `settings.dev`."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        self.logs = self.root / "logs"
        self.sandbox = self.root / "sandbox"
        self.accounts = self.root / "accounts.json"
        self.environment = self.root / "demo.env"
        self._lock: int | None = None
        self._sockets_note = self.root / "sockets"

    @property
    def database(self) -> Path:
        """The PostgreSQL cluster; elsewhere when its unprivileged user cannot reach this folder."""
        return reachable_home(self.root / "postgres")

    @property
    def lock_fd(self) -> int:
        """The descriptor that keepers inherit."""
        if self._lock is None:
            raise RuntimeError("the folder is not locked")
        return self._lock

    def lock(self) -> None:
        """Take the folder, or say in one sentence who has it."""
        self.root.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.root / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        deadline = time.monotonic() + ENDING_SECONDS
        while not _try_lock(descriptor):
            holder = _holder(descriptor)
            if holder and _is_alive(holder):
                raise StartError(f"The demo in {self.root} is running already (process {holder}).")
            if time.monotonic() > deadline:
                raise StartError(f"Children of an earlier demo in {self.root} have not ended yet; try again.")
            time.sleep(0.1)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        self._lock = descriptor

    def make_sockets(self) -> Path:
        """A fresh folder for unix sockets: short, and reachable for PostgreSQL's user. Removes the one before."""
        self.remove_sockets()
        folder = self.root / "run"
        too_long = len(str(folder / "postgres" / LONGEST_SOCKET)) > SOCKET_PATH_MAX
        if too_long or not can_reach(folder / "any"):
            folder = Path(tempfile.mkdtemp(prefix="opsportal-", dir="/tmp"))
            self._sockets_note.write_text(str(folder), encoding="utf-8")
        folder.mkdir(exist_ok=True)
        folder.chmod(0o711)
        return folder

    def remove_sockets(self) -> None:
        """Remove the socket folder of this or an earlier run."""
        shutil.rmtree(self.root / "run", ignore_errors=True)
        if self._sockets_note.exists():
            shutil.rmtree(self._sockets_note.read_text(encoding="utf-8"), ignore_errors=True)
            self._sockets_note.unlink()

    def write_environment(self, values: dict[str, str]) -> None:
        """What another shell sources to work on the running demo (mode 600)."""
        with suppress(FileNotFoundError):
            self.environment.unlink()
        descriptor = os.open(self.environment, os.O_WRONLY | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            out.writelines(f"export {name}='{value}'\n" for name, value in sorted(values.items()))

    def remove(self) -> None:
        """Delete what the demo made, and nothing else a person may keep here; the caller holds the lock."""
        self.remove_sockets()
        for tree in (self.database, self.sandbox, self.logs):
            shutil.rmtree(tree, ignore_errors=True)
        for path in (self.accounts, self.environment, *(self.root / name for name in KEYS), self.root / "lock"):
            path.unlink(missing_ok=True)
        for folder in (self.database.parent, self.root):
            with suppress(OSError):  # not empty: somebody's own files
                folder.rmdir()


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(descriptor: int) -> int:
    text = os.pread(descriptor, 20, 0).decode("ascii", "replace")
    return int(text) if text.isdigit() else 0


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
