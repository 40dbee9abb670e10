"""The emulated programs of a container: each reads its input, writes its output and answers an exit code.

Harmless by construction: nothing here starts a process, opens a socket or touches the real file system.
Must not: know the shell's grammar or the WebSocket.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from apps.sandbox.kubernetes.exec.files import FileTree
from apps.sandbox.kubernetes.exec.streams import Input, Output, Terminal
from apps.sandbox.kubernetes.life.processes import ProcessTable

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass
class Context:
    """What every command of a session shares."""

    hostname: str
    tree: FileTree
    table: ProcessTable
    environment: dict[str, str]
    cwd: str = "/app"
    terminal: Terminal | None = None


@dataclass
class Call:
    """One run of one command."""

    argv: list[str]
    context: Context
    stdin: Input
    stdout: Output
    stderr: Output

    async def print(self, text: str) -> None:
        """Write a line to stdout."""
        await self.stdout.write(text.encode() + b"\n")

    async def complain(self, text: str) -> int:
        """Write a line to stderr and answer 1."""
        await self.stderr.write(f"{self.argv[0]}: {text}\n".encode())
        return 1

    def path(self, name: str) -> str:
        """The absolute path a name means here."""
        return self.context.tree.resolve(self.context.cwd, name)


Program = Callable[[Call], Awaitable[int]]
PROGRAMS: dict[str, Program] = {}


def program(name: str) -> Callable[[Program], Program]:
    """Put a function into the table of programs."""

    def add(function: Program) -> Program:
        PROGRAMS[name] = function
        return function

    return add


def find(argv0: str) -> Program | None:
    """The program that a command's first word names: bare or in one of the usual directories."""
    directory, _, name = argv0.rpartition("/")
    if directory and directory not in PATH.split(":"):
        return None
    return PROGRAMS.get(name)


@program("true")
async def true(call: Call) -> int:
    return 0


@program("false")
async def false(call: Call) -> int:
    return 1


@program("echo")
async def echo(call: Call) -> int:
    words = call.argv[1:]
    newline = "\n"
    while words and words[0] in ("-n", "-e"):
        if words.pop(0) == "-n":
            newline = ""
    await call.stdout.write((" ".join(words) + newline).encode())
    return 0


@program("printf")
async def printf(call: Call) -> int:
    if len(call.argv) < 2:
        return await call.complain("usage: printf FORMAT [ARG]...")
    template, values = call.argv[1], call.argv[2:]
    for escape, char in (("\\n", "\n"), ("\\t", "\t"), ("\\033", "\x1b"), ("\\r", "\r")):
        template = template.replace(escape, char)
    pieces = template.replace("%d", "%s").replace("%%", "\0").split("%s")
    text = pieces[0]
    for number, piece in enumerate(pieces[1:]):
        text += (values[number] if number < len(values) else "") + piece
    await call.stdout.write(text.replace("\0", "%").encode())
    return 0


@program("pwd")
async def pwd(call: Call) -> int:
    await call.print(call.context.cwd)
    return 0


@program("ls")
async def ls(call: Call) -> int:
    tree = call.context.tree
    options = [a for a in call.argv[1:] if a.startswith("-")]
    names = [a for a in call.argv[1:] if not a.startswith("-")] or ["."]
    is_long = any("l" in option for option in options)
    status = 0
    for name in names:
        path = call.path(name)
        try:
            entries = tree.list(path)
        except NotADirectoryError:
            entries = [name]
        except FileNotFoundError:
            status = await call.complain(f"{name}: No such file or directory")
            continue
        for entry in entries:
            full = tree.resolve(path, entry)
            if not is_long:
                await call.print(entry)
                continue
            mode = "drwxr-xr-x" if tree.is_directory(full) else "-rw-r--r--"
            await call.print(f"{mode}    1 root     root     {tree.size(full):9d} Nov 21 12:00 {entry}")
    return status


@program("cat")
async def cat(call: Call) -> int:
    status = 0
    for name in call.argv[1:] or ["-"]:
        if name == "-":
            while data := await call.stdin.read():
                await call.stdout.write(data)
            continue
        try:
            await call.stdout.write(call.context.tree.read(call.path(name)).encode())
        except FileNotFoundError:
            status = await call.complain(f"can't open '{name}': No such file or directory")
        except IsADirectoryError:
            status = await call.complain("read error: Is a directory")
    return status


@program("head")
async def head(call: Call) -> int:
    """`head [-c BYTES | -n LINES] [FILE]`."""
    arguments = call.argv[1:]
    unit, count, name = "-n", 10, ""
    while arguments:
        word = arguments.pop(0)
        if word[:2] in ("-c", "-n"):
            value = word[2:] or (arguments.pop(0) if arguments else "")
            if not value.isdecimal():
                return await call.complain(f"invalid number '{value}'")
            unit, count = word[:2], int(value)
        else:
            name = word
    source: Input = call.stdin
    if name:
        if not call.context.tree.exists(call.path(name)):
            return await call.complain(f"{name}: No such file or directory")
        source = Input()
        source.feed(call.context.tree.read(call.path(name)).encode())
        source.feed_eof()
    while count > 0:
        data = await source.read(min(count, 32 * 1024)) if unit == "-c" else await source.readline()
        if not data:
            break
        count -= len(data) if unit == "-c" else 1
        await call.stdout.write(data)
    return 0


