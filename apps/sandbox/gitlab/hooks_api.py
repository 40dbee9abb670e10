"""Endpoints: project webhooks, their delivery log, and sending one again.

Must not: return a hook's token.
"""

from __future__ import annotations

import asyncio
import ipaddress
from dataclasses import asdict
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from apps.sandbox.base.server import call
from apps.sandbox.gitlab import render
from apps.sandbox.gitlab.delivery import alert_status
from apps.sandbox.gitlab.errors import ApiError, answer, not_found
from apps.sandbox.gitlab.hub import Hub
from apps.sandbox.gitlab.model import MAINTAINER, Hook, Project
from apps.sandbox.gitlab.params import flag, params, require

FLAGS = ("push_events", "tag_push_events", "merge_requests_events", "enable_ssl_verification")
TEXTS = ("url", "token", "name", "description", "push_events_branch_filter")


class HooksApi:
    """CRUD for Maintainers."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    def routes(self, router: web.UrlDispatcher) -> None:
        """Add the routes."""
        base = "/api/v4/projects/{id}/hooks"
        router.add_get(base, self.list_all)
        router.add_post(base, self.create)
        router.add_get(base + "/{hook_id}", self.get)
        router.add_put(base + "/{hook_id}", self.update)
        router.add_delete(base + "/{hook_id}", self.delete)
        router.add_get(base + "/{hook_id}/events", self.events)
        router.add_post(base + "/{hook_id}/events/{event_id}/resend", self.resend)

    def _project(self, request: web.Request) -> Project:
        caller, project = self.hub.access.project(request)
        self.hub.access.require(caller, project, MAINTAINER)
        return project

    def _hook(self, request: web.Request, project: Project) -> Hook:
        for hook in project.hooks:
            if str(hook.id) == request.match_info["hook_id"]:
                return hook
        raise not_found()

    @call("hook.list")
    async def list_all(self, request: web.Request) -> web.Response:
        """`GET …/hooks`."""
        project = self._project(request)
        shown, headers = (await self.hub.page(request)).cut(project.hooks)
        return answer([render.hook_json(hook, project, alert_status(hook)) for hook in shown], headers=headers)

    @call("hook.get")
    async def get(self, request: web.Request) -> web.Response:
        """`GET …/hooks/:hook_id`."""
        project = self._project(request)
        hook = self._hook(request, project)
        return answer(render.hook_json(hook, project, alert_status(hook)))

    @call("hook.create")
    async def create(self, request: web.Request) -> web.Response:
        """`POST …/hooks`."""
        project = self._project(request)
        values = await params(request)
        require(values, "url")
        hook = Hook(self.hub.state.next_id(), str(values["url"]))
        _fill(hook, values, local=self.hub.options.local_webhooks)
        project.hooks.append(hook)
        self.hub.save_soon()
        return answer(render.hook_json(hook, project, alert_status(hook)), 201)

    @call("hook.update")
    async def update(self, request: web.Request) -> web.Response:
        """`PUT …/hooks/:hook_id`; a change switches a disabled hook on again."""
        project = self._project(request)
        hook = self._hook(request, project)
        _fill(hook, await params(request), local=self.hub.options.local_webhooks)
        hook.failures, hook.disabled_until = 0, None
        self.hub.save_soon()
        return answer(render.hook_json(hook, project, alert_status(hook)))

    @call("hook.delete")
    async def delete(self, request: web.Request) -> web.Response:
        """`DELETE …/hooks/:hook_id`."""
        project = self._project(request)
        project.hooks.remove(self._hook(request, project))
        self.hub.save_soon()
        return web.Response(status=204)

    @call("hook.events")
    async def events(self, request: web.Request) -> web.Response:
        """`GET …/hooks/:hook_id/events`: the delivery log."""
        project = self._project(request)
        entries = self.hub.deliveries.log_of(self._hook(request, project))
        status = (await params(request)).get("status")
        if status:
            entries = [entry for entry in entries if entry.response_status == str(status)]
        shown, headers = (await self.hub.page(request)).cut(entries)
        return answer([_event(asdict(entry)) for entry in shown], headers=headers)

    @call("hook.resend")
    async def resend(self, request: web.Request) -> web.Response:
        """`POST …/events/:event_id/resend`: the same body and Idempotency-Key once more."""
        project = self._project(request)
        hook = self._hook(request, project)
        for entry in self.hub.deliveries.log_of(hook):
            if str(entry.id) == request.match_info["event_id"]:
                key = entry.request_headers["Idempotency-Key"]
                work = self.hub.deliveries.deliver(project, hook, entry.trigger, entry.request_data, key)
                await asyncio.shield(asyncio.ensure_future(work))
                latest = self.hub.deliveries.log_of(hook)[0].response_status
                return answer({"response_status": int(latest) if latest.isdigit() else latest})
        raise not_found()


def _event(entry: dict[str, Any]) -> dict[str, Any]:
    del entry["hook_id"]
    return entry


def _fill(hook: Hook, values: dict[str, Any], *, local: bool) -> None:
    """Set what was sent, after checking the address; `local` ones only where that is allowed."""
    url = urlsplit(str(values.get("url", hook.url)))
    if url.scheme not in ("http", "https") or not url.hostname or (not local and _is_local(url.hostname)):
        raise ApiError(422, {"error": "Invalid url given"})
    for name in FLAGS:
        if name in values:
            setattr(hook, name, flag(values, name))
    for name in TEXTS:
        if values.get(name) is not None:
            setattr(hook, name, str(values[name]))
    if isinstance(values.get("custom_headers"), list):
        pairs = [header for header in values["custom_headers"] if isinstance(header, dict) and header.get("key")]
        hook.custom_headers = [{"key": str(h["key"]), "value": str(h.get("value", ""))} for h in pairs]


def _is_local(host: str) -> bool:
    """Whether an address is literally of the local network; names are not resolved here."""
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
