"""The servers behind the tests themselves: real ones, in the versions we say, used through the product's settings."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest
from channels.layers import get_channel_layer
from django.db import connection

from opsportal.celery import app
from opsportal.config import Config
from opsportal.settings.base import from_config
from tests.support.broker import numbered


@pytest.mark.django_db
def test_the_test_database_is_a_postgresql_of_at_least_version_15() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        (number,) = cursor.fetchone()
    assert int(number) >= 150000
    assert connection.settings_dict["NAME"].startswith("test_")


def test_a_celery_message_reaches_the_broker_of_the_tests(redis_url: str) -> None:
    with app.connection_for_write() as broker:
        assert broker.ensure_connection(max_retries=1).connected


def test_a_hint_travels_through_the_channel_layer(redis_url: str) -> None:
    async def round_trip() -> dict[str, object]:
        layer = get_channel_layer()
        channel = await layer.new_channel()
        group = f"tests-{uuid4().hex}"
        await layer.group_add(group, channel)
        await layer.group_send(group, {"type": "hint", "ticket": 7})
        return await asyncio.wait_for(layer.receive(channel), 5)

    assert asyncio.run(round_trip()) == {"type": "hint", "ticket": 7}


@pytest.mark.parametrize(
    ("url", "third"),
    [
        ("unix:///tmp/x/valkey.sock?db=0", "unix:///tmp/x/valkey.sock?db=3"),
        ("redis://:secret@broker:6379/0", "redis://:secret@broker:6379/3"),
        ("redis://broker", "redis://broker/3"),
    ],
)
def test_each_worker_has_its_own_database_number_on_a_shared_redis(url: str, third: str) -> None:
    assert numbered(url, 3) == third


def test_celery_uses_the_same_socket_and_database_number_as_everybody_else() -> None:
    made = from_config(Config(_env_file=None), "postgresql:///x", "unix:///tmp/x/valkey.sock?db=3")  # type: ignore[call-arg]
    assert made["CELERY"]["broker_url"] == "redis+socket:///tmp/x/valkey.sock?virtual_host=3"
