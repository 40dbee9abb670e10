"""Liveness, readiness and metrics. Readiness names every dependency that fails, and tells nothing else about it; an
emergency brake that is on is named too, but makes nobody unready. Workers are `manage.py doctor`'s matter.

Must not: wait for the connection pool or for a hanging dependency; each check has its own two seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import uuid4

import psycopg
import redis.asyncio
import structlog
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

log = structlog.get_logger(__name__)
CHECK_SECONDS = 2


@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return JsonResponse({"status": "live"})


async def ready(request: HttpRequest) -> HttpResponse:
    """200 when all that a request needs is there, else 503 with the names of what is not."""
    database, broker, layer = await asyncio.gather(_database(), _broker(), layer_round_trip())
    checks = {"database": database.answers, "migrations": database.is_migrated, "broker": broker, "layer": layer}
    failing = sorted(name for name, passed in checks.items() if not passed)
    if not failing:
        return JsonResponse({"status": "ready", "failing": [], "brakes": database.brakes})
    log.warning("not ready", failing=failing)
    told = {"status": "not_ready", "failing": failing, "brakes": database.brakes}
    return JsonResponse(told, status=503, headers={"Retry-After": "5"})


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus' text, to who brings the token; not there at all when no token is configured."""
    token = settings.CONFIG.metrics_token
    if token is None:
        return HttpResponse(status=404)
    if not constant_time_compare(request.headers.get("Authorization", ""), f"Bearer {token.get_secret_value()}"):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)


@lru_cache(maxsize=1)
def _known_migrations() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None).disk_migrations or ())


@dataclass(frozen=True)
class DatabaseState:
    """What one look at the database told. `brakes`: `everywhere`, `cluster:3`; None when nobody could tell."""

    answers: bool
    is_migrated: bool = False
    brakes: list[str] | None = None


async def _database() -> DatabaseState:
    return await sync_to_async(read_database, thread_sensitive=False)()


def read_database() -> DatabaseState:
    """A session of our own, outside the pool: a full pool is load, not a missing database."""
    parameters: dict[str, Any] = {**connection.get_connection_params(), "connect_timeout": CHECK_SECONDS}
    parameters["options"] = f"-c statement_timeout={CHECK_SECONDS * 1000}"
    try:
        with psycopg.connect(**parameters) as session:
            rows = session.execute("SELECT app, name FROM django_migrations").fetchall()
            if not _known_migrations() <= {(app, name) for app, name in rows}:
                return DatabaseState(True)
            brakes = session.execute("SELECT cluster_id FROM tickets_brake WHERE released_at IS NULL ORDER BY 1")
            told = ["everywhere" if cluster is None else f"cluster:{cluster}" for (cluster,) in brakes.fetchall()]
            return DatabaseState(True, True, told)
    except psycopg.errors.UndefinedTable:
        return DatabaseState(True)
    except psycopg.Error:
        return DatabaseState(False)


async def _broker() -> bool:
    url = settings.CHANNEL_LAYERS["default"]["CONFIG"]["hosts"][0]["address"]
    client = redis.asyncio.Redis.from_url(url, socket_timeout=CHECK_SECONDS, socket_connect_timeout=CHECK_SECONDS)
    try:
        return bool(await client.ping())
    except (redis.RedisError, OSError):
        return False
    finally:
        await client.aclose()


async def layer_round_trip() -> bool:
    """A message through the channel layer and back."""
    layer, nonce = get_channel_layer(), uuid4().hex
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            channel = await layer.new_channel("ready.")
            await layer.send(channel, {"type": "ready", "nonce": nonce})
            message = await layer.receive(channel)
            await _forget(layer, channel)
    except (TimeoutError, redis.RedisError, OSError):
        return False
    return bool(message["nonce"] == nonce)


async def _forget(layer: Any, channel: str) -> None:
    """The pub/sub layer drops a channel only when a `receive` on it is canceled."""
    waiting = asyncio.ensure_future(layer.receive(channel))
    await asyncio.sleep(0)
    waiting.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await waiting
