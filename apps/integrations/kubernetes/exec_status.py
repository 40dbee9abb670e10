"""The last word of an exec stream, channel 3: how the command ended, or why it never ran (wire/kubernetes.md §10).

Must not: send or wait for anything.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

Reason = Literal["exited", "no_program", "not_running", "refused"]
STARTED = frozenset({"exited"})
NO_PROGRAM = ("executable file not found", "no such file or directory", "permission denied")
NOT_RUNNING = ("container not found", "is not created or running")


@dataclass(frozen=True)
class Ended:
    """`exited` with `exit_code`; or never started: no such program, container not running, refused with `said`."""

    reason: Reason
    exit_code: int = -1
    said: str = ""


def ended_of(payload: bytes, quote: Callable[[str], str]) -> Ended:
    """A Status of channel 3. The exit code stands in a cause of it, never in `code`."""
    try:
        status = json.loads(payload)
    except ValueError:
        return Ended("refused", said=quote(payload.decode("utf-8", "replace")))
    if not isinstance(status, dict):
        return Ended("refused", said=quote(str(status)))
    if status.get("status") == "Success":
        return Ended("exited", 0)
    said = str(status.get("message") or "")
    code = _exit_code(status)
    if code is not None:
        return Ended("exited", code, quote(said))
    if any(word in said for word in NOT_RUNNING):
        return Ended("not_running", said=quote(said))
    if "start" in said and any(word in said for word in NO_PROGRAM):
        return Ended("no_program", said=quote(said))
    return Ended("refused", said=quote(said))


def _exit_code(status: dict[str, Any]) -> int | None:
    details = status.get("details")
    causes = details.get("causes") if isinstance(details, dict) else None
    for cause in causes if isinstance(causes, list) else ():
        if isinstance(cause, dict) and cause.get("reason") == "ExitCode":
            try:
                return int(cause.get("message", ""))
            except ValueError:
                return None
    return None
