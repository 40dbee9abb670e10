"""What an emulated program is: what it shares with its session, how it is called, where it is found.

Must not: know the shell's grammar or the WebSocket; the programs themselves are in `programs_*.py`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

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
