"""Run the `git` binary: argument lists only, bounded processes, no user configuration, no prompts.

Must not: use a shell, or know what a project is.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from weakref import WeakKeyDictionary

PROCESSES = 12
_SLOTS: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


class GitError(Exception):
    """git ended with a status other than 0; `stderr` is what it said."""

    def __init__(self, args: tuple[str, ...], status: int, stderr: str) -> None:
        super().__init__(f"git {' '.join(args[:3])} ended with {status}: {stderr.strip()[:500]}")
        self.status = status
        self.stderr = stderr


def environment(extra: dict[str, str] | None = None) -> dict[str, str]:
    """What git may see: the path, and nothing of the user's own configuration."""
    base = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": os.devnull,
        "LC_ALL": "C.UTF-8",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
    }
    return base | (extra or {})


def slots() -> asyncio.Semaphore:
    """How many git processes may run at once on this loop."""
    loop = asyncio.get_running_loop()
    if loop not in _SLOTS:
        _SLOTS[loop] = asyncio.Semaphore(PROCESSES)
    return _SLOTS[loop]


async def start(repo: Path, *args: str, env: dict[str, str] | None = None) -> asyncio.subprocess.Process:
    """A git process with pipes, for callers that stream; the caller holds a slot and reaps it."""
    return await asyncio.create_subprocess_exec(
        "git",
        *args,
        cwd=repo,
        env=environment(env),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def run(repo: Path, *args: str, stdin: bytes = b"", env: dict[str, str] | None = None, ok: int = 0) -> bytes:
    """Run to the end and return its output; statuses above `ok` raise `GitError`."""
    async with slots():
        process = await start(repo, *args, env=env)
        try:
            out, err = await process.communicate(stdin)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    status = process.returncode or 0
    if not 0 <= status <= ok:
        raise GitError(args, status, err.decode("utf-8", "replace"))
    return out


def text(raw: bytes) -> str:
    """Git's bytes as text; what is not UTF-8 is replaced, as GitLab does."""
    return raw.decode("utf-8", "replace")
