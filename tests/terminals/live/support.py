"""A portal on a real uvicorn, a cluster's stand-in with a workload in it, sessions as rows, and a small browser.

Must not: hold a test, or know more of the protocol than docs/terminal.md says.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import uvicorn
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from apps.accounts.models import User, UserSession
from apps.integrations.loop import run
from apps.sandbox.base.journal import Entry
from apps.sandbox.kubernetes.server import KubernetesServer
from apps.terminals.live.house import House, _houses
from apps.terminals.models import TerminalSession
from apps.terminals.services.claims import issue_claim
from apps.workloads.models import Workload
from tests.accounts.factories import browser as sign_in
from tests.integrations.kubernetes_support import client as cluster_client

ORIGIN = "http://testserver"
NAMESPACE = "test"
Json = dict[str, Any]


class Portal:
    """The whole ASGI application behind a uvicorn in a thread."""

    def __init__(self, application: Any) -> None:
        config = uvicorn.Config(
            application,
            port=0,
            log_config=None,
            lifespan="off",
            ws="websockets-sansio",
            ws_per_message_deflate=False,
            timeout_graceful_shutdown=10,
        )
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        wait_until(lambda: self.server.started)
        self.port = self.server.servers[0].sockets[0].getsockname()[1]

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(20)
        assert not self.thread.is_alive()

    def url(self, session_id: int) -> str:
        return f"ws://127.0.0.1:{self.port}/ws/terminals/{session_id}/"

    @staticmethod
    def loop() -> asyncio.AbstractEventLoop:
        (found,) = [loop for loop in list(_houses) if not loop.is_closed()]
        return found

    @staticmethod
    def houses() -> list[House]:
        return [house for loop, house in list(_houses.items()) if not loop.is_closed()]


class Scene:
    """Where a test plays, whatever its cluster is: the portal, a workload with one pod, and who is signed in.

    `prompt`: how the prompt of a shell in that pod ends.
    """

    def __init__(self, portal: Portal, workload: Workload, pod: Json, prompt: bytes) -> None:
        self.portal, self.workload, self.pod, self.prompt = portal, workload, pod, prompt
        self.cookies: dict[int, str] = {}
        self.open: list[Browser] = []

    def login(self, user: User) -> UserSession:
        """A new login of a person."""
        key = sign_in(user).cookies["sessionid"].value
        login = UserSession.objects.get(session_key=key)
        self.cookies[login.pk] = key
        return login

    def session(self, login: UserSession, **fields: Any) -> TerminalSession:
        """A session that waits for its socket."""
        pair = self.workload.project_environment
        return TerminalSession.objects.create(
            project=pair.project,
            environment=pair.environment,
            workload=self.workload,
            cluster=self.workload.placement.cluster,
            credential_set_at=self.workload.placement.cluster.credential_set_at,
            user=login.user,
            login=login,
            reason="the tests want to look inside",
            **{
                "namespace": self.workload.namespace,
                "pod": self.pod["metadata"]["name"],
                "pod_uid": self.pod["metadata"]["uid"],
                "container": "app",
                "image": "reg/web:1",
                "version": "1",
                "minutes": 30,
                **fields,
            },
        )

    def browser(self, session: TerminalSession, **more: Any) -> Browser:
        """A browser with a new claim for the session."""
        login = more.pop("login", None) or session.login
        assert login is not None
        claim = more.pop("claim", None) or issue_claim(session, login)
        found = Browser(self.portal.url(session.pk), self.cookies[login.pk], claim, **more)
        self.open.append(found)
        return found

    def opened(self, login: UserSession, **more: Any) -> tuple[TerminalSession, Browser]:
        """A new session with a browser at its prompt."""
        session = self.session(login)
        terminal = self.browser(session, **more)
        terminal.until(self.prompt)
        return session, terminal


class Stage(Scene):
    """A scene on the cluster's stand-in."""

    def __init__(self, portal: Portal, cluster: KubernetesServer, workload: Workload, pod: Json) -> None:
        super().__init__(portal, workload, pod, b"# ")
        self.cluster = cluster

    def execs(self) -> list[Entry]:
        """The shells that the cluster's stand-in has seen the end of."""
        return [entry for entry in self.cluster.journal.find("pods.exec") if entry.detail.get("tty")]


