"""One company for all fault cells of a module, and a nursery of workers that can be killed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command

from apps.integrations.clients import forget_clients
from tests.faults.nursery import SPEEDS, Marks, Nursery
from tests.support.database import process_environment
from tests.support.sandbox import running_sandbox
from tests.support.story import Company, add_project, found_company

__all__ = ["SPEEDS", "Marks", "Nursery"]


@pytest.fixture
def _django_db_helper() -> None:
    """In place of pytest-django's: a module keeps its company from test to test, nothing is flushed between them."""


@pytest.fixture(scope="module")
def company(
    tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: Any
) -> Iterator[Company]:
    with (
        running_sandbox(tmp_path_factory, build_seconds=0.2, executors=8, pod_start_seconds=0.05) as sandbox,
        django_db_blocker.unblock(),
    ):
        made = found_company(sandbox)
        add_project(made, replicas=1)
        try:
            yield made
        finally:
            forget_clients()
            call_command("flush", interactive=False, verbosity=0)


@pytest.fixture(scope="module")
def nursery(company: Company, redis_url: str) -> Iterator[Nursery]:
    made = Nursery({**process_environment(redis_url), **SPEEDS})
    yield made
    made.close()