@program("wc")
async def wc(call: Call) -> int:
    size = lines = 0
    while data := await call.stdin.read():
        size += len(data)
        lines += data.count(b"\n")
    await call.print(str(lines if "-l" in call.argv else size))
    return 0


@program("grep")
async def grep(call: Call) -> int:
    words = [a for a in call.argv[1:] if not a.startswith("-")]
    if not words:
        return await call.complain("usage: grep TEXT [FILE]")
    status = 1
    source = call.stdin
    if len(words) > 1:
        if not call.context.tree.exists(call.path(words[1])):
            await call.complain(f"{words[1]}: No such file or directory")
            return 2
        source = Input()
        source.feed(call.context.tree.read(call.path(words[1])).encode())
        source.feed_eof()
    while line := await source.readline():
        if words[0].encode() in line:
            status = 0
            await call.stdout.write(line)
    return status


@program("env")
async def env(call: Call) -> int:
    for key, value in call.context.environment.items():
        await call.print(f"{key}={value}")
    return 0


@program("id")
async def identity(call: Call) -> int:
    await call.print("uid=0(root) gid=0(root) groups=0(root)")
    return 0


@program("whoami")
async def whoami(call: Call) -> int:
    await call.print("root")
    return 0


@program("hostname")
async def hostname(call: Call) -> int:
    await call.print(call.context.hostname)
    return 0


@program("uname")
async def uname(call: Call) -> int:
    line = f"Linux {call.context.hostname} 6.1.0-sandbox #1 SMP x86_64 GNU/Linux"
    await call.print(line if "-a" in call.argv else "Linux")
    return 0


@program("date")
async def date(call: Call) -> int:
    now = datetime.now(UTC)
    wanted = next((a[1:] for a in call.argv[1:] if a.startswith("+")), "%a %b %e %H:%M:%S UTC %Y")
    await call.print(now.strftime(wanted.replace("%e", f"{now.day:2d}")))
    return 0


@program("ps")
async def ps(call: Call) -> int:
    await call.print("PID   USER     TIME  COMMAND")
    for process in call.context.table.all():
        seconds = int(time.time() - process.started)
        elapsed = f"{seconds // 60}:{seconds % 60:02d}"
        await call.print(f"{process.pid:5d} root     {elapsed:>5} {' '.join(process.argv)}")
    return 0


@program("sleep")
async def sleep(call: Call) -> int:
    units = {"s": 1, "m": 60, "h": 3600, "d": 86400}
    word = call.argv[1] if len(call.argv) > 1 else ""
    number, factor = (word[:-1], units[word[-1]]) if word[-1:] in units else (word, 1)
    try:
        seconds = float(number) * factor
    except ValueError:
        return await call.complain(f"invalid number '{word}'")
    await asyncio.sleep(seconds)
    return 0


@program("seq")
async def seq(call: Call) -> int:
    try:
        numbers = [int(a) for a in call.argv[1:4]]
    except ValueError:
        return await call.complain("invalid number")
    if not numbers:
        return await call.complain("usage: seq [FIRST [INC]] LAST")
    first = numbers[0] if len(numbers) > 1 else 1
    step = numbers[1] if len(numbers) > 2 else 1
    if step == 0:
        return await call.complain("step cannot be 0")
    block: list[str] = []
    for number in range(first, numbers[-1] + (1 if step > 0 else -1), step):
        block.append(f"{number}\n")
        if len(block) == 500:
            await call.stdout.write("".join(block).encode())
            block.clear()
    await call.stdout.write("".join(block).encode())
    return 0


@program("yes")
async def yes(call: Call) -> int:
    block = ((" ".join(call.argv[1:]) or "y") + "\n").encode()
    block *= max(1, 8192 // len(block))
    while True:
        await call.stdout.write(block)


@program("stty")
async def stty(call: Call) -> int:
    terminal = call.context.terminal
    if terminal is None:
        return await call.complain("standard input: Not a tty")
    if call.argv[1:] == ["size"]:
        await call.print(f"{terminal.height} {terminal.width}")
    else:
        await call.print(f"speed 38400 baud; rows {terminal.height}; columns {terminal.width};")
    return 0


@program("tty")
async def tty(call: Call) -> int:
    await call.print("/dev/pts/0" if call.context.terminal else "not a tty")
    return 0 if call.context.terminal else 1


@program("clear")
async def clear(call: Call) -> int:
    await call.stdout.write(b"\x1b[H\x1b[J")
    return 0


@program("kill")
async def kill(call: Call) -> int:
    status = 0
    for word in [a for a in call.argv[1:] if not a.startswith("-")]:
        # Signals to the main program are ignored: it is pid 1 without a handler.
        if not word.isdecimal() or (word != "1" and not call.context.table.kill(int(word))):
            status = await call.complain(f"can't kill pid {word}: No such process")
    return status
