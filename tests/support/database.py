"""A PostgreSQL for one pytest process: the wheel's own, or the one that OPSPORTAL_TEST_DATABASE_URL names."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from opsportal.demo.postgres import Postgres, copy_of_template

GIVEN = "OPSPORTAL_TEST_DATABASE_URL"


@contextmanager
def database_server(folder: Path) -> Iterator[str]:
    """The URL of a running server; ours keeps its files in `folder`, does not sync, and ends with the block."""
    if os.environ.get(GIVEN):
        yield os.environ[GIVEN]
        return
    data = folder / "postgres"
    copy_of_template(data)
    server = Postgres(data, folder / "sockets", folder / "postgres.log", durable=False)
    server.start()
    try:
        yield server.url()
    finally:
        server.stop()


def process_environment(redis_url: str) -> dict[str, str]:
    """The environment of a process of ours (worker, web) that is to work on this test's database and broker."""
    given = settings.DATABASES["default"]
    url = f"postgresql://{given['USER']}:{given['PASSWORD']}@/{given['NAME']}?host={given['HOST']}"
    if given["PORT"]:
        url += f"&port={given['PORT']}"
    ours = {"OPSPORTAL_DATABASE_URL": url, "OPSPORTAL_REDIS_URL": redis_url}
    return {**os.environ, **ours, "DJANGO_SETTINGS_MODULE": "opsportal.settings.test"}
