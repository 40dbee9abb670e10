"""One browser's place at a shell: what it is sent next, and in which order.

Control first, output as far as the window allows, the end last. Must not: send anything itself, or show output once
the shell's end forbids it.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from typing import TYPE_CHECKING, Any

from apps.terminals.live import protocol
from apps.terminals.live.flow import Flow

if TYPE_CHECKING:
    from apps.terminals.live.ring import Reader
    from apps.terminals.live.shell import Shell

TAKEN_OVER = (protocol.ELSEWHERE, "taken_over")
Sent = dict[str, Any]


class Seat:
    """`wake` is set whenever there may be something to send; `leaving` once there is nothing but a close code."""

    def __init__(self, shell: Shell, reader: Reader, now: float) -> None:
        self.flow = Flow(reader.position, now)
        self.wake = asyncio.Event()
        self.leaving: tuple[int, str] | None = None
        self._shell, self._reader = shell, reader
        self._texts: deque[dict[str, Any]] = deque()
        self._told_accepted = shell.keyboard.accepted

    def say(self, content: dict[str, Any]) -> None:
        """Send a text message."""
        self._texts.append(content)
        self.wake.set()

    def leave(self, code: int, reason: str) -> None:
        """This browser is closed; nothing more is sent."""
        self.leaving = self.leaving or (code, reason)
        self.wake.set()

    def next(self, now: float) -> Sent | None:
        """The next message for this browser; None when it has to wait."""
        if self.leaving is not None:
            return None
        end = self._shell.end
        if end is None or end.is_natural:
            message = self._control() or self._output(now)
            if message is not None or end is None or self._has_output():
                return message
        self.leave(*_close_of(end.code))
        return {"type": "websocket.send", "text": json.dumps(end.message())}

    def _control(self) -> Sent | None:
        if self._texts:
            return {"type": "websocket.send", "text": json.dumps(self._texts.popleft())}
        accepted = self._shell.keyboard.accepted
        if accepted == self._told_accepted:
            return None
        self._told_accepted = accepted
        return {"type": "websocket.send", "bytes": protocol.accepted(accepted)}

    def _output(self, now: float) -> Sent | None:
        if not self.flow.may_send():
            return None
        frame = self._reader.next(self.flow.limit // 4)
        if frame is None:
            return None
        self.flow.note_sent(self._reader.position, now)
        return {"type": "websocket.send", "bytes": frame}

    def _has_output(self) -> bool:
        return self._reader.position < self._shell.ring.end


def _close_of(code: str) -> tuple[int, str]:
    if code == "terminal.end.restarting":
        return protocol.RESTARTING, "restarting"
    return protocol.ENDED, code
