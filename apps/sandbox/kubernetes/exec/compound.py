"""Loops, branches and groups of the emulated shell.

Must not: know how a simple command is run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.sandbox.kubernetes.exec.builtins import LoopBreak, LoopContinue
from apps.sandbox.kubernetes.exec.expansion import expand
from apps.sandbox.kubernetes.exec.grammar import Command, For, Group, If, Pipeline, While
from apps.sandbox.kubernetes.exec.streams import Input, Output

if TYPE_CHECKING:
    from apps.sandbox.kubernetes.exec.shell import Shell


def is_compound(command: Command) -> bool:
    """Whether it is more than words."""
    return isinstance(command, For | While | If | Group)


async def run(shell: Shell, command: Command, stdin: Input, stdout: Output, stderr: Output) -> int:
    """Run it with its own streams; answers the status of the last command inside."""
    before = shell.stdin, shell.stdout, shell.stderr
    shell.stdin, shell.stdout, shell.stderr = stdin, stdout, stderr
    try:
        if isinstance(command, For):
            return await _for(shell, command)
        if isinstance(command, While):
            return await _while(shell, command)
        if isinstance(command, If):
            return await _if(shell, command)
        assert isinstance(command, Group)
        return await shell.run_all(command.body)
    finally:
        shell.stdin, shell.stdout, shell.stderr = before


async def _for(shell: Shell, command: For) -> int:
    values: list[str] = []
    for word in command.words:
        values += await expand(shell, word)
    status = 0
    for value in values:
        shell.variables[command.variable] = value
        is_over, status = await _body(shell, command.body)
        if is_over:
            break
    return status


async def _while(shell: Shell, command: While) -> int:
    status = 0
    while (await shell.run_all(command.condition) == 0) is not command.is_until:
        is_over, status = await _body(shell, command.body)
        if is_over:
            break
    return status


async def _if(shell: Shell, command: If) -> int:
    for condition, body in command.branches:
        if await shell.run_all(condition) == 0:
            return await shell.run_all(body)
    return await shell.run_all(command.otherwise) if command.otherwise else 0


async def _body(shell: Shell, body: list[Pipeline]) -> tuple[bool, int]:
    """Whether the loop is left, and the status."""
    try:
        return False, await shell.run_all(body)
    except LoopContinue:
        return False, 0
    except LoopBreak:
        return True, 0
