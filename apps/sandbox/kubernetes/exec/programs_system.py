"""Emulated programs about the container itself: who, where, when, which processes.

Harmless by construction: nothing here starts a process or opens a socket. Must not: look at the real system.
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

from apps.sandbox.kubernetes.exec.commands import Call, program


@program("true")
async def true(call: Call) -> int:
    return 0


@program("false")
async def false(call: Call) -> int:
    return 1


@program("pwd")
async def pwd(call: Call) -> int:
    await call.print(call.context.cwd)
    return 0


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
    """`kill [-SIGNAL | -s SIGNAL] PID…`; signal 0 only asks whether it is there."""
    status, signal, words = 0, "TERM", call.argv[1:]
    if words[:1] == ["-s"]:
        words = ["-" + "".join(words[1:2]), *words[2:]]
    if words and words[0].startswith("-"):
        name = words.pop(0)[1:].upper().removeprefix("SIG")
        signal = {"9": "KILL", "1": "HUP", "15": "TERM", "0": ""}.get(name, name)
    for word in words:
        # Signals to the main program are ignored: it is pid 1 without a handler.
        table, pid = call.context.table, int(word) if word.isdecimal() else -1
        is_there = table.find(pid) is not None and (pid == 1 or not signal or table.kill(pid, signal))
        if not is_there:
            status = await call.complain(f"can't kill pid {word}: No such process")
    return status
