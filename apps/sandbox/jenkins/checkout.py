"""Clones a tag for real with git, and reads what was cloned; asks a repository for its branches.

Must not: use a shell, wait for a prompt, or let more than a few clones run at once.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CLONES_AT_ONCE = 4
CLONE_SECONDS = 120.0
MAX_FILES = 5000
MAX_BYTES = 32 * 1024 * 1024


class GitError(Exception):
    """git said no; `lines` is what it printed."""

    def __init__(self, code: int, lines: list[str]) -> None:
        super().__init__(f"git exit status {code}")
        self.code = code
        self.lines = lines


@dataclass(frozen=True)
class Checkout:
    """A cloned tag: its commit, its files, what git printed, and the stand-in's own wishes from `.sandbox.json`."""

    commit: str
    files: dict[str, bytes]
    said: list[str]
    wishes: dict[str, Any] = field(default_factory=dict)


class Git:
    """Runs git in a folder of its own; `header` is sent with requests below `base_url` only and never shown."""

    def __init__(self, base_url: str = "", header: str = "") -> None:
        self._base_url = base_url
        self._header = header
        self._gate = asyncio.Semaphore(CLONES_AT_ONCE)

    async def clone(self, url: str, tag: str, folder: Path) -> Checkout:
        """Clone one tag without history; GitError when git refuses."""
        source = folder / "source"
        async with self._gate:
            said = await self._run(folder, "clone", "--depth", "1", "--branch", tag, "--", url, str(source))
            commit = await self._run(folder, "-C", str(source), "rev-parse", "HEAD")
        files = await asyncio.to_thread(read_files, source)
        return Checkout(commit[0], files, [_short(x, folder) for x in said], _wishes(files))

    async def list_refs(self, url: str) -> None:
        """Ask a repository for its branches; GitError when git may not or cannot."""
        with tempfile.TemporaryDirectory() as folder:
            async with self._gate:
                await self._run(Path(folder), "ls-remote", "--heads", "--quiet", "--", url)

    async def _run(self, folder: Path, *arguments: str) -> list[str]:
        process = await asyncio.create_subprocess_exec(
            "git", "-c", "advice.detachedHead=false", *arguments,
            cwd=folder, env=self._environment(folder), stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        try:
            out, _ = await asyncio.wait_for(process.communicate(), CLONE_SECONDS)
        except TimeoutError as error:
            raise GitError(128, [f"fatal: no answer within {CLONE_SECONDS:.0f} s"]) from error
        finally:
            if process.returncode is None:
                _kill(process)
                await process.wait()
        lines = out.decode("utf-8", "replace").splitlines()
        if process.returncode:
            raise GitError(process.returncode, [_short(x, folder) for x in lines])
        return lines

    def _environment(self, folder: Path) -> dict[str, str]:
        environment = {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "HOME": str(folder),
            "LC_ALL": "C",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_ALLOW_PROTOCOL": "http:https:file",
        }
        if self._header and self._base_url:
            environment |= {
                "GIT_CONFIG_COUNT": "1",
                "GIT_CONFIG_KEY_0": f"http.{self._base_url}.extraHeader",
                "GIT_CONFIG_VALUE_0": self._header,
            }
        return environment


def _kill(process: asyncio.subprocess.Process) -> None:
    """End git and the helpers it started, which would go on writing otherwise."""
    if hasattr(os, "killpg"):
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()


def read_files(source: Path) -> dict[str, bytes]:
    """The files of a clone without git's own; links are left out."""
    found: dict[str, bytes] = {}
    left = MAX_BYTES
    for path in sorted(source.rglob("*")):
        name = path.relative_to(source).as_posix()
        if name.split("/")[0] == ".git" or path.is_symlink() or not path.is_file():
            continue
        left -= path.stat().st_size
        if left < 0 or len(found) >= MAX_FILES:
            break
        found[name] = path.read_bytes()
    return found


def _wishes(files: dict[str, bytes]) -> dict[str, Any]:
    try:
        wishes = json.loads(files.get(".sandbox.json", b"{}"))
    except ValueError:
        return {}
    return wishes if isinstance(wishes, dict) else {}


def _short(line: str, folder: Path) -> str:
    return line.replace(f"{folder}/", "")
