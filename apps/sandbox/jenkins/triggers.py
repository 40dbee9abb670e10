"""Calls that ask for builds: build, buildWithParameters, and how form fields become parameters.

Must not: read builds or logs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from aiohttp import web

from apps.sandbox.base.server import call
from apps.sandbox.jenkins import pages
from apps.sandbox.jenkins.calls import Calls, form_field, form_fields
from apps.sandbox.jenkins.jobxml import ParameterDefinition
from apps.sandbox.jenkins.model import Job, Parameter


class BadParameterError(ValueError):
    """A value that makes Jenkins answer 500."""


class TriggerCalls(Calls):
    """The routes that queue a build."""

    def routes(self, router: web.UrlDispatcher) -> None:
        """Register them."""
        for slash in ("", "/"):
            router.add_route("*", f"/job/{{name}}/build{slash}", self.build)
            router.add_route("*", f"/job/{{name}}/buildWithParameters{slash}", self.build_with_parameters)

    @call("build.trigger")
    async def build(self, request: web.Request) -> web.Response:
        """`/build`: for jobs without parameters, or with the form's `json` field."""
        job, refusal = await self._admitted(request)
        if refusal is not None:
            return refusal
        submitted = await form_field(request, "json")
        if not job.config.parameters:
            return await self._queue(request, job, ())
        if submitted is None:
            waits = "delay" in request.query
            return pages.failure("This page expects a form submission" if waits else "Nothing is submitted")
        try:
            parameters = from_form(job.config.parameters, submitted)
        except BadParameterError:
            return pages.oops()
        answer = await self._queue(request, job, parameters)
        if answer.status in (201, 303):
            # The form's way tells the job's page, not the queue item.
            return web.Response(status=201, headers={"Location": f"{request.scheme}://{request.host}/job/{job.name}/"})
        return answer

    @call("build.trigger")
    async def build_with_parameters(self, request: web.Request) -> web.Response:
        """`/buildWithParameters`: fields by name; what the job does not define is dropped without a word."""
        job, refusal = await self._admitted(request)
        if refusal is not None:
            return refusal
        if not job.config.parameters:
            return pages.oops()
        try:
            parameters = from_fields(job.config.parameters, await form_fields(request))
        except BadParameterError:
            return pages.oops()
        return await self._queue(request, job, parameters, folding=303)

    async def _admitted(self, request: web.Request) -> tuple[Job, web.Response | None]:
        """The job, and what to answer when no build may be asked for."""
        job = self.job_of(request)
        request["detail"]["job"] = job.name
        request["detail"]["key"] = await form_field(request, "OPSPORTAL_KEY") or ""
        token = await form_field(request, "token")
        opened = False
        if job.config.auth_token and token is not None:
            if token != job.config.auth_token:
                return job, pages.forbidden("Invalid token provided.")
            opened = True
        if request.method != "POST" and not opened:
            return job, pages.post_only(allow=True)
        if not job.buildable:
            return job, pages.conflict(f"{job.name} is not buildable")
        return job, None

    async def _queue(
        self, request: web.Request, job: Job, parameters: Sequence[Parameter], *, folding: int = 201
    ) -> web.Response:
        """Queue it; the answer's address is built from the Host header the caller used."""
        try:
            quiet = self._quiet_seconds(job, await form_field(request, "delay"))
        except ValueError:
            return pages.oops()
        scheduled = self.executors.schedule(job, parameters, self.user, quiet)
        item = scheduled.item
        request["detail"] |= {"key": item.key, "queue_id": item.id, "folded": scheduled.folded}
        request["accepted"] = not scheduled.folded
        where = f"{request.scheme}://{request.host}/queue/item/{item.id}/"
        return web.Response(status=folding if scheduled.folded else 201, headers={"Location": where})

    def _quiet_seconds(self, job: Job, delay: str | None) -> float:
        if delay is None:
            return self.parts.quiet_period if job.config.quiet_period is None else job.config.quiet_period
        return float(int(delay.removesuffix("secs").removesuffix("sec").strip()))


def from_fields(definitions: Sequence[ParameterDefinition], fields: Mapping[str, list[str]]) -> list[Parameter]:
    """One value for each definition: the field of that name, else the default."""
    values = []
    for definition in definitions:
        given = fields.get(definition.name, [])
        if len(given) > 1:
            raise BadParameterError(definition.name)
        values.append(_value(definition, given[0] if given else None))
    return values


def from_form(definitions: Sequence[ParameterDefinition], submitted: str) -> list[Parameter]:
    """The `json` field of the form: `{"parameter": [{"name", "value"}, …]}`; an undefined name is an error here."""
    known = {d.name: d for d in definitions}
    try:
        rows = json.loads(submitted)["parameter"]
        rows = rows if isinstance(rows, list) else [rows]
        return [_value(known[row["name"]], row.get("value")) for row in rows]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadParameterError(str(error)) from error


def _value(definition: ParameterDefinition, given: object) -> Parameter:
    if definition.kind == "Boolean":
        return Parameter(
            "Boolean", definition.name, str(definition.default if given is None else given).lower() == "true"
        )
    value = definition.default if given is None else str(given)
    if definition.kind == "Choice" and value not in definition.choices:
        raise BadParameterError(f"Illegal choice for parameter {definition.name}: {value}")
    return Parameter(definition.kind, definition.name, value)
