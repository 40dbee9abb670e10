"""One exec session: pumps a WebSocket into an emulated command and its output back.

The command is a process of the container from start to end, however the session ends. Must not: decide whether
the session is allowed (the handler did).
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

from aiohttp import WSMsgType, web

from apps.sandbox.kubernetes.exec import commands, programs_system, programs_text, protocol
from apps.sandbox.kubernetes.exec.commands import Call, Context
from apps.sandbox.kubernetes.exec.files import main_command, tree_of
from apps.sandbox.kubernetes.exec.protocol import ChannelOutput, Wire
from apps.sandbox.kubernetes.exec.shell import INTERRUPTED, Shell, is_shell
from apps.sandbox.kubernetes.exec.streams import Discard, Empty, Input, Output, Terminal
from apps.sandbox.kubernetes.life.processes import KILLED, Process, ProcessTables

# Importing them puts their programs into the table.
PROGRAM_MODULES = (programs_text, programs_system)


@dataclass(frozen=True)
class ExecOptions:
    """What the query asked for."""

    command: list[str]
    stdin: bool
    stdout: bool
    stderr: bool
    tty: bool

    @classmethod
    def from_query(cls, request: web.Request) -> ExecOptions:
        """Read the query as the API server does: every spelling but 0, false and nothing is true."""

        def flag(name: str) -> bool:
            return request.query.get(name, "").lower() not in ("", "0", "false")

        command = request.query.getall("command", [])
        return cls(command, flag("stdin"), flag("stdout"), flag("stderr"), flag("tty"))


class Session:
    """A running session; `run` returns when it is over and nothing of it is left."""

    def __init__(
        self,
        wire: Wire,
        options: ExecOptions,
        pod: dict[str, Any],
        container: dict[str, Any],
        tables: ProcessTables,
    ) -> None:
        self._wire, self._options, self._pod, self._tables = wire, options, pod, tables
        uid = pod["metadata"]["uid"]
        environment = environment_of(pod, container)
        self._context = Context(
            hostname=pod["metadata"]["name"],
            tree=tree_of(pod, container),
            table=tables.table(uid, container["name"], main_command(container), environment),
            environment=dict(environment),
        )
        self._context.tree.live(self._context.table.files)
        self._stdout, self._stderr = self._outputs()
        self._stdin = self._input()
        self._interrupt: Callable[[], None] = lambda: None
        self._work: asyncio.Task[int] | None = None
        self._killed_with: int | None = None
        self._input_bytes, self._last_input_at = 0, 0.0

    def counted(self) -> dict[str, Any]:
        """For the journal: what came in, and when the last of it did; tests take "nothing after that" from here."""
        return {"input_bytes": self._input_bytes, "last_input_at": self._last_input_at}

    def _outputs(self) -> tuple[Output, Output]:
        options, wire = self._options, self._wire
        stdout: Output = Discard()
        stderr: Output = Discard()
        if options.stdout:
            stdout = ChannelOutput(wire, protocol.STDOUT, is_tty=options.tty)
        if options.tty:
            stderr = stdout
        elif options.stderr:
            stderr = ChannelOutput(wire, protocol.STDERR, is_tty=False)
        return stdout, stderr

    def _input(self) -> Input:
        if self._options.tty:
            # What the terminal echoes already carries CR LF.
            raw = ChannelOutput(self._wire, protocol.STDOUT, is_tty=False) if self._options.stdout else Discard()
            terminal = Terminal(raw.write, lambda: self._interrupt())
            self._context.terminal = terminal
            return terminal
        return Input() if self._options.stdin else Empty()

    # -- life ---------------------------------------------------------------------------------------------
    async def run(self) -> None:
        """Run the command to its end, or until the client or the pod is gone."""
        argv = self._options.command
        start = self._program(argv)
        if start is None:
            await self._wire.finish(protocol.start_failure(token_hex(32), argv, self._wire.protocol))
            return
        tty = "pts/0" if self._options.tty else "?"
        with (
            self._context.table.running(argv, tty=tty, environment=self._context.environment) as process,
            self._tables.session(self._pod["metadata"]["uid"], lambda: self._kill(KILLED)),
        ):
            self._work = process.task = asyncio.ensure_future(start(process))
            reader = asyncio.ensure_future(self._read())
            try:
                await asyncio.wait({self._work, reader}, return_when=asyncio.FIRST_COMPLETED)
                code = await self._ended(reader)
            finally:
                self._work.cancel()
                reader.cancel()
                await asyncio.gather(self._work, reader, return_exceptions=True)
        if code is not None:
            await self._wire.finish(protocol.exit_status(code, argv, self._wire.protocol))

    async def _ended(self, reader: asyncio.Task[None]) -> int | None:
        """The exit code; None when the client went away first."""
        assert self._work is not None
        if not self._work.done() and reader.done():
            return None
        try:
            return await self._work
        except asyncio.CancelledError:
            current = asyncio.current_task()
            if current is not None and current.cancelling():
                raise
            return KILLED if self._killed_with is None else self._killed_with
        except BrokenPipeError:
            return None

    def _kill(self, code: int) -> None:
        if self._work is not None:
            self._killed_with = code
            self._work.cancel()

    def _program(self, argv: list[str]) -> Callable[[Process], Awaitable[int]] | None:
        if not argv:
            return None
        if is_shell(argv[0]):
            return self._run_shell if argv[0].rpartition("/")[2] in shells_of(self._pod) else None
        found = commands.find(argv[0])
        if found is None:
            return None
        call = Call(argv, self._context, self._stdin, self._stdout, self._stderr)
        self._interrupt = lambda: self._kill(INTERRUPTED)
        return lambda process: found(call)

    async def _run_shell(self, process: Process) -> int:
        shell = Shell(process, self._context, self._stdin, self._stdout, self._stderr)
        self._interrupt = shell.interrupt
        return await shell.main()

    # -- client to container ------------------------------------------------------------------------------
    async def _read(self) -> None:
        """Feed the client's frames until it closes. Its end of input is no end of the session."""
        while True:
            message = await self._wire.ws.receive()
            if message.type in (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR):
                return
            frame = self._wire.parse(message)
            if frame is not None:
                await self._frame(*frame)

    async def _frame(self, channel: int, data: bytes) -> None:
        if channel == protocol.STDIN and self._options.stdin and data:
            self._input_bytes, self._last_input_at = self._input_bytes + len(data), time.time()
            await self._stdin.room()
            if isinstance(self._stdin, Terminal):
                await self._stdin.typed(data)
            else:
                self._stdin.feed(data)
        elif channel == protocol.RESIZE:
            self._resize(data)
        elif channel == protocol.CLOSE and data == b"\x00" and self._wire.protocol == protocol.V5:
            self._stdin.feed_eof()

    def _resize(self, data: bytes) -> None:
        try:
            size = json.loads(data)
            width, height = int(size["Width"]), int(size["Height"])
        except (ValueError, KeyError, TypeError):
            return
        if isinstance(self._stdin, Terminal):
            self._stdin.resize(width, height)


def shells_of(pod: dict[str, Any]) -> list[str]:
    """The shells an image carries; the pod's annotation `sandbox.shells` says otherwise ("": none at all)."""
    annotations = pod["metadata"].get("annotations") or {}
    return [name for name in annotations.get("sandbox.shells", "sh,ash,bash").split(",") if name]


def environment_of(pod: dict[str, Any], container: dict[str, Any]) -> dict[str, str]:
    """The environment of a container; values that come from elsewhere are left out."""
    environment = {"PATH": commands.PATH, "HOSTNAME": pod["metadata"]["name"], "HOME": "/root", "TERM": "xterm"}
    for entry in container.get("env") or []:
        if "value" in entry:
            environment[entry["name"]] = entry["value"]
    environment["KUBERNETES_SERVICE_HOST"] = "10.96.0.1"
    environment["KUBERNETES_SERVICE_PORT"] = "443"
    return environment
