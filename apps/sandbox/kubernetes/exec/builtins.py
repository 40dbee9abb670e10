"""What a shell does itself: exit, cd, export, exec, wait, trap, test, read, shift, break and continue.

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


class LoopBreak(Exception):
    """`break` was called."""


class LoopContinue(Exception):
    """`continue` was called."""


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


async def _trap(shell: Shell, call: Call) -> int:
    """`trap '' HUP` has the signal ignored, by what is started from here on too; other traps do nothing."""
    if len(call.argv) > 2:
        names = {name.upper().removeprefix("SIG") for name in call.argv[2:]}
        shell.process.ignores = shell.process.ignores | names if not call.argv[1] else shell.process.ignores - names
    return 0


async def _exec(shell: Shell, call: Call) -> int:
    """The command takes the shell's place: same pid, its own argv and what was exported as its environment."""
    if len(call.argv) > 1:
        raise ShellExit(await shell.become(Call(call.argv[1:], call.context, call.stdin, call.stdout, call.stderr)))
    return 0


async def _shift(shell: Shell, call: Call) -> int:
    del shell.arguments[: int(call.argv[1]) if len(call.argv) > 1 else 1]
    return 0


async def _read(shell: Shell, call: Call) -> int:
    line = await call.stdin.readline()
    names = [name for name in call.argv[1:] if not name.startswith("-")] or ["REPLY"]
    values = line.decode(errors="replace").rstrip("\n").split(None, len(names) - 1)
    for number, name in enumerate(names):
        shell.variables[name] = values[number] if number < len(values) else ""
    return 0 if line else 1


async def _test(shell: Shell, call: Call) -> int:
    words = call.argv[1:-1] if call.argv[0] == "[" else call.argv[1:]
    return 0 if _holds(shell, words) else 1


def _holds(shell: Shell, words: list[str]) -> bool:
    """Tests of strings, whole numbers and files."""
    if words[:1] == ["!"]:
        return not _holds(shell, words[1:])
    for joint, both in (("-o", any), ("-a", all)):
        if joint in words[1:-1]:
            at = words.index(joint, 1)
            return both((_holds(shell, words[:at]), _holds(shell, words[at + 1 :])))
    if len(words) == 3:
        return _compares(*words)
    if len(words) == 2:
        tree, path = shell.context.tree, shell.path(words[1])
        files = {"-e": tree.exists, "-d": tree.is_directory, "-f": tree.exists, "-r": tree.exists, "-s": tree.exists}
        return files[words[0]](path) if words[0] in files else (words[0] == "-n") == bool(words[1])
    return bool(words and words[0])


def _compares(left: str, operator: str, right: str) -> bool:
    if operator in ("=", "=="):
        return left == right
    if operator == "!=":
        return left != right
    try:
        difference = int(left) - int(right)
    except ValueError:
        return False
    return {
        "-eq": difference == 0,
        "-ne": difference != 0,
        "-lt": difference < 0,
        "-le": difference <= 0,
        "-gt": difference > 0,
        "-ge": difference >= 0,
    }.get(operator, False)


async def _break(shell: Shell, call: Call) -> int:
    raise LoopBreak


async def _continue(shell: Shell, call: Call) -> int:
    raise LoopContinue


async def _nothing(shell: Shell, call: Call) -> int:
    return 0


BUILT_IN: dict[str, Callable[[Shell, Call], Awaitable[int]]] = {
    "exit": _exit,
    "logout": _exit,
    "cd": _cd,
    "export": _export,
    "wait": _wait,
    "set": _nothing,
    "trap": _trap,
    "exec": _exec,
    "shift": _shift,
    "read": _read,
    "test": _test,
    "[": _test,
    "break": _break,
    "continue": _continue,
    ":": _nothing,
}
