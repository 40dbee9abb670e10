"""The migration to stages: every project of before is one that was admitted, and so is one of a process of before."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

BEFORE, AFTER = ("projects", "0004_migration_state"), ("projects", "0005_access")
MADE = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def empty_schema(db: None, settings: Any) -> Iterator[None]:
    """A PostgreSQL schema without tables, for the length of the test's transaction; migrations count in it, also when
    the tests' own tables were made without."""
    settings.MIGRATION_MODULES = {}
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA migrating")
        cursor.execute("SET LOCAL search_path TO migrating")
    yield
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL search_path TO DEFAULT")


def migrated(target: tuple[str, str]) -> Any:
    """The models as they are after a migration, which runs now."""
    return MigrationExecutor(connection).migrate([target]).apps


def add_project(models: Any, slug: str) -> None:
    """One on servers of its own, with the columns that its models know."""
    about = {"name": slug, "url": "http://127.0.0.1:1"}
    systems = {
        "gitlab": models.get_model("integrations", "GitLabServer").objects.create(**about),
        "jenkins": models.get_model("integrations", "JenkinsController").objects.create(**about),
        "registry": models.get_model("integrations", "Registry").objects.create(**about, host="127.0.0.1:1"),
    }
    said = {"name": slug, "language": "java", "gitlab_path": f"shop/{slug}", "image_repository": f"shop/{slug}"}
    models.get_model("projects", "Project").objects.create(slug=slug, created_at=MADE, **said, **systems)


def test_a_project_of_before_was_admitted_when_it_was_made(empty_schema: None) -> None:
    old = migrated(BEFORE)
    add_project(old, "of-before")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with a check to come is not altered
    new = migrated(AFTER)
    add_project(old, "of-a-process-of-before")  # it inserts what its models know, into the table of now
    projects = new.get_model("projects", "Project").objects
    before, process = projects.get(slug="of-before"), projects.get(slug="of-a-process-of-before")
    assert (before.created_at, before.admitted_at, before.withdrawn_at) == (MADE, MADE, None)
    assert process.admitted_at is not None
    for one in (before, process):
        assert (one.alarm_contacts, one.start_command, one.stop_command, one.callback) == ([], [], [], {})
        assert (one.deploy_path, one.log_path) == ("", "")
