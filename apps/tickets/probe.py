"""Whether a worker still hears its bell and sweeps: a message through its own queue, and its answer (QR6).

The only question a liveness probe should ask: would a restart help? A broker or a database that is away is no reason to
restart a worker. Must not: use a machine's clock for a message's age, or leave anything behind that stays.
"""

from __future__ import annotations

import re
import secrets
import time
from dataclasses import dataclass

import redis
from celery.utils.nodenames import worker_direct
from django.conf import settings

ANSWER_SECONDS = 60
ASK_AGAIN_SECONDS = 2.0
_NONCE = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Verdict:
    """`alive` is what the exit status says, `line` what a person reads."""

    alive: bool
    line: str


def _client() -> redis.Redis:
    url = settings.CHANNEL_LAYERS["default"]["CONFIG"]["hosts"][0]["address"]
    return redis.Redis.from_url(url, socket_timeout=3, socket_connect_timeout=2)


def _place(nonce: str) -> str:
    return f"opsportal:probe:{nonce}"


def answer(nonce: str, trouble: str) -> None:
    """The worker's part: its trouble, or "" for none; forgotten after a minute."""
    if not _NONCE.fullmatch(nonce):
        return
    client = _client()
    with client.pipeline() as pipe:
        pipe.rpush(_place(nonce), trouble or "well")
        pipe.expire(_place(nonce), ANSWER_SECONDS)
        pipe.execute()
    client.close()


def ask(node: str, within: float) -> Verdict:
    """Ask that worker through its own queue, again every two seconds because a message may be lost."""
    begun, nonce = time.monotonic(), secrets.token_hex(16)
    client, away = _client(), ""
    while (left := within - (time.monotonic() - begun)) > 0:
        try:
            _send(node, nonce)
            told = client.blpop([_place(nonce)], timeout=min(ASK_AGAIN_SECONDS, left))
        except (redis.RedisError, OSError) as error:
            away = type(error).__name__
            time.sleep(min(0.5, left))
            continue
        away = ""
        if told is not None:
            seconds = time.monotonic() - begun
            return _verdict(node, _text(told[1]), seconds)
    if away:
        return Verdict(True, f"{node}: the broker is away ({away}); the worker sweeps by itself, no restart helps")
    return Verdict(False, f"{node}: no answer within {within:g} s although the broker answers")


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _verdict(node: str, told: str, seconds: float) -> Verdict:
    if told == "well":
        return Verdict(True, f"{node}: answered after {seconds:.1f} s")
    return Verdict(False, f"{node}: it hears, but {told}")


def _send(node: str, nonce: str) -> None:
    """One message into the worker's own queue; a broker that is away is an OSError."""
    from apps.tickets.tasks import say

    try:
        say.apply_async(args=[nonce], queue=worker_direct(node), retry=False, ignore_result=True)
    except say.OperationalError as error:
        raise ConnectionError(str(error)) from error
