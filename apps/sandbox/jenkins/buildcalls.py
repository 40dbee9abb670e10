"""Calls on builds and the queue: state, console, stop, keep, delete; queue items and their cancelling.

Must not: queue a build.
"""

from __future__ import annotations

from urllib.parse import quote

from aiohttp import web

from apps.sandbox.base.server import call
from apps.sandbox.jenkins import pages
from apps.sandbox.jenkins.calls import Calls, api_answer, form_field
from apps.sandbox.jenkins.model import Build, State

NUMBER = "/job/{name}/{number:\\d+|last[A-Za-z]+Build}"


class BuildCalls(Calls):
    """The routes of `/job/NAME/N`."""

    def routes(self, router: web.UrlDispatcher) -> None:
        """Register them."""
        for slash in ("", "/"):
            router.add_get(f"{NUMBER}/api/json{slash}", self.read)
        router.add_get(f"{NUMBER}/", self.page)
        router.add_get(f"{NUMBER}/console", self.page)
        router.add_get(f"{NUMBER}/buildNumber", self.build_number)
        router.add_get(f"{NUMBER}/consoleText", self.console_text)
        router.add_get(f"{NUMBER}/logText/progressiveText", self.progressive_text)
        router.add_post(f"{NUMBER}/logText/progressiveText", self.progressive_text)
        router.add_post(f"{NUMBER}/description", self.describe)
        router.add_post(f"{NUMBER}/submitDescription", self.submit_description)
        for verb, handler in (
            ("stop", self.stop),
            ("term", self.stop),
            ("kill", self.stop),
            ("toggleLogKeep", self.toggle_keep),
            ("doDelete", self.delete),
        ):
            router.add_post(f"{NUMBER}/{verb}", handler)
            router.add_get(f"{NUMBER}/{verb}", self.get_refused)

    @call("build.get")
    async def read(self, request: web.Request) -> web.Response:
        """The build as JSON."""
        bean = self.exports.build(self.build_of(request))
        if bean is None:
            raise web.HTTPNotFound
        return api_answer(request, bean)

    @call("build.page")
    async def page(self, request: web.Request) -> web.Response:
        """The build's page for people."""
        return pages.page(200, f"#{self.build_of(request).number}", "Build")

    @call("build.get")
    async def build_number(self, request: web.Request) -> web.Response:
        """The number a permalink stands for."""
        return web.Response(text=str(self.build_of(request).number), headers={"X-Jenkins": pages.VERSION})

    @call("log.read")
    async def console_text(self, request: web.Request) -> web.Response:
        """The whole log with LF."""
        return _text(self.build_of(request).log.plain())

    @call("log.read")
    async def progressive_text(self, request: web.Request) -> web.Response:
        """The log from an offset of the log file, with CRLF; X-More-Data only while the build runs."""
        build = self.build_of(request)
        start_text = await form_field(request, "start") or "0"
        if not start_text.isdigit():
            return pages.oops()
        request["detail"]["start"] = int(start_text)
        running = build.building
        chunk = build.log.since(int(start_text))
        answer = _text(chunk.shown)
        answer.headers["X-Text-Size"] = str(chunk.size)
        if running:
            answer.headers["X-More-Data"] = "true"
        return answer

    @call("build.stop")
    async def stop(self, request: web.Request) -> web.Response:
        """Stop: 302 at once, also when the build is over; the result comes a moment later."""
        build = self.build_of(request)
        self.executors.stop(build, self.user)
        return pages.redirect(_page_of(request, build))

    @call("build.keep")
    async def toggle_keep(self, request: web.Request) -> web.Response:
        """Keep this build for ever, or no longer."""
        build = self.build_of(request)
        build.keep_log = not build.keep_log
        return self._saved(request, build)

    @call("build.describe")
    async def submit_description(self, request: web.Request) -> web.Response:
        """Set the build's description."""
        build = self.build_of(request)
        build.description = await form_field(request, "description") or None
        return self._saved(request, build)

    @call("build.describe")
    async def describe(self, request: web.Request) -> web.Response:
        """The same without a redirect."""
        await self.submit_description(request)
        return pages.empty(204)

    def _saved(self, request: web.Request, build: Build) -> web.Response:
        build.export_cache.clear()
        self.store.save_build(build)
        return pages.redirect(_page_of(request, build))

    @call("build.delete")
    async def delete(self, request: web.Request) -> web.Response:
        """Delete a build; a running one cannot be."""
        build = self.build_of(request)
        if build.building:
            return pages.failure(f"Unable to delete {build.job.name} #{build.number} because it is still running")
        self.executors.forget(build)
        return pages.redirect(f"{request.scheme}://{request.host}/job/{quote(build.job.name)}/")

    @call("build.refused")
    async def get_refused(self, request: web.Request) -> web.Response:
        """GET on a page that changes something."""
        self.build_of(request)
        return pages.post_only(allow=False)


class QueueCalls(Calls):
    """The routes of `/queue`."""

    def routes(self, router: web.UrlDispatcher) -> None:
        """Register them."""
        for slash in ("", "/"):
            router.add_get(f"/queue/api/json{slash}", self.list_items)
            router.add_get(f"/queue/item/{{id}}/api/json{slash}", self.read)
        router.add_post("/queue/cancelItem", self.cancel)
        router.add_get("/queue/cancelItem", self.get_refused)
        router.add_post("/queue/item/{id}/cancelQueue", self.cancel)

    @call("queue.list")
    async def list_items(self, request: web.Request) -> web.Response:
        """The queue as JSON."""
        return api_answer(request, self.exports.queue())

    @call("queue.item")
    async def read(self, request: web.Request) -> web.Response:
        """One item, as long as Jenkins remembers it."""
        ident = request.match_info["id"]
        item = self.executors.find_item(int(ident)) if ident.isdigit() else None
        if item is None:
            raise web.HTTPNotFound
        request["subject"] = item.job.name
        request["detail"] |= {"queue_id": item.id, "key": item.key}
        return api_answer(request, self.exports.item(item))

    @call("queue.cancel")
    async def cancel(self, request: web.Request) -> web.Response:
        """Take an item out of the queue: 204; when it has left already, 500."""
        ident = request.match_info.get("id") or await form_field(request, "id") or ""
        item = self.executors.find_item(int(ident)) if ident.isdigit() else None
        if item is None:
            raise web.HTTPNotFound
        request["subject"] = item.job.name
        request["detail"] |= {"queue_id": item.id, "key": item.key}
        if item.state is State.LEFT:
            return pages.oops()
        self.executors.cancel(item)
        return pages.empty(204)

    @call("queue.refused")
    async def get_refused(self, _request: web.Request) -> web.Response:
        """GET cancels nothing."""
        return pages.post_only(allow=False)


def _text(body: bytes) -> web.Response:
    headers = {"X-Jenkins": pages.VERSION, "X-Content-Type-Options": "nosniff"}
    return web.Response(body=body, content_type="text/plain", charset="utf-8", headers=headers)


def _page_of(request: web.Request, build: Build) -> str:
    return f"{request.scheme}://{request.host}/job/{quote(build.job.name)}/{build.number}/"
