"""`python -m tests.benchmarks.terminal.serve bare|portal|unrecorded|cluster`: one process of the benchmark.

It says where it listens as one line of JSON and ends when its standard input does, so with its parent, or after
MOST_SECONDS. Must not: listen on anything but the loopback.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import threading
from typing import Any

import uvicorn

APPLICATIONS = {
    "bare": "tests.benchmarks.terminal.bare:application",
    "portal": "opsportal.asgi:application",
    "unrecorded": "tests.benchmarks.terminal.unrecorded:application",
}
MOST_SECONDS = 1200
GRACE_SECONDS = 10.0


def say(**facts: Any) -> None:
    """One line for the parent."""
    print(json.dumps(facts), flush=True)


class Server(uvicorn.Server):
    """Tells its port once it listens."""

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        say(port=self.servers[0].sockets[0].getsockname()[1], pid=os.getpid())


async def _cluster() -> None:
    from tests.benchmarks.terminal.cluster import started

    server, stopped = await started(), asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    say(url=server.url, ca_pem=server.ca_pem, pid=os.getpid())
    await stopped.wait()
    await server.stop()


def _end_with_parent() -> None:
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(GRACE_SECONDS)
    os._exit(1)


def main(what: str) -> None:
    """Serve until the parent is gone."""
    signal.alarm(MOST_SECONDS)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if what == "cluster":
        asyncio.run(_cluster())
        return
    # As in production: no compression, the protocol implementation that the portal names (docs/operations.md).
    config = uvicorn.Config(
        APPLICATIONS[what],
        host="127.0.0.1",
        port=0,
        lifespan="off",
        log_config=None,
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=5,
    )
    Server(config).run()


if __name__ == "__main__":
    main(sys.argv[1])
