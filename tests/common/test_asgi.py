"""The bound on bodies and the middleware under a real ASGI server, over real sockets."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from django.core.asgi import get_asgi_application
from django.test import override_settings

from apps.common.asgi import BodyLimit


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with override_settings(ROOT_URLCONF="tests.common.urls"), socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(BodyLimit(get_asgi_application()), log_config=None, lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])))
        thread.start()
        deadline = time.monotonic() + 10
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.01)
        yield listener.getsockname()[1]
        server.should_exit = True
        thread.join(10)


def talk(port: int, *pieces: bytes) -> tuple[int, dict[str, str], bytes]:
    """Send raw pieces and read the one answer; a server that closes early is what we look at."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        received = b""
        try:
            for piece in pieces:
                connection.sendall(piece)
        except (BrokenPipeError, ConnectionResetError):
            pass
        while b"\r\n\r\n" not in received:
            received += connection.recv(65536)
        head, _, body = received.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines[1:])
        while len(body) < int(headers["content-length"]):
            body += connection.recv(65536)
        return int(lines[0].split()[1]), headers, body


def head(length: str) -> bytes:
    return f"POST /api/probe/echo HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n{length}\r\n\r\n".encode()


def test_fifty_announced_megabytes_are_refused_before_any_is_sent(port: int) -> None:
    status, _, body = talk(port, head("Content-Length: 50000000"))
    answer = json.loads(body)
    assert (status, answer["code"], answer["params"]) == (413, "body_too_large", {"max_bytes": 2097152})
    assert len(answer["request_id"]) == 32


def test_a_chunked_body_is_cut_off_at_the_bound(port: int) -> None:
    chunk = b"10000\r\n" + b" " * 65536 + b"\r\n"
    status, _, body = talk(port, head("Transfer-Encoding: chunked"), *[chunk] * 33)
    assert (status, json.loads(body)["code"]) == (413, "body_too_large")


def test_a_small_body_passes_both_ways(port: int) -> None:
    good = b'{"name": "a"}'
    assert talk(port, head(f"Content-Length: {len(good)}"), good)[::2] == (200, b'{"name":"a"}')
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(good), good)
    assert talk(port, head("Transfer-Encoding: chunked"), chunked)[::2] == (200, b'{"name":"a"}')


def test_each_answer_has_the_id_of_its_request(port: int) -> None:
    status, headers, _ = talk(port, b"GET /api/v1/nope HTTP/1.1\r\nHost: t\r\nX-Request-ID: abcd-1234\r\n\r\n")
    assert (status, headers["x-request-id"]) == (404, "abcd-1234")


def test_a_defect_under_asgi_keeps_the_shape(port: int) -> None:
    status, _, body = talk(port, b"GET /api/probe/boom HTTP/1.1\r\nHost: t\r\n\r\n")
    assert (status, json.loads(body)["code"]) == (500, "internal")
