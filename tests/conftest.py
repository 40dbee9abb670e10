"""The servers behind every test: one PostgreSQL and one Valkey per pytest process, started when first asked for.

pytest-django has read the settings before this file is imported, so the addresses are written into them, before
any connection is opened. Must not: leave a process or a folder behind.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from pydantic import SecretStr

from opsportal.config import database
from opsportal.settings.base import from_config
from tests.support.broker import broker_server
from tests.support.database import database_server, process_environment


def worker_number() -> int:
    """0 without xdist; else the number of this xdist worker."""
    return int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))


@pytest.fixture(scope="session")
def server_folder() -> Iterator[Path]:
    """A short folder (unix socket paths are bounded) that the unprivileged server user can pass through."""
    folder = Path(tempfile.mkdtemp(prefix="opsportal-", dir="/tmp"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def redis_url(server_folder: Path) -> Iterator[str]:
    """The broker's address; settings and environment name it too."""
    with broker_server(server_folder, worker_number()) as url:
        os.environ["OPSPORTAL_REDIS_URL"] = url
        settings.CONFIG.redis_url = SecretStr(url)
        made = from_config(settings.CONFIG, "postgresql:///unused", url)
        settings.CELERY.update(made["CELERY"])
        settings.CHANNEL_LAYERS["default"].update(made["CHANNEL_LAYERS"]["default"])
        settings.CHANNEL_LAYERS["default"]["CONFIG"]["prefix"] = f"opsportal-{worker_number()}"
        yield url


@pytest.fixture(scope="session")
def database_url(server_folder: Path) -> Iterator[str]:
    """The database server's address (with the name of the database that tests are not run in)."""
    with database_server(server_folder) as url:
        os.environ["OPSPORTAL_DATABASE_URL"] = url
        settings.CONFIG.database_url = SecretStr(url)
        settings.DATABASES["default"].update(database(url, settings.CONFIG.database_pool))
        # Fifty requests at once wait for one another here; that a request is refused after four seconds has tests of
        # its own, in processes of their own.
        settings.DATABASES["default"]["OPTIONS"].get("pool", {})["timeout"] = 60
        yield url


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, database_url: str, redis_url: str
) -> None:
    """pytest-django asks for this before it creates the test database: both servers are up from here on."""


@pytest.fixture
def process_env(transactional_db: None, redis_url: str) -> Callable[..., dict[str, str]]:
    """The environment of a process of ours (worker, web) that is to work on this test's database and broker."""

    def make(**more: str) -> dict[str, str]:
        return {**process_environment(redis_url), **more}

    return make
