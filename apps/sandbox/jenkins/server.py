"""The stand-in Jenkins: puts the parts together, guards every call, restarts on request, keeps the template jobs.

Must not: know the portal; answer anything a real Jenkins 2.462 answers differently on purpose.
"""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path
from typing import Any

from aiohttp import web

from apps.sandbox.base.server import DroppedError, Handler, StandIn, call
from apps.sandbox.images import Registry
from apps.sandbox.jenkins import jobxml, pages
from apps.sandbox.jenkins.access import Access
from apps.sandbox.jenkins.buildcalls import BuildCalls, QueueCalls
from apps.sandbox.jenkins.calls import Parts, api_answer
from apps.sandbox.jenkins.checkout import Git
from apps.sandbox.jenkins.executors import Executors
from apps.sandbox.jenkins.exports import Exports
from apps.sandbox.jenkins.imagebuild import Workshop
from apps.sandbox.jenkins.jobcalls import JobCalls
from apps.sandbox.jenkins.model import Build
from apps.sandbox.jenkins.restart import Phase, plan
from apps.sandbox.jenkins.store import Store
from apps.sandbox.jenkins.tree import plain
from apps.sandbox.jenkins.triggers import TriggerCalls
from apps.sandbox.jenkins.work import work

TEMPLATES = Path(__file__).parent / "templates"
REQUEST_LINE_LIMIT = 8192
LINE_OPTION_BYTES = 1024 * 1024
RESTART_SECONDS = 6.0


