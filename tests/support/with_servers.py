"""Run a command on a PostgreSQL and a Redis installed on this machine, started for it and ended with it.

python -m tests.support.with_servers /usr/lib/postgresql/15/bin /usr/bin/redis-server pytest tests/tickets
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from opsportal.demo.postgres import Postgres, make_cluster
from opsportal.demo.valkey import Valkey


def main(postgres: Path, redis: Path, command: list[str]) -> int:
    """The command's exit status."""
    folder = Path(tempfile.mkdtemp(prefix="opsportal-", dir="/tmp"))
    folder.chmod(0o711)
    make_cluster(folder / "postgres", postgres)
    database = Postgres(folder / "postgres", folder / "sockets", folder / "pg.log", durable=False, binaries=postgres)
    broker = Valkey(folder / "redis", folder / "redis.log", executable=redis)
    try:
        database.start()
        broker.start()
        urls = {"OPSPORTAL_TEST_DATABASE_URL": database.url(), "OPSPORTAL_TEST_REDIS_URL": broker.url()}
        return subprocess.run(command, env={**os.environ, **urls}, check=False).returncode
    finally:
        broker.stop()
        database.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]))
