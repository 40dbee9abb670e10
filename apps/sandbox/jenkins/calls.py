"""What all calls share: the controller and its parts, finding jobs and builds, and form fields.

Must not: answer a call itself.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from apps.sandbox.jenkins import pages
from apps.sandbox.jenkins.access import Access
from apps.sandbox.jenkins.beans import PERMALINKS, find_newest
from apps.sandbox.jenkins.executors import Executors
from apps.sandbox.jenkins.exports import Exports
from apps.sandbox.jenkins.model import Build, Controller, Job
from apps.sandbox.jenkins.store import Store
from apps.sandbox.jenkins.tree import Bean, TreeError, render

Answer = Callable[[web.Request], Awaitable[web.Response]]


@dataclass(frozen=True)
class Parts:
    """The parts of one stand-in Jenkins."""

    controller: Controller
    store: Store
    executors: Executors
    exports: Exports
    access: Access
    quiet_period: float


class Calls:
    """Base of the groups of calls."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.controller = parts.controller
        self.store = parts.store
        self.executors = parts.executors
        self.exports = parts.exports

    @property
    def user(self) -> str:
        """The one user there is."""
        return self.parts.access.user

    def job_of(self, request: web.Request) -> Job:
        """The job in the path; 404 when there is none."""
        name = request.match_info["name"]
        request["subject"] = name
        job = self.controller.find(name)
        if job is None:
            raise web.HTTPNotFound
        request["subject"] = job.name
        return job

    def build_of(self, request: web.Request) -> Build:
        """The build in the path by number or permalink; 404 when there is none."""
        job, which = self.job_of(request), request.match_info["number"]
        found = find_newest(job, PERMALINKS[which]) if which in PERMALINKS else None
        if which.isdigit():
            found = job.builds.get(int(which))
        if found is None:
            raise web.HTTPNotFound
        request["detail"] |= {"number": found.number, "key": found.key}
        return found


def api_answer(request: web.Request, bean: Bean) -> web.Response:
    """The object as JSON by the request's `tree` or `depth`."""
    query = request.query
    if "jsonp" in query:
        return pages.forbidden("jsonp is forbidden")
    try:
        depth = int(query.get("depth", "0"))
        return pages.json_text(render(bean, query.get("tree"), depth))
    except (TreeError, ValueError):
        return pages.oops()


async def form_fields(request: web.Request) -> dict[str, list[str]]:
    """Query and form fields together, each with all its values."""
    fields: dict[str, list[str]] = {}
    posted = await request.post()
    for name in [*request.query, *posted]:
        values = [*request.query.getall(name, []), *(str(v) for v in posted.getall(name, []))]
        fields[name] = values
    return fields


async def form_field(request: web.Request, name: str) -> str | None:
    """One field, the query first."""
    if name in request.query:
        return request.query[name]
    value = (await request.post()).get(name)
    return None if value is None else str(value)