class JenkinsServer(StandIn):
    """One controller with one user. `git_token` is sent with clones below `git_url` only and never printed."""

    name = "jenkins"
    # Long request lines must reach us: it is Jetty's answer to them that a client has to survive.
    listener_options = {"max_line_size": LINE_OPTION_BYTES}

    def __init__(
        self,
        data_dir: Path | None,
        *,
        user: str,
        api_token: str,
        password: str,
        registry_url: str,
        registry_user: str,
        registry_password: str,
        build_seconds: float = 12.0,
        executors: int = 4,
        quiet_period: float = 0.0,
        leftitem_seconds: float = 300,
        root_url: str | None = None,
        git_url: str = "",
        git_token: str = "",
    ) -> None:
        self.access = Access(user, api_token, password)
        self.store = Store(data_dir)
        self.controller = self.store.load()
        self.phase = Phase.UP
        self._root_url = root_url
        self._restart: asyncio.Task[None] | None = None
        self._workshop = Workshop(
            Git(git_url, _basic("oauth2", git_token) if git_token else ""),
            Registry(registry_url, registry_user, registry_password),
            build_seconds,
        )
        self._quiet_period = quiet_period
        self._slots, self._left_seconds = executors, leftitem_seconds
        super().__init__(data_dir)

    def routes(self) -> None:
        """Every group of calls, the guard in front and Jetty's header on all."""
        self.executors = Executors(
            self.controller, self.store, self.journal, self._work, self._slots, self._left_seconds
        )
        exports = Exports(self.controller, self.executors, lambda: (self._root_url or self.url).rstrip("/"))
        self.parts = Parts(self.controller, self.store, self.executors, exports, self.access, self._quiet_period)
        router = self.app.router
        for group in (JobCalls, TriggerCalls, BuildCalls, QueueCalls):
            group(self.parts).routes(router)
        for path, handler in (
            ("/api/json", self.root),
            ("/view/{view}/api/json", self.view),
            ("/crumbIssuer/api/json", self.crumb),
            ("/me/api/json", self.who_am_i),
            ("/whoAmI/api/json", self.who_am_i),
            ("/user/{user}/api/json", self.who_am_i),
            ("/computer/api/json", self.computers),
            ("/computer/{node}/api/json", self.computer),
            ("/pluginManager/api/json", self.plugins),
            ("/", self.front_page),
            ("/login", self.front_page),
        ):
            router.add_get(path, handler)
        for path, handler in (
            ("/restart", self.restart),
            ("/safeRestart", self.restart),
            ("/quietDown", self.quiet_down),
            ("/cancelQuietDown", self.cancel_quiet_down),
        ):
            router.add_post(path, handler)
        self.app.middlewares.append(self._guard)
        self.app.on_response_prepare.append(_jetty_header)
        self.admin.router.add_post("/restart", self._admin_restart)
        self.admin.router.add_get("/state", self._admin_state)

    # -- life ---------------------------------------------------------------------------------------------
    async def start_work(self) -> None:
        """Make the template jobs where there is no job at all, then take up work."""
        if not self.controller.jobs:
            for path in sorted(TEMPLATES.glob("*.xml")):
                xml = jobxml.normalise(path.read_text(encoding="utf-8"))
                self.store.save_job(self.controller.add(path.stem, xml))
        self.executors.open()

    async def stop_work(self) -> None:
        """Abort what runs; what waits in the queue is kept."""
        if self._restart is not None:
            self._restart.cancel()
        await self.executors.close()

    async def _work(self, build: Build) -> str:
        return await work(build, self._workshop)

    # -- guard --------------------------------------------------------------------------------------------
    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """In front of every call: restart phases, Jetty's line limit, who calls, and Jenkins' own 404 page."""
        request["subject"] = request.match_info.get("name", "")
        if len(request.method) + len(request.raw_path) + len(" HTTP/1.1 ") >= REQUEST_LINE_LIMIT:
            return pages.uri_too_long()
        away = self._away()
        if away is not None:
            return away
        refusal = await self.access.refusal(request)
        if refusal is not None:
            return refusal
        request["agent"] = self.access.user
        try:
            answer = await handler(request)
        except web.HTTPNotFound:
            answer = pages.not_found()
        except web.HTTPMethodNotAllowed:
            answer = pages.post_only(allow=False)
        if answer.content_type == "text/html":
            self.access.give_session(request, answer)
        return answer

    def _away(self) -> web.Response | None:
        if self.phase is Phase.UP:
            return None
        if self.phase is Phase.REFUSING:
            raise DroppedError  # a connection that was open before; new ones are refused by the system
        if self.phase is Phase.REJECTING:
            return pages.unauthorised()
        words = "Restarting Jenkins" if self.phase is Phase.STOPPING else "Starting Jenkins"
        return pages.down(f"{words}: please wait while Jenkins is getting ready to work")

    # -- calls of the controller itself -------------------------------------------------------------------
    @call("root.tree")
    async def root(self, request: web.Request) -> web.Response:
        """The controller with its jobs and builds."""
        return api_answer(request, self.parts.exports.root())

    @call("view")
    async def view(self, request: web.Request) -> web.Response:
        """The view of all jobs; there is no other."""
        if request.match_info["view"] not in ("all", "All"):
            raise web.HTTPNotFound
        return api_answer(request, self.parts.exports.view())

    @call("crumb")
    async def crumb(self, request: web.Request) -> web.Response:
        """A crumb and its session."""
        return self.access.crumb_answer(request)

    @call("whoami")
    async def who_am_i(self, request: web.Request) -> web.Response:
        """The caller."""
        user = self.access.user
        if request.path.startswith("/whoAmI"):
            who = plain("hudson.security.WhoAmI", anonymous=False, authenticated=True, name=user)
            return api_answer(request, who)
        url = f"{(self._root_url or self.url).rstrip('/')}/user/{user}"
        about = plain("hudson.model.User", absoluteUrl=url, description=None, fullName=user, id=user, property=[])
        return api_answer(request, about)

    @call("computer")
    async def computers(self, request: web.Request) -> web.Response:
        """All nodes with their executors."""
        return api_answer(request, self.parts.exports.computers())

    @call("computer")
    async def computer(self, request: web.Request) -> web.Response:
        """The built-in node under both its names."""
        if request.match_info["node"] not in ("(built-in)", "(master)"):
            raise web.HTTPNotFound
        return api_answer(request, self.parts.exports.computer())

    @call("plugins")
    async def plugins(self, request: web.Request) -> web.Response:
        """No plugins."""
        return api_answer(request, plain("hudson.LocalPluginManager", plugins=[]))

    @call("page")
    async def front_page(self, request: web.Request) -> web.Response:
        """A page for people."""
        return pages.page(200, "Dashboard", "Welcome to Jenkins!")

    @call("quiet-down")
    async def quiet_down(self, request: web.Request) -> web.Response:
        """Start no more builds."""
        self.controller.quieting_down = True
        return pages.redirect(f"{request.scheme}://{request.host}/")

    @call("quiet-down.cancel")
    async def cancel_quiet_down(self, request: web.Request) -> web.Response:
        """Start builds again."""
        self.controller.quieting_down = False
        self.executors.maintain()
        return pages.redirect(f"{request.scheme}://{request.host}/")

    # -- restart ------------------------------------------------------------------------------------------
    @call("restart")
    async def restart(self, request: web.Request) -> web.Response:
        """A clean restart: waiting items keep their ids."""
        await self.begin_restart(RESTART_SECONDS, lose_queue=False)
        return pages.redirect(f"{request.scheme}://{request.host}/")

    async def begin_restart(self, down_seconds: float, *, lose_queue: bool) -> None:
        """Abort builds, forget left items, sessions and holds, and go through the phases in the background."""
        if self.phase is not Phase.UP:
            return
        self.phase = Phase.STOPPING
        await self.executors.close(lose_queue=lose_queue)
        self.access.forget_sessions()
        self.controller.quieting_down = False
        for job in self.controller.jobs:
            job.hold = False
        self._restart = asyncio.get_running_loop().create_task(self._go_through_phases(down_seconds))

    async def _go_through_phases(self, down_seconds: float) -> None:
        runner = self._runners[0]
        for phase, seconds in plan(down_seconds):
            self.phase = phase
            if phase is Phase.REFUSING:
                for site in list(runner.sites):
                    await site.stop()
            elif phase is Phase.STARTING:
                await web.TCPSite(runner, self.host, self.port, backlog=512).start()
            await asyncio.sleep(seconds)
        self.phase = Phase.UP
        self.executors.open()

    async def _admin_restart(self, request: web.Request) -> web.Response:
        """`{"down_seconds": 2, "queue": "lost"}`; with "kept" waiting items survive as after a clean restart."""
        wanted: dict[str, Any] = await request.json() if request.body_exists else {}
        await self.begin_restart(
            float(wanted.get("down_seconds", RESTART_SECONDS)), lose_queue=wanted.get("queue", "lost") == "lost"
        )
        return web.json_response({"phase": self.phase.value}, status=202)

    async def _admin_state(self, request: web.Request) -> web.Response:
        return web.json_response({"phase": self.phase.value, "busy": self.executors.busy})


async def _jetty_header(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers["Server"] = "Jetty(10.0.24)"


def _basic(user: str, secret: str) -> str:
    return "Authorization: Basic " + base64.b64encode(f"{user}:{secret}".encode()).decode()
