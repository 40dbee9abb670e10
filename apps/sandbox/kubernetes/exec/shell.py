"""The emulated sh and bash: runs parsed scripts, and the interactive loop on a terminal.

Every external command is a process in the container's table for as long as it runs. Must not: start anything
real; leave a background job behind when the shell ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from apps.sandbox.kubernetes.exec import commands, compound
from apps.sandbox.kubernetes.exec.builtins import BUILT_IN, ShellExit, assignments
from apps.sandbox.kubernetes.exec.commands import Call, Context
from apps.sandbox.kubernetes.exec.compound import is_compound
from apps.sandbox.kubernetes.exec.expansion import expand
from apps.sandbox.kubernetes.exec.grammar import Command, Pipeline, Redirect, ShellSyntaxError, parse
from apps.sandbox.kubernetes.exec.streams import Capture, Discard, Empty, Input, InterruptedRead, Output, Pipe
from apps.sandbox.kubernetes.life.processes import KILLED, Process

SHELLS = ("sh", "ash", "bash")
NOT_FOUND = 127
INTERRUPTED = 130
BROKEN_PIPE = 141
CURSOR_REQUEST = b"\x1b[6n"
# Programs that a shell has built in: they run without a process of their own.
BUILT_IN_PROGRAMS = ("echo", "printf", "pwd", "true", "false", "kill")


# Commands that live on when their shell and its session are gone, and their tasks.
OUTLIVES = ("nohup", "setsid")
OUTLIVING: set[asyncio.Task[int]] = set()


def outlives(pipeline: Pipeline) -> bool:
    """Whether a background job is to live on without its shell."""
    first = pipeline.commands[0].words[:1]
    return bool(first) and "".join(part.text for part in first[0]) in OUTLIVES


def is_shell(argv0: str) -> bool:
    """Whether a command's first word starts a shell."""
    directory, _, name = argv0.rpartition("/")
    return name in SHELLS and directory in ("", "/bin", "/usr/bin")


