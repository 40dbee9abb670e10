"""What a shell does itself: exit, cd, export, wait.

Must not: start processes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from apps.sandbox.kubernetes.exec.commands import Call

if TYPE_CHECKING:
    from apps.sandbox.kubernetes.exec.shell import Shell


class ShellExit(Exception):
    """`exit N` was called."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def assignments(argv: list[str]) -> dict[str, str]:
    """The leading NAME=value words of a command."""
    found: dict[str, str] = {}
    for word in argv:
        name, equals, value = word.partition("=")
        if not equals or not name.isidentifier():
            break
        found[name] = value
    return found


async def _exit(shell: Shell, call: Call) -> int:
    word = call.argv[1] if len(call.argv) > 1 else str(shell.status)
    if not word.isdecimal():
        await shell.complain(f"exit: Illegal number: {word}")
        raise ShellExit(2)
    raise ShellExit(int(word) & 0xFF)


async def _cd(shell: Shell, call: Call) -> int:
    target = call.argv[1] if len(call.argv) > 1 else "/root"
    path = shell.path(target)
    if not shell.context.tree.is_directory(path):
        await shell.complain(f"cd: can't cd to {target}: No such file or directory")
        return 2
    shell.context.cwd = path
    return 0


async def _export(shell: Shell, call: Call) -> int:
    shell.variables.update(assignments(call.argv[1:]))
    shell.context.environment.update({n: shell.variables[n] for n in assignments(call.argv[1:])})
    return 0


async def _wait(shell: Shell, call: Call) -> int:
    current = asyncio.current_task()
    await asyncio.gather(*(j for j in shell.jobs if j is not current), return_exceptions=True)
    return 0


async def _nothing(shell: Shell, call: Call) -> int:
    return 0


BUILT_IN: dict[str, Callable[[Shell, Call], Awaitable[int]]] = {
    "exit": _exit,
    "logout": _exit,
    "cd": _cd,
    "export": _export,
    "wait": _wait,
    "set": _nothing,
    "trap": _nothing,
    ":": _nothing,
}
