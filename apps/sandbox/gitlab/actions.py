"""The `actions` of `POST …/commits`, checked against the parent's files and turned into changes.

Must not: write to a repository.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

from apps.sandbox.gitlab.errors import invalid, message
from apps.sandbox.gitlab.repository import Repository
from apps.sandbox.gitlab.writes import Change

ACTIONS = ("create", "delete", "move", "update", "chmod")


async def changes_of(repo: Repository, parent: str | None, actions: Any) -> list[Change]:
    """The changes, in order; each one sees the files the earlier ones left."""
    if not isinstance(actions, list) or not all(isinstance(action, dict) for action in actions):
        raise invalid("actions is invalid")
    files = await repo.tree(parent) if parent else {}
    return [_change(action, files) for action in actions]


def _change(raw: dict[str, Any], files: dict[str, tuple[str, str]]) -> Change:
    kind, path = str(raw.get("action")), str(raw.get("file_path") or "")
    if kind not in ACTIONS:
        raise invalid("actions[0][action] does not have a valid value")
    if not path:
        raise invalid("actions[0][file_path] is missing")
    _check_path(path)
    content = _content(raw)
    if kind == "create":
        if path in files:
            raise message(400, "A file with this name already exists")
        mode = "100755" if raw.get("execute_filemode") else "100644"
        files[path] = (mode, "")
        return Change(kind, path, content or b"", mode=mode)
    source = str(raw.get("previous_path") or "") if kind == "move" else path
    if source not in files:
        raise message(400, "A file with this name doesn't exist")
    mode, blob = files[source]
    if kind in ("delete", "move"):
        del files[source]
    if kind == "delete":
        return Change(kind, path)
    if kind == "chmod":
        mode = "100755" if raw.get("execute_filemode") else "100644"
    files[path] = (mode, blob)
    if kind == "update":
        return Change(kind, path, content or b"", mode=mode)
    return Change(kind, path, content if kind == "move" else None, previous=source, mode=mode, blob=blob)


def _content(raw: dict[str, Any]) -> bytes | None:
    text = raw.get("content")
    if text is None:
        return None
    if raw.get("encoding") != "base64":
        return str(text).encode()
    try:
        return base64.b64decode(str(text), validate=False)
    except (binascii.Error, ValueError):
        raise message(400, "Content is not valid base64") from None


def _check_path(path: str) -> None:
    """What GitLab refuses: escapes, the git directory, control characters."""
    parts = path.split("/")
    if path.startswith("/") or any(part in ("", ".", "..") or part.lower() == ".git" for part in parts):
        raise message(400, "Path cannot include directory traversal")
    if any(ord(character) < 32 for character in path):
        raise message(400, "Invalid path")
