"""Calls on jobs: create, copy, read, config.xml, enable, disable, describe, rename, delete.

Must not: trigger or read builds.
"""

from __future__ import annotations

import re
from urllib.parse import quote

from aiohttp import web

from apps.sandbox.base.server import call
from apps.sandbox.jenkins import jobxml, names, pages
from apps.sandbox.jenkins.calls import Calls, api_answer, form_field
from apps.sandbox.jenkins.model import Job

XML_TYPES = ("application/xml", "text/xml")
XML_HEADERS = {"Content-Type": "application/xml", "X-Jenkins": pages.VERSION}
CHARSET = re.compile(r"charset\s*=\s*\"?([\w.-]+)", re.IGNORECASE)


class JobCalls(Calls):
    """The routes of `/createItem` and `/job/NAME`."""

    def routes(self, router: web.UrlDispatcher) -> None:
        """Register them."""
        router.add_post("/createItem", self.create)
        for slash in ("", "/"):
            router.add_get(f"/job/{{name}}/api/json{slash}", self.read)
        router.add_get("/job/{name}/", self.page)
        router.add_delete("/job/{name}/", self.delete_rest)
        router.add_get("/job/{name}", self.add_slash)
        router.add_delete("/job/{name}", self.add_slash)
        router.add_get("/job/{name}/config.xml", self.get_config)
        router.add_post("/job/{name}/config.xml", self.set_config)
        router.add_put("/job/{name}/config.xml", self.put_config)
        router.add_get("/job/{name}/description", self.get_description)
        router.add_post("/job/{name}/description", self.set_description)
        router.add_post("/job/{name}/submitDescription", self.submit_description)
        router.add_get("/job/{name}/configure", self.page)
        for verb, handler in (
            ("enable", self.enable),
            ("disable", self.disable),
            ("reload", self.reload),
            ("doWipeOutWorkspace", self.wipe_out),
            ("doDelete", self.do_delete),
            ("doRename", self.rename),
            ("confirmRename", self.rename),
        ):
            router.add_post(f"/job/{{name}}/{verb}", handler)
            router.add_get(f"/job/{{name}}/{verb}", self.get_refused)

    # -- create -------------------------------------------------------------------------------------------
    @call("job.create")
    async def create(self, request: web.Request) -> web.Response:
        """createItem: from XML, or as a copy (then journalled as job.copy)."""
        mode, name = await form_field(request, "mode"), await form_field(request, "name")
        if mode == "copy":
            request["kind"] = "job.copy"
        request["subject"] = name or ""
        content_type = request.headers.get("Content-Type")
        if content_type is None and mode != "copy":
            return pages.failure("No Content-Type header set")
        if name is None:
            return pages.failure("Query parameter 'name' is required")
        wrong = names.complaint(name)
        if wrong:
            return pages.failure(wrong)
        name = name.strip()
        if self.controller.find(name) is not None:
            return pages.failure(f"A job already exists with the name ‘{name}’")
        if mode == "copy":
            return await self._copy(request, name)
        if content_type is None or not content_type.startswith(XML_TYPES):
            return pages.failure("No mode given")
        return await self._create_from_xml(request, name)

    async def _copy(self, request: web.Request, name: str) -> web.Response:
        source_name = await form_field(request, "from")
        if not source_name:
            return pages.failure("Specify which job to copy")
        source = self.controller.find(source_name)
        if source is None:
            return pages.failure(f"No such job: {source_name}")
        request["detail"]["from"] = source.name
        if names.too_long(name):
            return pages.oops()
        job = self.controller.add(name, source.xml)
        job.hold = True
        self.store.save_job(job)
        return pages.redirect(f"{_origin(request)}/job/{quote(name)}/configure")

    async def _create_from_xml(self, request: web.Request, name: str) -> web.Response:
        try:
            xml = jobxml.normalise(jobxml.decode(await request.read()))
        except jobxml.ConfigError:
            return pages.oops()
        if names.too_long(name):
            return pages.oops()
        self.store.save_job(self.controller.add(name, xml))
        return pages.empty(200)

    # -- read ---------------------------------------------------------------------------------------------
    @call("job.get")
    async def read(self, request: web.Request) -> web.Response:
        """The job as JSON."""
        return api_answer(request, self.exports.job(self.job_of(request)))

    @call("job.page")
    async def page(self, request: web.Request) -> web.Response:
        """The job's page for people."""
        return pages.page(200, self.job_of(request).name, "Project")

    @call("job.page")
    async def add_slash(self, request: web.Request) -> web.Response:
        """Without the trailing slash: 302 to the page, also for DELETE."""
        return pages.redirect(self._page_of(request, self.job_of(request)))

    # -- config.xml ---------------------------------------------------------------------------------------
    @call("job.config.get")
    async def get_config(self, request: web.Request) -> web.Response:
        """config.xml as stored."""
        return web.Response(body=self.job_of(request).xml.encode(), headers=XML_HEADERS)

    @call("job.config.set")
    async def set_config(self, request: web.Request) -> web.Response:
        """Replace config.xml. Not a save: a copied job stays unbuildable. Without charset the body is Latin-1."""
        job = self.job_of(request)
        found = CHARSET.search(request.headers.get("Content-Type", ""))
        try:
            text = (await request.read()).decode(found[1] if found else "iso-8859-1")
            job.take_xml(jobxml.normalise(text))
        except (jobxml.ConfigError, UnicodeDecodeError, LookupError):
            return pages.oops()
        self.store.save_job(job)
        return pages.empty(200)

    @call("job.config.put")
    async def put_config(self, request: web.Request) -> web.Response:
        """PUT is not a way to set it."""
        self.job_of(request)
        return pages.empty(400)

    # -- state --------------------------------------------------------------------------------------------
    @call("job.enable")
    async def enable(self, request: web.Request) -> web.Response:
        """Enable: a save only when the job was disabled."""
        return self._set_disabled(request, False)

    @call("job.disable")
    async def disable(self, request: web.Request) -> web.Response:
        """Disable: a save only when the job was enabled."""
        return self._set_disabled(request, True)

    def _set_disabled(self, request: web.Request, disabled: bool) -> web.Response:
        job = self.job_of(request)
        if job.config.disabled is not disabled:
            job.save(disabled=disabled)
            self.store.save_job(job)
        return pages.redirect(self._page_of(request, job))

    @call("job.wipe-out")
    async def wipe_out(self, request: web.Request) -> web.Response:
        """Empty the workspace: builds here keep none, so only what is told differs with and without a build."""
        job = self.job_of(request)
        if not job.builds:
            return pages.page(200, "Wipe Out Workspace", "There is no workspace to wipe out.")
        return pages.redirect(self._page_of(request, job))

    @call("job.reload")
    async def reload(self, request: web.Request) -> web.Response:
        """Read config.xml from disk again: changes nothing here."""
        return pages.redirect(self._page_of(request, self.job_of(request)))

    @call("job.description.get")
    async def get_description(self, request: web.Request) -> web.Response:
        """The description as text."""
        return web.Response(text=self.job_of(request).config.description or "")

    @call("job.description.set")
    async def set_description(self, request: web.Request) -> web.Response:
        """Set the description: a save, 204."""
        await self._describe(request)
        return pages.empty(204)

    @call("job.description.set")
    async def submit_description(self, request: web.Request) -> web.Response:
        """The form's way to set it: a save, 302."""
        return pages.redirect(self._page_of(request, await self._describe(request)))

    async def _describe(self, request: web.Request) -> Job:
        job = self.job_of(request)
        job.save(description=await form_field(request, "description") or "")
        self.store.save_job(job)
        return job

    # -- rename, delete -----------------------------------------------------------------------------------
    @call("job.rename")
    async def rename(self, request: web.Request) -> web.Response:
        """Rename; the new name must be free."""
        job, name = self.job_of(request), (await form_field(request, "newName") or "").strip()
        request["detail"]["to"] = name
        wrong = names.complaint(name)
        if wrong:
            return pages.failure(wrong)
        taken = self.controller.find(name)
        if taken is not None and (taken is not job or name == job.name):
            return pages.failure(f"The name “{name}” is already in use.")
        self.controller.rename(job, name)
        self.store.save_job(job)
        return pages.redirect(self._page_of(request, job))

    @call("job.delete")
    async def do_delete(self, request: web.Request) -> web.Response:
        """The form's way to delete: 302 to the root."""
        await self.executors.delete_job(self.job_of(request))
        return pages.redirect(f"{_origin(request)}/")

    @call("job.delete")
    async def delete_rest(self, request: web.Request) -> web.Response:
        """The REST way to delete: 204."""
        await self.executors.delete_job(self.job_of(request))
        return pages.empty(204)

    @call("job.refused")
    async def get_refused(self, request: web.Request) -> web.Response:
        """GET on a page that changes something."""
        self.job_of(request)
        return pages.post_only(allow=False)

    def _page_of(self, request: web.Request, job: Job) -> str:
        return f"{_origin(request)}/job/{quote(job.name)}/"


def _origin(request: web.Request) -> str:
    """Redirects go where the caller came from, not to the configured root."""
    return f"{request.scheme}://{request.host}"
