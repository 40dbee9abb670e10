"""Health, metrics and the Origin guard: what load balancers, Prometheus and browsers rely on."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as current
from django.db import connection
from django.test import Client
from django.utils import timezone
from pydantic import SecretStr

from apps.tickets.models import Brake, Chore
from opsportal.health import _known_migrations
from opsportal.origin import OriginGuard
from tests.support.factories import make_cluster, make_user


@pytest.fixture
def client() -> Client:
    return Client()


def test_liveness_needs_no_dependency(client: Client) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "live"})


@pytest.mark.django_db(transaction=True)
def test_readiness_is_200_when_everything_is_there(client: Client) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "failing": [], "brakes": []})


@pytest.mark.django_db(transaction=True)
def test_readiness_names_the_broker_and_the_layer_when_redis_is_away(
    client: Client, settings: Any, tmp_path: Path
) -> None:
    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [{"address": f"unix://{tmp_path}/none.sock"}]},
        }
    }
    answer = client.get("/readyz")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.json() == {"status": "not_ready", "failing": ["broker", "layer"], "brakes": []}


@pytest.mark.django_db(transaction=True)
def test_readiness_names_the_database_without_telling_why(
    client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(connection.settings_dict, "HOST", str(tmp_path))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"status": "not_ready", "failing": ["database", "migrations"], "brakes": None}


@pytest.mark.django_db(transaction=True)
def test_readiness_names_migrations_that_have_not_run(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE django_migrations SET name = 'x' || name WHERE app = 'sessions'")
    try:
        answer = client.get("/readyz")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE django_migrations SET name = substr(name, 2) WHERE app = 'sessions'")
    assert answer.json() == {"status": "not_ready", "failing": ["migrations"], "brakes": None}
    assert ("sessions", "0001_initial") in _known_migrations()


@pytest.mark.django_db(transaction=True)
def test_readiness_names_the_brakes_that_are_on_and_nothing_else_about_them(client: Client) -> None:
    ops, lab = make_user("ops"), make_cluster("lab")
    Brake.objects.create(cluster=None, reason="orders come in twice", pulled_by=ops)
    Brake.objects.create(cluster=lab, reason="a disk", pulled_by=ops)
    Brake.objects.create(cluster=lab, reason="old", pulled_by=ops, released_by=ops, released_at=timezone.now())
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ready", "failing": [], "brakes": [f"cluster:{lab.pk}", "everywhere"]}


@pytest.mark.django_db(transaction=True)
def test_a_web_process_is_ready_although_no_worker_runs(client: Client) -> None:
    Chore.objects.create(name="audit.seal", last_done_at=timezone.now() - timedelta(days=1))
    assert client.get("/readyz").status_code == 200


def test_metrics_are_not_there_without_a_token(client: Client) -> None:
    assert client.get("/metrics").status_code == 404


def test_metrics_go_to_who_brings_the_token(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(current.CONFIG, "metrics_token", SecretStr("scrape-me"))
    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 401
    answer = client.get("/metrics", headers={"Authorization": "Bearer scrape-me"})
    assert answer.status_code == 200
    assert b"python_info" in answer.content


def handshake(headers: list[tuple[bytes, bytes]]) -> list[str]:
    """The events that a client sees from a guarded socket."""
    sent: list[str] = []

    async def accepting(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "websocket.accept"})

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(event: Any) -> None:
        sent.append(event["type"])

    guard = OriginGuard(accepting, ["https://portal.example.org"])
    asyncio.run(guard({"type": "websocket", "path": "/ws", "headers": headers}, receive, send))
    return sent


def test_a_socket_from_our_own_origin_is_accepted() -> None:
    assert handshake([(b"origin", b"https://portal.example.org")]) == ["websocket.accept"]


@pytest.mark.parametrize(
    "origin",
    [
        b"http://portal.example.org",
        b"https://portal.example.org:8443",
        b"https://portal.example.org.evil.example",
        b"https://evil.example/https://portal.example.org",
        b"https://PORTAL.example.org",
        b"null",
        b"",
    ],
)
def test_a_socket_from_any_other_origin_is_closed_before_it_opens(origin: bytes) -> None:
    assert handshake([(b"origin", origin)]) == ["websocket.close"]


def test_a_socket_without_or_with_two_origins_is_closed() -> None:
    ours = (b"origin", b"https://portal.example.org")
    assert handshake([]) == ["websocket.close"]
    assert handshake([ours, ours]) == ["websocket.close"]
