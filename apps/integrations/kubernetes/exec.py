"""pods/exec: a command in a container and its streams, over the v5 or v4 channel protocol (wire/kubernetes.md §10).

Frames are bounded, silence is noticed by pings, and every refusal is the cluster's own word for it. Must not: buffer
what its caller does not take, start a command twice, or decide who may run one.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

import aiohttp

from apps.common.errors import IntegrationError, Rejected, Unavailable
from apps.integrations import errors
from apps.integrations.answers import Answer
from apps.integrations.kubernetes import statuses
from apps.integrations.kubernetes.client import Kubernetes
from apps.integrations.kubernetes.exec_status import STARTED, Ended, ended_of
from apps.integrations.kubernetes.paths import path_of
from apps.integrations.kubernetes.types import Json
from apps.integrations.websocket import WebSocket

V5, V4 = "v5.channel.k8s.io", "v4.channel.k8s.io"
STDIN, STDOUT, STDERR, STATUS, RESIZE = range(5)
OUTPUT, ENDED = frozenset({STDOUT, STDERR}), bytes([STATUS])
END_OF_INPUT = b"\xff\x00"  # v5 only
FRAME_LIMIT = 256 * 1024  # the API server sends 32 KiB at most
CLOSE_SECONDS = 3.0
# Nobody's fault of ours: the connection itself failed, so asking why once more would fail the same way.
NO_ANSWER = frozenset({"outside.timeout", "outside.dns", "outside.dropped", "outside.tls", "outside.address_refused"})


@dataclass(frozen=True)
class Liveness:
    """Seconds between pings, and of silence in spite of them after which the cluster counts as gone."""

    ping_every: float = 15.0
    silent_after: float = 30.0


class ExecStream:
    """One running command. One task reads `frames`, one writes; whoever holds it closes it."""

    def __init__(
        self,
        websocket: WebSocket,
        stack: AsyncExitStack,
        cluster: Kubernetes,
        what: str,
        liveness: Liveness,
    ) -> None:
        self._socket, self._stack, self._http = websocket, stack, cluster.http
        self._about = cluster.http.about(what)
        self._liveness = liveness
        self._waiting_since: float | None = None
        self._is_silent = False
        self._connection = websocket.get_extra_info("socket")
        self._keeper = asyncio.create_task(self._keep_alive())
        self.protocol = websocket.protocol or V4
        self.ended: Ended | None = None

    async def frames(self) -> AsyncIterator[bytes]:
        """Output as it comes: the channel's byte (1 or 2), then at least one byte. `rest` says that nobody asks for a while.

        After the last one `ended` says how the command ended. Unavailable `kubernetes.exec_cut` when the stream ends
        without that word, `outside.timeout` when the cluster falls silent; Rejected `outside.too_large` for a frame
        above FRAME_LIMIT.
        """
        websocket, clock = self._socket, asyncio.get_running_loop().time
        while True:
            self._waiting_since = clock()
            websocket.go_on()
            message = await websocket.receive()
            self._waiting_since = None
            if message.type is aiohttp.WSMsgType.BINARY:
                frame: bytes = message.data
            elif message.type is aiohttp.WSMsgType.TEXT:
                frame = str(message.data).encode()
            elif await self._other(message):
                continue
            else:
                break
            if len(frame) > 1 and frame[0] in OUTPUT:
                yield frame
            elif frame[:1] == ENDED:
                self.ended = ended_of(frame[1:], self._http.quote)
        if self.ended is None:
            raise self._failure()

    def expect(self, size: int | None) -> None:
        """About how many bytes of output come at once, and may wait here for somebody to ask: all of them are still
        shown after Ctrl-C. None: as many as is fastest."""
        self._socket.expect(size)

    def rest(self) -> None:
        """Nobody asks for the next frame yet: what comes stays with the cluster, which lets the command wait."""
        self._socket.rest()

    async def write(self, data: bytes) -> None:
        """Input for the command; waits while the cluster does not take it. Unavailable when the stream is gone."""
        await self._send(bytes([STDIN]) + data)

    async def resize(self, width: int, height: int) -> None:
        """The terminal's new size, in characters."""
        await self._send(bytes([RESIZE]) + json.dumps({"Width": width, "Height": height}).encode())

    async def end_input(self) -> None:
        """The command sees the end of its input; v4 has no way to say that."""
        if self.protocol == V5:
            await self._send(END_OF_INPUT)

    async def close(self) -> None:
        """Close the stream, waiting for the cluster a moment only. May be called again."""
        self._keeper.cancel()
        self._socket.go_on()  # the cluster's own close is read
        with contextlib.suppress(TimeoutError, IntegrationError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._stack.aclose()

    # -- inside -------------------------------------------------------------------------------------------
    async def _other(self, message: aiohttp.WSMessage) -> bool:
        """What is no output; whether the stream goes on."""
        if message.type is aiohttp.WSMsgType.PING:
            await self._socket.pong(message.data)
        elif message.type is aiohttp.WSMsgType.ERROR:
            raise self._broken(message.data)
        return message.type in (aiohttp.WSMsgType.PING, aiohttp.WSMsgType.PONG)

    async def _send(self, frame: bytes) -> None:
        try:
            await self._socket.send_bytes(frame)
        except (aiohttp.ClientError, OSError):
            raise self._failure() from None

    async def _keep_alive(self) -> None:
        """Ping, so that no proxy takes the quiet for an end; a reader that hears not even pongs is woken by a close."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(self._liveness.ping_every)
            since = self._waiting_since
            if since is not None and loop.time() - since > self._liveness.silent_after:
                self._is_silent = True
                self._abort()
                return
            try:
                async with asyncio.timeout(self._liveness.ping_every):
                    await self._socket.ping()
            except TimeoutError:
                continue  # the cluster takes nothing now; the reader's silence decides
            except (aiohttp.ClientError, OSError):
                return

    def _abort(self) -> None:
        """Cut the connection under the reader, which then reads its end: a polite close would wait for an answer."""
        if self._connection is not None:
            with contextlib.suppress(OSError):
                self._connection.shutdown(socket.SHUT_RDWR)

    def _failure(self) -> IntegrationError:
        if self._is_silent:
            return Unavailable("outside.timeout", seconds=round(self._liveness.silent_after, 1), **self._about)
        return Unavailable("kubernetes.exec_cut", **self._about)

    def _broken(self, error: object) -> IntegrationError:
        if getattr(error, "code", None) == aiohttp.WSCloseCode.MESSAGE_TOO_BIG:
            return Rejected("outside.too_large", limit=FRAME_LIMIT, **self._about)
        return self._failure() if self._is_silent else Rejected("outside.bad_answer", unknown=True, **self._about)


async def open_exec(
    cluster: Kubernetes,
    namespace: str,
    pod: str,
    container: str,
    argv: Sequence[str],
    *,
    tty: bool = True,
    liveness: Liveness = Liveness(),
) -> ExecStream:
    """Start a command in a container; with `tty` on a terminal, all of whose output is channel 1.

    NotFound `kubernetes.pod_missing`; Rejected `kubernetes.forbidden`, `.exec_failed`; Unavailable when the cluster
    does not answer. Not repeatable: after an unknown outcome the command may be running.
    """
    what = f"exec in {namespace}/{pod}"
    query = [("command", word) for word in argv]
    query += [("container", container), ("stdin", "true"), ("stdout", "true")]
    query += [("tty", "true")] if tty else [("stderr", "true")]
    path = path_of("pods", namespace, pod, "exec")
    stack = AsyncExitStack()
    opening = cluster.http.websocket(
        path, what=what, query=query, protocols=(V5, V4), limit=FRAME_LIMIT, autoping=False
    )
    limit = asyncio.timeout(cluster.http.timeout)
    try:
        async with limit:
            websocket = await stack.enter_async_context(opening)
    except TimeoutError:
        seconds = round(cluster.http.timeout, 1)
        raise Unavailable("outside.timeout", unknown=True, seconds=seconds, **cluster.http.about(what)) from None
    except IntegrationError as refused:
        if limit.expired():
            refused.unknown = True
        raise await _explained(cluster, path, query, what, refused) from None
    return ExecStream(websocket, stack, cluster, what, liveness)


async def run_in(
    cluster: Kubernetes,
    namespace: str,
    pod: str,
    container: str,
    argv: Sequence[str],
    *,
    limit: int = 64 * 1024,
    seconds: float = 20.0,
) -> tuple[bytes, int]:
    """Run a command to its end without a terminal; its output (both channels, the first `limit` bytes) and exit code.

    Raises as `open_exec` does; Rejected `kubernetes.exec_failed` for a command that could not be started.
    """
    what = f"exec in {namespace}/{pod}"
    output = bytearray()
    try:
        async with asyncio.timeout(seconds):
            stream = await open_exec(cluster, namespace, pod, container, argv, tty=False)
            try:
                async for frame in stream.frames():
                    output += frame[1 : 1 + limit - len(output)]
            finally:
                await stream.close()
    except TimeoutError:
        about = cluster.http.about(what)
        raise Unavailable("outside.timeout", unknown=True, seconds=round(seconds, 1), **about) from None
    ended = stream.ended
    if ended is None or ended.reason not in STARTED:
        said = ended.said if ended is not None else ""
        raise Rejected("kubernetes.exec_failed", said=said, **cluster.http.about(what))
    return bytes(output), ended.exit_code


async def annotate_pod(cluster: Kubernetes, namespace: str, pod: str, uid: str, annotations: dict[str, str]) -> Json:
    """Set annotations of the pod with this uid, and of no other of its name; the pod afterwards. Repeatable.

    NotFound `kubernetes.pod_missing`; Rejected when another pod has the name by now.
    """
    answer = await cluster.http.request(
        "PATCH",
        path_of("pods", namespace, pod),
        what=f"annotations of pod {namespace}/{pod}",
        json_body={"metadata": {"uid": uid, "annotations": annotations}},
        headers={"Content-Type": "application/merge-patch+json"},
    )
    return answer.object()


async def _explained(
    cluster: Kubernetes, path: str, query: list[tuple[str, str]], what: str, refused: IntegrationError
) -> IntegrationError:
    """Why an upgrade was refused: its answer has a Status that a WebSocket client never gets to read.

    The same call without Upgrade is refused for the same reason, and starts nothing.
    """
    if refused.code in NO_ANSWER or (refused.code == "outside.unavailable" and not refused.params.get("status")):
        return refused
    try:
        answer = await cluster.http.request("GET", path, what=what, query=query, allow=(400, 403, 404, 500))
    except IntegrationError:
        return refused
    return _of_answer(cluster, answer) or refused


def _of_answer(cluster: Kubernetes, answer: Answer) -> IntegrationError | None:
    explained = statuses.explain(answer, cluster.http.quote)
    if explained is not None:
        return explained
    said = str(statuses.status_of(answer).get("message", ""))
    if not said or "Upgrade request required" in said:
        return None
    if answer.status == 400:
        return Rejected("kubernetes.exec_failed", said=cluster.http.quote(said), **answer.about)
    return errors.from_status(
        answer.status, answer.headers, about=answer.about, said=cluster.http.quote(said), is_write=False
    )
