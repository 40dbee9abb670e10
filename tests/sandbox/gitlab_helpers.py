"""A small raw client and a webhook receiver for the tests of the GitLab stand-in."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests

from apps.sandbox.gitlab.server import GitLabServer

TOKEN = "glpat-test-portal"


def quick_server(data_dir: Path | None = None, **options: Any) -> GitLabServer:
    """A stand-in whose caches hold nothing."""
    settings: dict[str, Any] = {"branch_cache_seconds": 0, "compare_cache_seconds": 0, "mergeability_seconds": 0}
    return GitLabServer(data_dir, token=TOKEN, **(settings | options))


@dataclass
class Api:
    """Raw calls to /api/v4, with or without a token."""

    url: str
    token: str | None = TOKEN

    def call(self, method: str, path: str, headers: dict[str, str] | None = None, **more: Any) -> requests.Response:
        own = {"PRIVATE-TOKEN": self.token} if self.token else {}
        return requests.request(
            method, f"{self.url}/api/v4{path}", headers=own | (headers or {}), timeout=20, allow_redirects=False, **more
        )

    def get(self, path: str, /, **params: Any) -> requests.Response:
        return self.call("GET", path, params=params)

    def post(self, path: str, /, **body: Any) -> requests.Response:
        return self.call("POST", path, json=body)

    def delete(self, path: str, headers: dict[str, str] | None = None) -> requests.Response:
        return self.call("DELETE", path, headers)


def admin(server: GitLabServer, path: str, /, **body: Any) -> requests.Response:
    """A call to the admin port."""
    return requests.post(f"http://127.0.0.1:{server.admin_port}{path}", json=body, timeout=20)


def project_path(path: str) -> str:
    """`/projects/shop%2Fbook-api-n1`."""
    return f"/projects/{quote(path, safe='')}"


def new_project(server: GitLabServer, path: str, language: str = "java", visibility: str = "public") -> int:
    """A project of its own for a test."""
    answer = admin(server, "/projects", path=path, language=language, visibility=visibility)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


def git(*args: str, cwd: Path | None = None, ok: bool = True) -> subprocess.CompletedProcess[str]:
    """Run the git client without the user's configuration."""
    env = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": "/nonexistent",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_CONFIG_NOSYSTEM": "1",
        "LC_ALL": "C.UTF-8",
        "GIT_AUTHOR_NAME": "T",
        "GIT_AUTHOR_EMAIL": "t@example.com",
        "GIT_COMMITTER_NAME": "T",
        "GIT_COMMITTER_EMAIL": "t@example.com",
        "GIT_AUTHOR_DATE": "2026-07-01T10:00:00+08:00",
        "GIT_COMMITTER_DATE": "2026-07-01T10:00:00+08:00",
    }
    done = subprocess.run(["git", *args], cwd=cwd, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert not ok or done.returncode == 0, done.stderr
    return done


def wait_for(condition: Callable[[], Any], seconds: float = 10) -> Any:
    """The first true answer, or a failure at the deadline."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError("the deadline has passed")


@dataclass
class Received:
    """One webhook as it came over the wire."""

    headers: dict[str, str]
    body: dict[str, Any]


@dataclass
class Receiver:
    """An HTTP server that keeps what it gets and answers `status`."""

    url: str = ""
    status: int = 200
    got: list[Received] = field(default_factory=list)


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A webhook receiver on a free port."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.got.append(Received(dict(self.headers.items()), json.loads(raw)))
            self.send_response(receiver.status)
            if 300 <= receiver.status < 400:
                self.send_header("Location", receiver.url + "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
