"""What the endpoints share: state, access, repositories, webhooks and the options of one server.

Must not: hold endpoint logic.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from apps.sandbox.base.faults import FaultBook
from apps.sandbox.gitlab.access import Access, Caller
from apps.sandbox.gitlab.delivery import Deliveries
from apps.sandbox.gitlab.model import Project, State, now
from apps.sandbox.gitlab.objects import Commit
from apps.sandbox.gitlab.paging import Page
from apps.sandbox.gitlab.params import params
from apps.sandbox.gitlab.repository import Repository

SAVE_AFTER = 0.3


@dataclass(frozen=True)
class Options:
    """Times after which GitLab's caches and background answers catch up; tests set them to 0.

    local_webhooks: the administrator's setting that hooks may lead into the local network; GitLab's own default is no.
    """

    branch_cache_seconds: float = 30.0
    compare_cache_seconds: float = 60.0
    mergeability_seconds: float = 1.0
    local_webhooks: bool = True


class Hub:
    """One per server; `save_path` None keeps the state in memory only."""

    def __init__(self, state: State, repos: Path, options: Options, url: Callable[[], str], faults: FaultBook) -> None:
        self.state = state
        self.access = Access(state)
        self.options = options
        self.faults = faults
        self.repos = repos
        self.save_path: Path | None = None
        self.deliveries: Deliveries
        self._url = url
        self._open: dict[int, Repository] = {}
        self._timer: asyncio.TimerHandle | None = None

    @property
    def url(self) -> str:
        """The configured external address."""
        return self._url()

    def repo(self, project: Project) -> Repository:
        """The project's repository; one object per project, so that its lock and caches hold."""
        if project.id not in self._open:
            self._open[project.id] = Repository(self.repos / f"{project.id}.git")
        return self._open[project.id]

    async def page(self, request: web.Request) -> Page:
        """The page a list call asks for."""
        return Page(request, await params(request), self.url)

    async def commits_by_sha(self, project: Project, shas: list[str]) -> dict[str, Commit]:
        """Commits of a project by id."""
        return {commit.sha: commit for commit in await self.repo(project).commits(shas)}

    async def changed(self, project: Project, caller: Caller, changes: list[tuple[str, str, str]]) -> None:
        """Refs moved: (ref, before, after); remember the activity and send the hooks."""
        project.last_activity_at = now()
        self.save_soon()
        await self.deliveries.refs_changed(project, caller.user, changes)

    def save_soon(self) -> None:
        """Write the state a moment later; several changes make one write."""
        if self.save_path is not None and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(SAVE_AFTER, self.save_now)

    def save_now(self) -> None:
        """Write the state."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self.save_path is not None:
            self.state.save(self.save_path)