class Shell:
    """One running shell."""

    def __init__(self, process: Process, context: Context, stdin: Input, stdout: Output, stderr: Output) -> None:
        self.process, self.context = process, context
        self.stdin, self.stdout, self.stderr = stdin, stdout, stderr
        self.variables = dict(context.environment)
        self.called, self.arguments = process.argv[0], list[str]()
        self.last_job = ""
        self.successor: Shell | None = None
        self.status = 0
        self.foreground: asyncio.Task[int] | None = None
        self.jobs: set[asyncio.Task[int]] = set()

    # -- entry points -------------------------------------------------------------------------------------
    async def main(self) -> int:
        """Run as the process's argv says: `-c SCRIPT`, else lines from stdin. Answers the exit code."""
        try:
            arguments = [a for a in self.process.argv[1:] if a not in ("-i", "-l", "--login")]
            if arguments[:1] in (["-c"], ["-lc"], ["-ic"]):
                if len(arguments) < 2:
                    await self.complain("-c requires an argument")
                    return 2
                self.called, self.arguments = (arguments[2:3] or [self.process.argv[0]])[0], arguments[3:]
                return await self.run(arguments[1])
            return await self._lines()
        except ShellExit as wish:
            return wish.status
        finally:
            for job in list(self.jobs):
                job.cancel()
            await asyncio.gather(*self.jobs, return_exceptions=True)

    async def _lines(self) -> int:
        terminal = self.context.terminal
        while True:
            if terminal is not None:
                await self.stdout.write(self._prompt())
            try:
                line = await self.stdin.readline()
            except InterruptedRead:
                self.status = INTERRUPTED
                continue
            if not line:
                if terminal is not None:
                    await self.stdout.write(b"exit\n" if "bash" in self.process.argv[0] else b"\n")
                return self.status
            await self._one_line(line.decode(errors="replace"), interactive=terminal is not None)

    async def _one_line(self, line: str, *, interactive: bool) -> None:
        if not interactive:
            self.status = await self.run(line)
            return
        self.foreground = asyncio.ensure_future(self.run(line))
        try:
            self.status = await self.foreground
        except asyncio.CancelledError:
            # Either Ctrl-C cancelled the command alone, or the whole session is being ended.
            current = asyncio.current_task()
            if current is not None and current.cancelling():
                raise
            self.status = INTERRUPTED
        finally:
            self.foreground = None

    def interrupt(self) -> None:
        """Ctrl-C: end the command in the foreground, else throw the line away."""
        if self.successor is not None:
            self.successor.interrupt()
        elif self.foreground is not None:
            self.foreground.cancel()
        else:
            self.stdin.interrupt()

    def _prompt(self) -> bytes:
        if "bash" in self.process.argv[0]:
            return f"root@{self.context.hostname}:{self.context.cwd}# ".encode()
        return f"{self.context.cwd} # ".encode() + CURSOR_REQUEST

    async def complain(self, text: str) -> None:
        """Write a line to stderr in the shell's name."""
        await self.stderr.write(f"{self.process.argv[0].rpartition('/')[2]}: {text}\n".encode())

    # -- scripts ------------------------------------------------------------------------------------------
    async def run(self, script: str) -> int:
        """Run a script; answers the status of its last command."""
        try:
            pipelines = parse(script)
        except ShellSyntaxError as error:
            await self.complain(f"syntax error: {error}")
            return 2
        return await self.run_all(pipelines)

    async def run_all(self, pipelines: list[Pipeline]) -> int:
        """Run parsed pipelines in order; answers the status of the last one."""
        for pipeline in pipelines:
            if (pipeline.before == "&&" and self.status != 0) or (pipeline.before == "||" and self.status == 0):
                continue
            if pipeline.background:
                jobs = OUTLIVING if outlives(pipeline) else self.jobs
                job = asyncio.ensure_future(self._background(pipeline))
                jobs.add(job)
                job.add_done_callback(jobs.discard)
                self.status = 0
                # The job has to be in the process table before the next command looks for it.
                await asyncio.sleep(0)
                self.last_job = str(max((p.pid for p in self.context.table.sessions()), default=0))
            else:
                self.status = await self._pipeline(pipeline)
                if pipeline.is_negated:
                    self.status = 1 if self.status == 0 else 0
        return self.status

    async def _background(self, pipeline: Pipeline) -> int:
        try:
            return await self._pipeline(pipeline)
        except ShellExit as wish:
            return wish.status

    async def _pipeline(self, pipeline: Pipeline) -> int:
        if len(pipeline.commands) == 1:
            stdin: Input = Empty() if pipeline.background else self.stdin
            return await self._command(pipeline.commands[0], stdin, self.stdout)
        pipes = [Pipe() for _ in pipeline.commands[1:]]
        first: Input = Empty() if pipeline.background else self.stdin
        tasks = [
            asyncio.ensure_future(self._stage(command, source, sink))
            for command, source, sink in zip(pipeline.commands, [first, *pipes], [*pipes, self.stdout], strict=True)
        ]
        try:
            return (await asyncio.gather(*tasks))[-1]
        finally:
            for task in tasks:
                task.cancel()

    async def _stage(self, command: Command, source: Input, sink: Output) -> int:
        try:
            return await self._command(command, source, sink)
        except ShellExit as wish:
            return wish.status
        except BrokenPipeError:
            return BROKEN_PIPE
        finally:
            if isinstance(sink, Pipe):
                sink.feed_eof()
            if isinstance(source, Pipe):
                source.close_reader()

    async def _command(self, command: Command, stdin: Input, stdout: Output) -> int:
        if is_compound(command):
            return await compound.run(self, command, *await self._redirected(command.redirects, stdin, stdout))
        argv: list[str] = []
        for word in command.words:
            argv += await expand(self, word)
        try:
            streams = await self._redirected(command.redirects, stdin, stdout)
        except (FileNotFoundError, IsADirectoryError) as error:
            await self.complain(f"can't open {error}: no such file")
            return 1
        assigned = assignments(argv)
        if len(assigned) == len(argv):
            self.variables.update(assigned)
            return self.status if not argv and command.words else 0
        call = Call(argv[len(assigned) :], self.context, *streams)
        status = await self._dispatch(call, assigned)
        for output in streams[1:]:
            if isinstance(output, _FileOutput):
                output.close()
        return status

    async def become(self, call: Call) -> int:
        """`exec`: the command runs as this process, with what was exported as its environment."""
        self.process.argv, self.process.environment = call.argv, dict(self.context.environment)
        if is_shell(call.argv[0]):
            self.successor = Shell(self.process, self.context, call.stdin, call.stdout, call.stderr)
            return await self.successor.main()
        found = commands.find(call.argv[0])
        if found is None:
            await self.complain(f"exec: {call.argv[0]}: not found")
            return NOT_FOUND
        return await found(call)

    async def _dispatch(self, call: Call, assigned: dict[str, str] | None = None) -> int:
        name = call.argv[0]
        if name in OUTLIVES and len(call.argv) > 1:
            return await self._external(call, self._wrapped, assigned)
        built_in = BUILT_IN.get(name)
        if built_in is not None:
            return await built_in(self, call)
        if is_shell(name):
            return await self._external(call, _subshell, assigned)
        found = commands.find(name)
        if found is None:
            await self.complain(f"{name}: not found")
            return NOT_FOUND
        if name in BUILT_IN_PROGRAMS:
            return await found(call)
        return await self._external(call, lambda call, process: found(call), assigned)

    async def _wrapped(self, call: Call, process: Process) -> int:
        """`nohup COMMAND`, `setsid COMMAND`: the same process, under the command's name."""
        process.argv = call.argv[1:]
        inner = Call(process.argv, call.context, call.stdin, call.stdout, call.stderr)
        if is_shell(process.argv[0]):
            return await _subshell(inner, process)
        found = commands.find(process.argv[0])
        return await found(inner) if found is not None else NOT_FOUND

    async def _external(
        self, call: Call, run: Callable[[Call, Process], Awaitable[int]], assigned: dict[str, str] | None = None
    ) -> int:
        """Run as a process of its own, which can be killed without the shell."""
        ignores = self.process.ignores | ({"HUP"} if call.argv[0] in OUTLIVES else frozenset())
        environment = {**self.context.environment, **(assigned or {})}
        with self.context.table.running(
            call.argv, ppid=self.process.pid, tty=self.process.tty, environment=environment, ignores=ignores
        ) as process:
            process.task = asyncio.ensure_future(run(call, process))
            try:
                return int(await process.task)
            except asyncio.CancelledError:
                current = asyncio.current_task()
                if current is not None and current.cancelling():
                    raise
                return KILLED
            finally:
                process.task.cancel()

    # -- words and redirections ---------------------------------------------------------------------------
    async def substitute(self, script: str) -> str:
        """What a script writes, without its last newlines."""
        capture = Capture()
        outer, self.stdout = self.stdout, capture
        try:
            await self.run(script)
        finally:
            self.stdout = outer
        return capture.data.decode(errors="replace").rstrip("\n")

    async def _redirected(
        self, redirects: list[Redirect], stdin: Input, stdout: Output
    ) -> tuple[Input, Output, Output]:
        outputs: dict[int, Output] = {1: stdout, 2: self.stderr}
        for redirect in redirects:
            target = "".join(await expand(self, redirect.target))
            if redirect.operator == ">&":
                if target in ("1", "2"):
                    outputs[redirect.fd] = outputs[int(target)]
            elif redirect.operator == "<":
                stdin = Input()
                if target != "/dev/null":
                    stdin.feed(self.context.tree.read(self.path(target)).encode())
                stdin.feed_eof()
            elif target == "/dev/null":
                outputs[redirect.fd] = Discard()
            else:
                outputs[redirect.fd] = _FileOutput(self.context, self.path(target), redirect.operator == ">>")
        return stdin, outputs[1], outputs[2]

    def path(self, name: str) -> str:
        """The absolute path a name means here."""
        return self.context.tree.resolve(self.context.cwd, name)


class _FileOutput:
    """Output into a file of the session's tree."""

    def __init__(self, context: Context, path: str, append: bool) -> None:
        self._context, self._path = context, path
        self._data = bytearray()
        context.tree.write(path, "", append=append)

    async def write(self, data: bytes) -> None:
        self._data += data
        await asyncio.sleep(0)

    def close(self) -> None:
        self._context.tree.write(self._path, self._data.decode(errors="replace"), append=True)


async def _subshell(call: Call, process: Process) -> int:
    return await Shell(process, call.context, call.stdin, call.stdout, call.stderr).main()
