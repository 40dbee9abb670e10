"""A Valkey for one pytest process: the wheel's own, or the Redis that OPSPORTAL_TEST_REDIS_URL names."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from opsportal.demo.valkey import Valkey

GIVEN = "OPSPORTAL_TEST_REDIS_URL"


@contextmanager
def broker_server(folder: Path, worker: int = 0) -> Iterator[str]:
    """The URL of a running server. On a shared one each xdist worker has a database number of its own."""
    if os.environ.get(GIVEN):
        yield numbered(os.environ[GIVEN], worker)
        return
    server = Valkey(folder / "valkey", folder / "valkey.log")
    server.start()
    try:
        yield server.url()
    finally:
        server.stop()


def numbered(url: str, number: int) -> str:
    """The same server, another database: `/3` in a redis:// URL, `?db=3` in a unix:// one."""
    base = url.partition("?")[0]
    if base.startswith("unix:"):
        return f"{base}?db={number}"
    return urlunsplit(urlsplit(base)._replace(path=f"/{number}"))
