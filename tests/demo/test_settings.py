"""What the settings modules make of the environment: production refuses what is missing, open or meant for a demo."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic_core import PydanticUndefined

from opsportal.config import POOL, SESSION, Config, database

CHECKOUT = Path(__file__).parents[2]
COMPLETE = {
    "OPSPORTAL_SECRET_KEY": "k" * 60,
    "OPSPORTAL_FIELD_KEYS": "c3R1ZGVudHN0dWRlbnRzdHVkZW50c3R1ZGVudHN0dWQ=",
    "OPSPORTAL_DATABASE_URL": "postgresql://u:p@db/opsportal",
    "OPSPORTAL_REDIS_URL": "redis://:secret@broker:6379/0",
    "OPSPORTAL_ALLOWED_HOSTS": "portal.example.org",
    "OPSPORTAL_ORIGINS": "https://portal.example.org",
}


def load(expression: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Import the production settings in a process of their own, far from any `.env`."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("OPSPORTAL_")}
    script = f"from opsportal.settings import env; print({expression})"
    return subprocess.run(
        [sys.executable, "-c", script],
        env={**clean, "PYTHONPATH": str(CHECKOUT), **environment},
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )


def refusal(**environment: str) -> str:
    done = load("1", **environment)
    assert done.returncode == 1
    return done.stderr.strip().splitlines()[-1].removeprefix("django.core.exceptions.ImproperlyConfigured: ")


def test_production_starts_with_a_complete_environment() -> None:
    done = load("env.DEBUG, env.SESSION_COOKIE_SECURE, env.SOCKET_ORIGINS", **COMPLETE, OPSPORTAL_DEBUG="true")
    assert (done.stdout, done.stderr) == ("False True ['https://portal.example.org']\n", "")


def test_production_names_every_missing_variable_in_one_sentence() -> None:
    given = {"OPSPORTAL_SECRET_KEY": "k" * 60, "OPSPORTAL_ORIGINS": "https://portal.example.org"}
    assert refusal(**given) == (
        "Set OPSPORTAL_FIELD_KEYS, OPSPORTAL_DATABASE_URL, OPSPORTAL_REDIS_URL, OPSPORTAL_ALLOWED_HOSTS: "
        "production does not start without them."
    )


@pytest.mark.parametrize("key", ["abc", "demo-" + "k" * 60, "insecure" + "k" * 60])
def test_production_refuses_a_short_or_a_demo_secret_key(key: str) -> None:
    said = refusal(**{**COMPLETE, "OPSPORTAL_SECRET_KEY": key})
    assert said == "OPSPORTAL_SECRET_KEY is short or a demo's: use at least 50 random characters."
    assert key not in said


def test_production_refuses_a_demo_field_key() -> None:
    said = refusal(**{**COMPLETE, "OPSPORTAL_FIELD_KEYS": "demo-key"})
    assert said == "OPSPORTAL_FIELD_KEYS is a demo's: generate keys with `manage.py field_key`."


@pytest.mark.parametrize("url", ["redis://broker:6379/0", "rediss://broker:6379/0", "redis://user@broker/0"])
def test_production_refuses_an_open_redis(url: str) -> None:
    said = refusal(**{**COMPLETE, "OPSPORTAL_REDIS_URL": url})
    assert said == "OPSPORTAL_REDIS_URL has no password: an open Redis is not accepted in production."


def test_production_has_neither_stand_ins_nor_the_demo_command() -> None:
    done = load("[app for app in env.INSTALLED_APPS if app in ('apps.sandbox', 'opsportal')]", **COMPLETE)
    assert done.stdout == "[]\n"


def test_a_database_url_may_name_a_unix_socket_folder_or_escaped_characters() -> None:
    socket = database("postgresql://opsportal@/portal?host=%2Ftmp%2Fpg&port=5433", 0)
    assert (socket["HOST"], socket["PORT"], socket["NAME"], socket["OPTIONS"]) == ("/tmp/pg", "5433", "portal", SESSION)
    remote = database("postgresql://u%40x:p%2F@db:5432/portal", 7)
    assert (remote["USER"], remote["PASSWORD"], remote["HOST"], remote["PORT"]) == ("u@x", "p/", "db", "5432")
    assert remote["OPTIONS"] == {**SESSION, "pool": {"min_size": 1, "max_size": 7, **POOL}}


def test_the_example_file_has_every_variable_with_its_default() -> None:
    text = (CHECKOUT / ".env.example").read_text(encoding="utf-8")
    written = dict(re.findall(r"^(?:# )?OPSPORTAL_([A-Z_]+)=(.*)$", text, re.MULTILINE))
    assert set(written) == {name.upper() for name in Config.model_fields}
    example_only = {"DATABASE_URL", "REDIS_URL", "ALLOWED_HOSTS", "ORIGINS", "DEMO_BUILD_SECONDS", "DEMO_EXECUTORS"}
    for name, field in Config.model_fields.items():
        assert field.default is not PydanticUndefined
        if name.upper() not in example_only:
            default = "" if field.default is None else str(field.default)
            assert written[name.upper()] == (default.lower() if isinstance(field.default, bool) else default), name