class Browser:
    """What the page does: takes output, acknowledges it, keeps input until it is accepted."""

    def __init__(
        self,
        url: str,
        cookie: str,
        claim: str,
        *,
        position: int | None = None,
        origin: str | None = ORIGIN,
        acknowledges: bool = True,
        attaches: bool = True,
        unaccepted: bytes = b"",
        accepted: int = 0,
    ) -> None:
        self.socket: ClientConnection = connect(
            url,
            origin=origin,  # type: ignore[call-overload]
            additional_headers={"Cookie": f"sessionid={cookie}"},
            compression=None,
            max_size=None,
            proxy=None,
            legacy=True,
        )
        self.acknowledges, self.unaccepted = acknowledges, bytearray(unaccepted)
        self.output, self.texts = bytearray(), list[Json]()
        self.close: tuple[int, str] | None = None
        self.say({"type": "claim", "claim": claim, "from": position, "cols": 80, "rows": 24})
        if not attaches:
            return
        attached = self.text("attached")
        self.attached = attached
        self.begins, self.accepted, self._acknowledged = attached["from"], attached["input"], attached["from"]
        del self.unaccepted[: self.accepted - accepted]  # accepted before the cut, and not heard of
        for start in range(0, len(self.unaccepted), 16384):
            self.socket.send(b"\x00" + bytes(self.unaccepted[start : start + 16384]))

    @property
    def position(self) -> int:
        """Output bytes taken, from the shell's beginning."""
        return int(self.begins) + len(self.output)

    def say(self, content: Json) -> None:
        self.socket.send(json.dumps(content))

    def resize(self, cols: Any, rows: Any) -> None:
        self.socket.send(b"\x04" + json.dumps({"Width": cols, "Height": rows}).encode())

    def acknowledge(self, position: int) -> None:
        self.socket.send(b"\x05" + position.to_bytes(8, "big"))

    def type(self, data: bytes) -> None:
        """Input, kept until it is accepted; waits while more than 64 kB are not."""
        for start in range(0, len(data), 16384):
            piece = data[start : start + 16384]
            while len(self.unaccepted) + len(piece) > 65536:
                self.take()
            self.unaccepted += piece
            self.socket.send(b"\x00" + piece)

    def take(self, seconds: float = 30) -> bool:
        """One message; False once the server has closed."""
        try:
            message = self.socket.recv(timeout=seconds)
        except ConnectionClosed as closed:
            found = closed.rcvd
            self.close = (found.code, found.reason) if found is not None else (1006, "")
            return False
        if isinstance(message, str):
            self.texts.append(json.loads(message))
            return True
        channel, payload = message[0], message[1:]
        if channel in (1, 2):
            self.output += payload
            if self.acknowledges and self.position - self._acknowledged >= 32768:
                self._acknowledged = self.position
                with contextlib.suppress(ConnectionClosed):  # read on: why it is closed comes last
                    self.acknowledge(self.position)
        elif channel == 6:
            accepted = int.from_bytes(payload, "big")
            del self.unaccepted[: accepted - self.accepted]
            self.accepted = accepted
        return True

    def until(self, text: bytes, seconds: float = 30) -> bytes:
        """Take output until it contains `text` (looked for from the last find on); all output so far."""
        end = time.monotonic() + seconds
        while text not in self.output:
            assert self.take(max(0.01, end - time.monotonic())), (
                self.texts[-1:],
                self.close,
                bytes(self.output[-200:]),
            )
        return bytes(self.output)

    def run(self, command: bytes, until: bytes, seconds: float = 30) -> bytes:
        """Type a command; the output after it up to `until`."""
        before = len(self.output)
        self.type(command + b"\r")
        end = time.monotonic() + seconds
        while until not in self.output[before:]:
            assert self.take(max(0.01, end - time.monotonic())), (self.texts[-1:], self.close)
        return bytes(self.output[before:])

    def text(self, kind: str, seconds: float = 30) -> Json:
        """The next text message of a kind."""
        end = time.monotonic() + seconds
        while True:
            found = next((one for one in self.texts if one["type"] == kind), None)
            if found is not None:
                self.texts.remove(found)
                return found
            assert self.take(max(0.01, end - time.monotonic())), (kind, self.texts, self.close)

    def ended(self, seconds: float = 30) -> tuple[str, int]:
        """The code of the end, and the code the socket is closed with."""
        code = str(self.text("end", seconds)["code"])
        return code, self.closed(seconds)

    def closed(self, seconds: float = 30) -> int:
        """The code the server closes with."""
        end = time.monotonic() + seconds
        while self.take(max(0.01, end - time.monotonic())):
            pass
        assert self.close is not None
        return self.close[0]

    def cut(self) -> None:
        """The network is gone: no close frame."""
        with contextlib.suppress(OSError):
            self.socket.socket.shutdown(socket.SHUT_RDWR)


def wait_until(check: Callable[[], Any], seconds: float = 30) -> Any:
    """Poll until `check` answers something true; its answer."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = check()
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError(f"not within {seconds} s")


def pods_of(server: KubernetesServer) -> list[Json]:
    """The pods that run and are ready."""
    pods = run(cluster_client(server).list_pods(NAMESPACE, ""), 5)
    return [
        pod
        for pod in pods
        if not pod["metadata"].get("deletionTimestamp")
        and all(s["ready"] for s in pod.get("status", {}).get("containerStatuses") or [{"ready": False}])
    ]
