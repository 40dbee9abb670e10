"""The GitLab stand-in: puts endpoints, Git over HTTP, webhooks and the demo repositories together.

State and repositories live in `data_dir` and survive a restart; without it they end with the process.
Must not: hold endpoint logic.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from aiohttp import web

from apps.sandbox.base.server import Handler, StandIn
from apps.sandbox.gitlab.admin import Admin
from apps.sandbox.gitlab.branches_api import BranchesApi
from apps.sandbox.gitlab.commits_api import CommitsApi
from apps.sandbox.gitlab.delivery import Deliveries
from apps.sandbox.gitlab.demo import Demo
from apps.sandbox.gitlab.errors import error_middleware
from apps.sandbox.gitlab.files_api import FilesApi
from apps.sandbox.gitlab.hooks_api import HooksApi
from apps.sandbox.gitlab.hub import Hub, Options
from apps.sandbox.gitlab.merge_requests_api import MergeRequestsApi
from apps.sandbox.gitlab.model import MAINTAINER, State
from apps.sandbox.gitlab.payloads import Payloads
from apps.sandbox.gitlab.projects_api import ProjectsApi
from apps.sandbox.gitlab.smart_http import SmartHttp
from apps.sandbox.gitlab.tags_api import TagsApi

PORTAL_USER = "opsportal"


class GitLabServer(StandIn):
    """`token` is the portal's personal access token (scope api, Maintainer everywhere).

    external_url: what links and clone addresses carry; the listener's own address when None.
    branch_cache_seconds and the other times: how stale GitLab's caches may be; tests set them to 0.
    local_webhooks: whether hooks may lead into the local network, as an administrator allows it.
    """

    name = "gitlab"

    def __init__(
        self,
        data_dir: Path | None = None,
        *,
        token: str,
        external_url: str | None = None,
        demo: bool = True,
        branch_cache_seconds: float = 30.0,
        compare_cache_seconds: float = 60.0,
        mergeability_seconds: float = 1.0,
        local_webhooks: bool = True,
    ) -> None:
        self._external_url = external_url.rstrip("/") if external_url else None
        self._demo_wanted = demo
        self._temporary = tempfile.TemporaryDirectory(prefix="gitlab-") if data_dir is None else None
        home = Path(self._temporary.name) if self._temporary else Path(data_dir or ".")
        self._repos = home / "repos"
        self._state_path = home / "state.json" if data_dir is not None else None
        self._options = Options(branch_cache_seconds, compare_cache_seconds, mergeability_seconds, local_webhooks)
        state = State.load(self._state_path) if self._state_path else State()
        state.put_token(
            token,
            username=PORTAL_USER,
            scopes=["api", "read_repository", "write_repository"],
            access_level=MAINTAINER,
        )
        self.state = state
        super().__init__(data_dir)

    @property
    def external_url(self) -> str:
        """The address GitLab believes it has."""
        return self._external_url or self.url

    def routes(self) -> None:
        """Endpoints on the listener, helpers on the admin port."""
        self.hub = Hub(self.state, self._repos, self._options, lambda: self.external_url, self.faults)
        self.hub.save_path = self._state_path
        payloads = Payloads(self.hub.repo, lambda: self.external_url)
        self.deliveries = Deliveries(payloads, self.journal, self.faults, lambda: self.external_url)
        self.hub.deliveries = self.deliveries
        self.demo = Demo(self.hub)
        self.app.middlewares.append(self._name_server)
        self.app.middlewares.append(error_middleware)
        router = self.app.router
        for api in (ProjectsApi, BranchesApi, TagsApi, CommitsApi, FilesApi, HooksApi, SmartHttp):
            api(self.hub).routes(router)
        MergeRequestsApi(self.hub, payloads).routes(router)
        Admin(self.hub, self.demo).routes(self.admin.router)

    @web.middleware
    async def _name_server(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        request["external_url"] = self.external_url
        return await handler(request)

    async def start_work(self) -> None:
        """Seed what is missing, open the webhook client."""
        self._repos.mkdir(parents=True, exist_ok=True)
        self.deliveries.open()
        if self._demo_wanted:
            await self.demo.seed()
        self.hub.save_now()

    async def stop_work(self) -> None:
        """End deliveries, write the state, remove what was temporary."""
        await self.deliveries.close()
        self.hub.save_now()
        if self._temporary is not None:
            self._temporary.cleanup()
