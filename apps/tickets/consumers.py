"""The one WebSocket of hints: "ticket 7 changed", for the projects its reader may see (DESIGN, "Live state").

A heartbeat goes through the channel layer to the socket itself; missed twice, the browser is told to poll. Must not:
block the loop, send anything but hints, or trust a right for longer than a few seconds.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeVar

import structlog
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.db import InterfaceError, OperationalError
from psycopg_pool import PoolTimeout
from redis.exceptions import RedisError

from apps.tickets.hints import GROUP
from apps.tickets.listeners import Listener, Rights, find_by_session, find_by_token

log = structlog.get_logger(__name__)

T = TypeVar("T")
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
LAYER_AWAY = (OSError, TimeoutError, RedisError)
DATABASE_AWAY = (OperationalError, InterfaceError, PoolTimeout)
NOT_UNDERSTOOD, NOT_SIGNED_IN, TOO_SLOW, TRY_AGAIN_LATER, RESTARTING = 4400, 4401, 1008, 1013, 1012
LONGEST_MESSAGE = 1024


async def _in_thread(function: Callable[..., T], *args: Any) -> T:
    """A database look-up off the loop, on any thread: sockets do not wait for each other."""
    return await database_sync_to_async(function, thread_sensitive=False)(*args)


class SocketClosed(Exception):
    """This socket ends with a code."""

    def __init__(self, code: int | None) -> None:
        super().__init__(code)
        self.code = code


_open: dict[HintSocket, asyncio.AbstractEventLoop] = {}


def drain() -> None:
    """Close every socket of this process with 1012 `restarting`: browsers come back by themselves. Any thread may."""
    for open_socket, loop in list(_open.items()):
        loop.call_soon_threadsafe(open_socket.leaving.set)


class HintSocket:
    """One browser's socket. Times are seconds."""

    policy_action = "hints.subscribe"
    beat_every = 10.0
    rights_every = 5.0
    idle_rights_every = 30.0
    gather_for = 0.1
    sign_in_within = 10.0
    layer_within = 2.0
    send_within = 10.0

    def __init__(self, scope: Message, receive: Receive, send: Send) -> None:
        self.scope, self._receive, self._send_raw = scope, receive, send
        self.layer: Any = get_channel_layer()
        self.listener: Listener | None = None
        self.channel = ""
        self.mode = ""
        self.heard = False
        self.missed = 0
        self.rights = Rights(0)
        self.read_at = float("-inf")
        self.pending: dict[tuple[str, Any, Any, str], None] = {}
        self.wake = asyncio.Event()
        self.leaving = asyncio.Event()
        self.sending = asyncio.Lock()

    @classmethod
    def as_asgi(cls) -> Callable[[Message, Receive, Send], Awaitable[None]]:
        """The ASGI application: one object per socket."""

        async def application(scope: Message, receive: Receive, send: Send) -> None:
            await cls(scope, receive, send).serve()

        return application

    async def serve(self) -> None:
        """From the handshake to the end; whatever ends one part ends all."""
        code: int | None = None
        try:
            if (await self._receive())["type"] != "websocket.connect":
                return
            await self._send_raw({"type": "websocket.accept"})
            self.listener = await self._sign_in()
            await self._read_rights()
            await self._work()
        except SocketClosed as end:
            code = end.code
        except DATABASE_AWAY:
            code = TRY_AGAIN_LATER
        except OSError:
            return  # the client is gone
        if code is not None:
            await self._close(code)

    async def _work(self) -> None:
        parts = (self._listen, self._pump, self._beat, self._flush, self._leave_early)
        tasks = [asyncio.create_task(part()) for part in parts]
        _open[self] = asyncio.get_running_loop()
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            _open.pop(self, None)
            for task in tasks:
                task.cancel()
            # Leaving a layer that hangs is not waited for long.
            await asyncio.wait(tasks, timeout=2 * self.layer_within)
        for task in done:
            task.result()

    async def _close(self, code: int, reason: str = "") -> None:
        try:
            async with asyncio.timeout(self.send_within):
                await self._send_raw({"type": "websocket.close", "code": code, "reason": reason})
        except (OSError, TimeoutError):
            log.debug("the client did not wait for the close", code=code)

    # -- who listens --------------------------------------------------------------------------------------
    async def _sign_in(self) -> Listener:
        """The browser's session, else the token in the first message."""
        found = await _in_thread(find_by_session, self._cookies())
        if found is not None:
            return found
        try:
            async with asyncio.timeout(self.sign_in_within):
                first = await self._next_message()
        except TimeoutError:
            raise SocketClosed(NOT_SIGNED_IN) from None
        if first.get("type") != "authenticate" or not isinstance(first.get("token"), str):
            raise SocketClosed(NOT_SIGNED_IN)
        found = await _in_thread(find_by_token, first["token"])
        if found is None:
            raise SocketClosed(NOT_SIGNED_IN)
        return found

    def _cookies(self) -> str:
        given = [value for name, value in self.scope.get("headers", ()) if name == b"cookie"]
        return b"; ".join(given).decode("latin-1")

    async def _next_message(self) -> dict[str, Any]:
        message = await self._receive()
        if message["type"] == "websocket.disconnect":
            raise SocketClosed(None)
        text = message.get("text") or ""
        try:
            content = json.loads(text) if len(text) <= LONGEST_MESSAGE else None
        except (ValueError, RecursionError):
            content = None
        if not isinstance(content, dict):
            raise SocketClosed(NOT_UNDERSTOOD)
        return content

    async def _read_rights(self) -> None:
        """What the listener may hear now; ends the socket of one who may no longer listen."""
        assert self.listener is not None
        rights = await _in_thread(self.listener.rights, self.policy_action)
        if rights is None:
            raise SocketClosed(NOT_SIGNED_IN)
        self.rights = rights
        self.read_at = asyncio.get_running_loop().time()

    def _rights_age(self) -> float:
        return asyncio.get_running_loop().time() - self.read_at

    # -- the parts that run side by side ------------------------------------------------------------------
    async def _listen(self) -> None:
        """The client has nothing to say; the end of the connection is what this waits for."""
        await self._next_message()
        raise SocketClosed(NOT_UNDERSTOOD)

    async def _leave_early(self) -> None:
        """This process stops: say so at once, while the server still listens to its sockets."""
        await self.leaving.wait()
        await self._close(RESTARTING, "restarting")
        raise SocketClosed(None)

    async def _pump(self) -> None:
        """From the layer into `pending`; a layer that is away is tried again at the pace of the heartbeat."""
        while True:
            try:
                async with asyncio.timeout(self.layer_within):
                    channel = await self.layer.new_channel("hints.")
                    await self.layer.group_add(GROUP, channel)
            except LAYER_AWAY as error:
                log.debug("the channel layer is away", error=type(error).__name__)
                await self._say("poll")
                await asyncio.sleep(self.beat_every)
                continue
            self.channel = channel
            await self._ask_for_beat()
            try:
                while True:
                    await self._take(await self.layer.receive(channel))
            finally:
                self.channel = ""
                await self._leave(channel)

    async def _leave(self, channel: str) -> None:
        try:
            async with asyncio.timeout(self.layer_within):
                await self.layer.group_discard(GROUP, channel)
        except LAYER_AWAY as error:
            log.debug("the group could not be left", error=type(error).__name__)

    async def _take(self, message: dict[str, Any]) -> None:
        if message["type"] == "beat":
            self.heard = True
            await self._say("live")
        elif message["type"] == "hint":
            self.pending[message["what"], message["id"], message["project"], message.get("kind", "")] = None
            self.wake.set()

    async def _beat(self) -> None:
        """Through the layer to oneself: what does not come back tells that hints do not come either."""
        while True:
            await asyncio.sleep(self.beat_every)
            self.missed = 0 if self.heard else self.missed + 1
            if self.missed >= 2:
                await self._say("poll")
            self.heard = False
            await self._ask_for_beat()
            if self._rights_age() > self.idle_rights_every:
                await self._keep_rights()

    async def _ask_for_beat(self) -> None:
        if not self.channel:
            return
        try:
            async with asyncio.timeout(self.layer_within):
                await self.layer.send(self.channel, {"type": "beat"})
        except LAYER_AWAY as error:
            log.debug("a heartbeat was not sent", error=type(error).__name__)

    async def _keep_rights(self) -> None:
        try:
            await self._read_rights()
        except DATABASE_AWAY as error:
            log.debug("rights could not be read", error=type(error).__name__)

    async def _flush(self) -> None:
        """Hints of a tenth of a second together, each once, of what the listener may read."""
        while True:
            await self.wake.wait()
            await asyncio.sleep(self.gather_for)
            self.wake.clear()
            hints, self.pending = list(self.pending), {}
            if self._rights_age() > self.rights_every or any(what == "grants" for what, *_ in hints):
                try:
                    await self._read_rights()
                except DATABASE_AWAY:
                    # Nothing is passed on under rights nobody could read; the same hints are looked at again.
                    self.pending = dict.fromkeys(hints) | self.pending
                    self.wake.set()
                    await asyncio.sleep(1)
                    continue
            for what, ident, project, kind in hints:
                if self._may_hear(what, ident, project, kind):
                    await self._send({"type": "hint", "what": what, "id": ident, "project": project})

    def _may_hear(self, what: str, ident: Any, project: Any, kind: str) -> bool:
        """Who lost a project is told that his grants changed, and no more of it. The brake is everybody's."""
        his = what == "grants" and ident == self.rights.user_id
        return project in self.rights.projects or kind in self.rights.kinds or what == "brake" or his

    async def _say(self, mode: str) -> None:
        if mode != self.mode:
            self.mode = mode
            await self._send({"type": "mode", "mode": mode})

    async def _send(self, content: dict[str, Any]) -> None:
        """A client that does not read is not waited for."""
        try:
            async with self.sending, asyncio.timeout(self.send_within):
                await self._send_raw({"type": "websocket.send", "text": json.dumps(content)})
        except TimeoutError:
            raise SocketClosed(TOO_SLOW) from None
