"""Database, broker, layer, clock, and every outside system's own connection checks, side by side and bounded.

Must not: keep a result, or print more of an address than its host.
"""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from datetime import UTC, datetime

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from psycopg_pool import PoolTimeout

from apps.common.errors import DomainError
from apps.common.messages import sentence
from apps.integrations.models import Cluster, Connection, GitLabServer, JenkinsController, Registry
from apps.integrations.services import probe_connection
from apps.terminals.recording.store import recording_store
from opsportal.doctor.findings import Finding
from opsportal.health import CHECK_SECONDS, layer_round_trip, read_database

OLDEST_POSTGRES = 150_000
MOST_SKEW_SECONDS = 2.0
OUTSIDE_SECONDS = 20.0
SIDE_BY_SIDE = 8
STORE_SECONDS = 10.0
AWAY = (DatabaseError, PoolTimeout)


def database() -> list[Finding]:
    """Version and migrations; one finding that fails when it does not answer (the pool would wait long)."""
    if not read_database().answers:
        return [Finding("database", False, f"does not answer within {CHECK_SECONDS} s")]
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('server_version'), current_setting('server_version_num')::int")
            version, number = cursor.fetchone()
        executor = MigrationExecutor(connection)
        pending = [f"{m.app_label}.{m.name}" for m, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())]
    except AWAY as error:
        return [Finding("database", False, f"does not answer ({type(error).__name__})")]
    text = f"PostgreSQL {version}" + ("" if number >= OLDEST_POSTGRES else ", 15 or newer is needed")
    todo = f"{len(pending)} to run with `manage.py migrate`: {', '.join(pending[:3])}" if pending else "all have run"
    return [
        Finding("database", number >= OLDEST_POSTGRES, text, {"version": version}),
        Finding("migrations", not pending, todo, {"pending": pending}),
    ]


def broker() -> Finding:
    """The Redis behind doorbell and layer."""
    url = settings.CHANNEL_LAYERS["default"]["CONFIG"]["hosts"][0]["address"]
    client = redis.Redis.from_url(url, socket_timeout=CHECK_SECONDS, socket_connect_timeout=CHECK_SECONDS)
    try:
        told = client.info("server")
    except (redis.RedisError, OSError) as error:
        return Finding("broker", False, f"does not answer ({type(error).__name__}); workers sweep without it")
    finally:
        client.close()
    version = str(told.get("valkey_version") or told.get("redis_version", ""))
    return Finding(
        "broker", True, f"{'Valkey' if 'valkey_version' in told else 'Redis'} {version}", {"version": version}
    )


def layer() -> Finding:
    """A message to ourselves and back."""
    began = time.monotonic()
    passed = asyncio.run(layer_round_trip())
    ms = round((time.monotonic() - began) * 1000)
    return Finding("layer", passed, f"a message went through in {ms} ms" if passed else "no message comes back")


def recordings() -> Finding:
    """The store of recordings takes a probe and gives it back: without it no terminal opens."""
    began = time.monotonic()
    probe = ThreadPoolExecutor(1, thread_name_prefix="doctor")
    try:
        probe.submit(lambda: recording_store().check()).result(STORE_SECONDS)
    except FutureTimeout:
        return Finding(
            "recordings", False, f"the store does not answer within {STORE_SECONDS:.0f} s; no terminal opens"
        )
    except DomainError as error:
        return Finding("recordings", False, f"{sentence(error.code, error.params)} No terminal opens.")
    finally:
        probe.shutdown(wait=False)
    where = "object storage" if settings.CONFIG.recording_url else "directory"
    return Finding(
        "recordings", True, f"{where}, a probe went in and out in {(time.monotonic() - began) * 1000:.0f} ms"
    )


def clock() -> Finding:
    """The database's clock decides everything; a machine far from it writes misleading logs."""
    readings = []
    for _ in range(3):
        before = time.time()
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            (there,) = cursor.fetchone()
        after = time.time()
        here = datetime.fromtimestamp((before + after) / 2, UTC)
        readings.append((after - before, (here - there).total_seconds()))
    _, skew = min(readings)
    text = f"this machine is {abs(skew):.2f} s {'ahead of' if skew > 0 else 'behind'} the database"
    return Finding("clock", abs(skew) <= MOST_SKEW_SECONDS, text, {"skew_seconds": round(skew, 3)})


def outside() -> list[Finding]:
    """Every row of an outside system, by kind and name."""
    models: tuple[type[Connection], ...] = (GitLabServer, JenkinsController, Registry, Cluster)
    rows = [row for model in models for row in model._default_manager.order_by("name")]
    if not rows:
        return []
    with ThreadPoolExecutor(min(SIDE_BY_SIDE, len(rows)), thread_name_prefix="doctor") as pool:
        return list(pool.map(_one, rows))


def _one(row: Connection) -> Finding:
    name = f"{row.SYSTEM} {row.name}"
    if not row.is_enabled:
        return Finding(name, True, "switched off", {"enabled": False})
    checks = probe_connection(row, OUTSIDE_SECONDS)
    failed = [check for check in checks if check.outcome == "failed"]
    facts = {"enabled": True, "checks": [check.as_json() for check in checks]}
    if not failed:
        return Finding(name, True, f"{sum(c.outcome == 'passed' for c in checks)} checks passed", facts)
    first = failed[0]
    more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
    return Finding(name, False, f"{first.name}: {sentence(first.code, first.params)}{more}", facts)
