"""The channel protocol of pods/exec: which subprotocol is spoken, how frames look, what the last Status says.

Must not: run commands or know of pods.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
from collections.abc import Callable
from typing import Any

from aiohttp import WSMessage, WSMsgType, web

V5, V4 = "v5.channel.k8s.io", "v4.channel.k8s.io"
V4_BASE64, BASE64, PLAIN = "v4.base64.channel.k8s.io", "base64.channel.k8s.io", "channel.k8s.io"
# The server's own order of preference, whatever the client's is.
SUPPORTED = (V5, V4, V4_BASE64, BASE64, PLAIN)
BEARER_PREFIX = "base64url.bearer.authorization.k8s.io."

STDIN, STDOUT, STDERR, ERROR, RESIZE = range(5)
CLOSE = 255
MAX_FRAME = 32 * 1024

Status = dict[str, Any]


def offered(request: web.Request) -> list[str]:
    """The subprotocols a client offers, without a token among them."""
    header = ",".join(request.headers.getall("Sec-WebSocket-Protocol", []))
    names = [name.strip() for name in header.split(",") if name.strip()]
    return [name for name in names if not name.startswith(BEARER_PREFIX)]


def choose(names: list[str]) -> str | None:
    """The subprotocol to speak: "" when none was offered, None when none offered is known."""
    if not names:
        return ""
    return next((name for name in SUPPORTED if name in names), None)


def go_json(value: Any) -> str:
    """JSON as Go writes it: compact, with <, > and & escaped."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


class Wire:
    """One accepted WebSocket in one subprotocol."""

    def __init__(self, ws: web.WebSocketResponse, protocol: str) -> None:
        self.ws, self.protocol = ws, protocol
        self.is_text = protocol in (V4_BASE64, BASE64)
        self.has_status = protocol in (V5, V4, V4_BASE64)
        self.is_gone = False
        self.says_status: Callable[[], bool] = lambda: True

    async def send(self, channel: int, data: bytes) -> None:
        """Send one frame; to a client that is gone, nothing, and `is_gone` says so."""
        if self.ws.closed or self.is_gone:
            self.is_gone = True
            return
        try:
            if self.is_text:
                await self.ws.send_str(str(channel) + base64.b64encode(data).decode())
            else:
                await self.ws.send_bytes(bytes([channel]) + data)
        except ConnectionError:
            self.is_gone = True

    async def finish(self, status: Status) -> None:
        """Send the closing Status in the subprotocol's way and close with 1000."""
        if not self.says_status():
            await self.ws.close(code=1000)
            return
        if self.has_status:
            await self.send(ERROR, go_json(status).encode())
        elif status["status"] != "Success":
            await self.send(ERROR, status["message"].encode())
        await self.ws.close(code=1000)

    def parse(self, message: WSMessage) -> tuple[int, bytes] | None:
        """Channel and data of a client's frame; None for junk, which is ignored."""
        raw: bytes
        if message.type is WSMsgType.TEXT:
            raw = message.data.encode()
        elif message.type is WSMsgType.BINARY:
            raw = message.data
        else:
            return None
        if not raw:
            return None
        if not self.is_text:
            return raw[0], raw[1:]
        try:
            return int(raw[:1]), base64.b64decode(raw[1:])
        except (ValueError, binascii.Error):
            return None


class ChannelOutput:
    """Output of a command on one channel, in frames of at most 32 KiB; a tty's newlines become CR LF."""

    def __init__(self, wire: Wire, channel: int, *, is_tty: bool) -> None:
        self._wire, self._channel, self._is_tty = wire, channel, is_tty

    async def write(self, data: bytes) -> None:
        """Send `data`, waiting while the client is slow; BrokenPipeError when it is gone."""
        if self._is_tty:
            data = data.replace(b"\n", b"\r\n")
        for start in range(0, len(data), MAX_FRAME):
            await self._wire.send(self._channel, data[start : start + MAX_FRAME])
        # A frame that is taken at once waits for nothing: a program that only writes would let nobody else run, not
        # even who notices that the connection was lost.
        await asyncio.sleep(0)
        if self._wire.is_gone:
            raise BrokenPipeError


def success() -> Status:
    """The Status of exit code 0."""
    return {"metadata": {}, "status": "Success"}


def exit_status(code: int, argv: list[str], protocol: str) -> Status:
    """The Status of an ended command."""
    if code == 0:
        return success()
    if protocol == V5:
        reason = f"command terminated with exit code {code}"
    else:
        reason = f"error executing command [{' '.join(argv)}], exit code {code}"
    return {
        "metadata": {},
        "status": "Failure",
        "message": f"command terminated with non-zero exit code: {reason}",
        "reason": "NonZeroExitCode",
        "details": {"causes": [{"reason": "ExitCode", "message": str(code)}]},
    }


def internal_error(message: str, *, wrapped: bool = True) -> Status:
    """A Status 500; `wrapped` puts the usual words in front of the message (not of its cause)."""
    return {
        "metadata": {},
        "status": "Failure",
        "message": f"Internal error occurred: {message}" if wrapped else message,
        "reason": "InternalError",
        "details": {"causes": [{"message": message}]},
        "code": 500,
    }


def start_failure(exec_id: str, argv: list[str], protocol: str) -> Status:
    """The Status of a command that is not in the container."""
    what = f'exec: "{argv[0]}": executable file not found in $PATH' if argv else "args must not be empty"
    inner = (
        f'error executing command in container: failed to exec in container: failed to start exec "{exec_id}": '
        f"OCI runtime exec failed: exec failed: "
        + (f"unable to start container process: {what}: unknown" if argv else f"{what}: unknown")
    )
    if protocol == V5:
        inner = f"Internal error occurred: {inner}"
    return internal_error(inner)
