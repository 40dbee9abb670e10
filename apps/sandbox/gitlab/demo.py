"""The demo repositories: Git history written from apps/sandbox/repos/<language>, and cheap copies of it.

A template is written once per language and server; a project is a copy of its files. The dates are fixed, so the
commit ids are the same everywhere. Must not: change a repository that exists.
"""

from __future__ import annotations

import asyncio
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from apps.sandbox.gitlab import writes
from apps.sandbox.gitlab.hub import Hub
from apps.sandbox.gitlab.model import DEVELOPER, MAINTAINER, OWNER, Project
from apps.sandbox.gitlab.repository import Repository

CONTENT = Path(__file__).resolve().parent.parent / "repos"
LANGUAGES = ("java", "go", "php", "nodejs", "python")
DEMO_PROJECTS = (
    ("shop/book-api-n1", "java", "Books, stock and prices of the shop"),
    ("shop/pay-gate-n1", "go", "Takes payments and tells the order service"),
    ("shop/admin-php-n1", "php", "Back office of the shop"),
    ("shop/user-web-n1", "nodejs", "Sign-in and account pages"),
    ("shop/mail-py-n1", "python", "Sends mails from a queue"),
)
MEMBERS = (
    ("lin.wei", "林伟", OWNER),
    ("chen.jing", "陈静", MAINTAINER),
    ("maria.keller", "Maria Keller", DEVELOPER),
    ("zhao.lei", "赵磊", DEVELOPER),
)


class Demo:
    """Makes projects out of the content of apps/sandbox/repos."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self._lock = asyncio.Lock()

    async def seed(self) -> None:
        """The demo projects that are not there yet, numbered from 101."""
        for path, language, description in DEMO_PROJECTS:
            if self.hub.state.find_project(path) is not None or path in self.hub.state.moved:
                continue
            project = await self.add_project(path, language, "public", description)
            for username, name, level in MEMBERS:
                self.hub.state.ensure_user(username, name)
                project.members[username] = level

    async def add_project(self, path: str, language: str, visibility: str, description: str = "") -> Project:
        """A new project with a copy of the language's repository (empty without a language).

        The files come first: a project in the state always has its repository.
        """
        async with self._lock:
            target = Repository(self.hub.repos / f"{self.hub.state.last_project_id + 1}.git")
            await asyncio.to_thread(shutil.rmtree, target.path, ignore_errors=True)
            if language:
                template = await self._template(language)
                await asyncio.to_thread(shutil.copytree, template, target.path)
            else:
                await writes.init(target, "main")
            project = self.hub.state.add_project(
                path, visibility=visibility, language=language, description=description
            )
        self.hub.save_soon()
        return project

    async def _template(self, language: str) -> Path:
        path = self.hub.repos / f"_template-{language}.git"
        if not path.exists():
            draft = Repository(path.with_suffix(".draft"))
            await asyncio.to_thread(shutil.rmtree, draft.path, ignore_errors=True)
            await writes.init(draft, "main")
            await writes.commit(draft, history(CONTENT / language))
            await writes.pack(draft)
            draft.path.rename(path)
        return path


def history(folder: Path) -> list[writes.NewCommit]:
    """The commits that `history.yaml` tells, oldest first; a branch starts where the file says."""
    told: list[dict[str, Any]] = yaml.safe_load((folder / "history.yaml").read_text(encoding="utf-8"))
    started: set[str] = set()
    commits = []
    for entry in told:
        branch = str(entry.get("branch", "main"))
        parent = None
        if branch not in started and entry.get("from"):
            parent = f"refs/heads/{entry['from']}"
        started.add(branch)
        author = _signature(entry)
        changes = _changes(entry, folder / "files")
        commits.append(writes.NewCommit(branch, parent, str(entry["message"]), author, author, changes))
    return commits


def _signature(entry: dict[str, Any]) -> writes.Signature:
    name, _, email = str(entry["author"]).rstrip(">").partition(" <")
    return writes.Signature(name, email, datetime.fromisoformat(str(entry["date"])))


def _changes(entry: dict[str, Any], files: Path) -> list[writes.Change]:
    changes = [writes.Change("delete", path) for path in entry.get("remove", [])]
    for path in entry.get("add", []):
        changes.append(writes.Change("update", path, (files / path).read_bytes(), mode=_mode(path)))
    for path, content in entry.get("write", {}).items():
        changes.append(writes.Change("update", path, str(content).encode(), mode=_mode(path)))
    return changes


def _mode(path: str) -> str:
    return "100755" if path.endswith(".sh") else "100644"
