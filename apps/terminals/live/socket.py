"""One browser's WebSocket at a shell: the claim, then bytes both ways until one of them goes.

An ASGI application of our own: every message stays on the loop. Must not: compress, take a claim from the URL, wait for
the container while it listens to the browser, or send output that the shell did not release.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any

import structlog
from django.conf import settings

from apps.common.errors import DomainError
from apps.terminals.live import protocol
from apps.terminals.live.ends import End, Over
from apps.terminals.live.flow import WINDOW, AcknowledgedTooMuch
from apps.terminals.live.house import House, house
from apps.terminals.live.keyboard import TypedTooMuch
from apps.terminals.live.protocol import Claim, Input, NotUnderstood, Taken
from apps.terminals.live.ring import BytesGone
from apps.terminals.live.seat import Seat
from apps.terminals.live.shell import Shell
from apps.terminals.live.threads import in_thread
from apps.terminals.live.why import refusal
from apps.terminals.services import live
from apps.terminals.services.live import Target
from apps.tickets.consumers import DATABASE_AWAY

log = structlog.get_logger(__name__)
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
TRY_AGAIN_CODES = frozenset({"terminal.elsewhere"})


class SocketClosed(Exception):
    """This socket ends: with a code, or with None because the browser is gone."""

    def __init__(self, code: int | None, reason: str = "") -> None:
        super().__init__(code, reason)
        self.code, self.reason = code, reason


class TerminalSocket:
    """One connection. Times are seconds."""

    policy_action = "terminal.open"
    claim_within = 10.0
    slow_after = 60.0
    close_within = 5.0

    def __init__(self, scope: Message, receive: Receive, send: Send) -> None:
        self.scope, self._receive, self._send = scope, receive, send
        self.session_id: int = scope["url_route"]["kwargs"]["session_id"]
        self._shell: Shell | None = None

    @classmethod
    def as_asgi(cls) -> Callable[[Message, Receive, Send], Awaitable[None]]:
        """The ASGI application: one object per socket."""

        async def application(scope: Message, receive: Receive, send: Send) -> None:
            await cls(scope, receive, send).serve()

        return application

    async def serve(self) -> None:
        """From the handshake to the close, of which every one has a code."""
        try:
            if (await self._receive())["type"] != "websocket.connect":
                return
            await self._send({"type": "websocket.accept"})
            code, reason = await self._serve()
            if code is not None:
                await self._close(code, reason)
        except OSError:
            log.debug("the browser is gone", session=self.session_id)
        finally:
            await self._see_off()

    async def _serve(self) -> tuple[int | None, str]:
        try:
            claim = await self._first_message()
            self._shell = await self._find(house(), claim)
            await self._converse(self._shell, claim)
        except SocketClosed as end:
            return end.code, end.reason
        except (NotUnderstood, AcknowledgedTooMuch, TypedTooMuch) as error:
            return protocol.NOT_UNDERSTOOD, type(error).__name__
        except BytesGone:
            return protocol.ELSEWHERE, "bytes_gone"
        except DATABASE_AWAY:
            return protocol.TRY_AGAIN, "database"
        return None, ""

    # -- from the claim to the shell ------------------------------------------------------------------------
    async def _first_message(self) -> Claim:
        try:
            async with asyncio.timeout(self.claim_within):
                message = await self._next()
        except TimeoutError:
            raise SocketClosed(protocol.CLAIM_REFUSED, "no claim") from None
        return protocol.claim_of(message.get("text") or "")

    async def _find(self, place: House, claim: Claim) -> Shell:
        """The session's shell; else the browser is told why there is none, and closed."""
        if place.is_leaving:
            raise SocketClosed(protocol.RESTARTING, "restarting")
        try:
            target = await self._redeem(place, claim)
            return await place.shell_of(target, claim.cols, claim.rows)
        except Over as over:
            code, reason = await self._tell(over.end)
            raise SocketClosed(code, reason) from None

    async def _redeem(self, place: House, claim: Claim) -> Target:
        try:
            return await in_thread(
                "connect", live.redeem, self.session_id, claim.claim, self._cookie(), host=place.host, ip=self._ip()
            )
        except DomainError as error:
            if error.code in TRY_AGAIN_CODES:
                raise SocketClosed(protocol.ELSEWHERE, "elsewhere") from None
            if error.code == "terminal.ended_already":
                raise Over(End(error.code, error.params)) from None
            if error.http_status in (401, 403, 404):
                raise SocketClosed(protocol.CLAIM_REFUSED, error.code) from None
            end = refusal(error, str(error.params.get("pod", "")))
            await in_thread("notes", live.note_ended, self.session_id, end.code, end.params)
            raise Over(end) from None

    def _cookie(self) -> str:
        given = [value for name, value in self.scope.get("headers", ()) if name == b"cookie"]
        jar: SimpleCookie = SimpleCookie()
        try:
            jar.load(b"; ".join(given).decode("latin-1"))
        except CookieError:
            return ""
        morsel = jar.get(settings.SESSION_COOKIE_NAME)
        return "" if morsel is None else morsel.value

    def _ip(self) -> str:
        client = self.scope.get("client")
        return str(client[0]) if client else ""

    async def _tell(self, end: End) -> tuple[int, str]:
        """The end in words, for a browser that has no seat."""
        await self._send({"type": "websocket.send", "text": json.dumps(end.message())})
        return protocol.ENDED, end.code

    # -- at the shell ---------------------------------------------------------------------------------------
    async def _converse(self, shell: Shell, claim: Claim) -> None:
        seat = shell.sit(claim.position)
        seat.say(
            {
                "type": "attached",
                "from": seat.flow.taken,
                "input": shell.keyboard.accepted,
                "window": WINDOW,
                "state": shell.state(),
            }
        )
        shell.keyboard.resized(claim.cols, claim.rows)
        parts = (self._listen(shell, seat), self._show(seat), self._watch(seat))
        tasks = [asyncio.create_task(part) for part in parts]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            shell.stand_up(seat)
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
        for error in [task.exception() for task in tasks if not task.cancelled()]:
            if error is not None:
                raise error

    async def _see_off(self) -> None:
        """A server that stops waits for its sockets: none is gone before its shell's end is written down."""
        if self._shell is None or self._shell.end is None:
            return
        try:
            async with asyncio.timeout(self.close_within):
                await self._shell.is_gone.wait()
        except TimeoutError:
            log.warning("a terminal's end is not noted yet", session=self.session_id)

    async def _listen(self, shell: Shell, seat: Seat) -> None:
        """Takes what the browser says at once: input waits in its own place, so acknowledgements never do."""
        while True:
            message = await self._next()
            data = message.get("bytes")
            if data is None:
                seat.say({"type": "pong", "n": protocol.ping_of(message.get("text") or "")})
                continue
            frame = protocol.frame_of(data)
            if isinstance(frame, Taken):
                shell.taken(seat, frame.position)  # also after the end: what was written before is still delivered
            elif shell.seat is not seat or shell.end is not None:
                continue  # somebody else has the keyboard, or nobody any more
            elif isinstance(frame, Input):
                shell.keyboard.typed(frame.data)
            else:
                shell.keyboard.resized(frame.cols, frame.rows)

    async def _show(self, seat: Seat) -> None:
        loop = asyncio.get_running_loop()
        while True:
            seat.wake.clear()
            while (message := seat.next(loop.time())) is not None:
                await self._send(message)
            if seat.leaving is not None:
                raise SocketClosed(*seat.leaving)
            await seat.wake.wait()

    async def _watch(self, seat: Seat) -> None:
        """A browser that takes nothing for a minute is closed: it may resume."""
        loop = asyncio.get_running_loop()
        while (left := self.slow_after - seat.flow.stalled_for(loop.time())) > 0:
            await asyncio.sleep(left)
        raise SocketClosed(protocol.TOO_SLOW, "too_slow")

    async def _next(self) -> Message:
        message = await self._receive()
        if message["type"] == "websocket.disconnect":
            raise SocketClosed(None)
        return message

    async def _close(self, code: int, reason: str) -> None:
        try:
            async with asyncio.timeout(self.close_within):
                await self._send({"type": "websocket.close", "code": code, "reason": reason[:100]})
        except (OSError, TimeoutError):
            log.debug("the browser did not wait for the close", code=code)
