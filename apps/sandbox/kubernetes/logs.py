"""pods/log: options, refusals in the API's words, and the stream with `follow`.

Must not: make log lines (see `loglines.py`) or store them.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Any

from aiohttp import web

from apps.sandbox.kubernetes import errors
from apps.sandbox.kubernetes.containers import choose_container, container_status
from apps.sandbox.kubernetes.errors import Cause
from apps.sandbox.kubernetes.life.objects import parse_stamp
from apps.sandbox.kubernetes.loglines import PERIOD_SECONDS, ContainerRun, Line

Obj = dict[str, Any]
BLOCK = 16 * 1024


@dataclass(frozen=True)
class LogOptions:
    """What the query asked for."""

    container: str
    follow: bool
    previous: bool
    timestamps: bool
    tail: int | None
    limit_bytes: int | None
    since: datetime | None

    @classmethod
    def from_query(cls, request: web.Request, pod_name: str, now: datetime) -> LogOptions:
        """Read and check the query; raises 400 and 422."""
        query = request.query

        def flag(name: str) -> bool:
            return query.get(name, "").lower() not in ("", "0", "false")

        tail, limit = _integer(query.get("tailLines")), _integer(query.get("limitBytes"))
        seconds, since_text = _integer(query.get("sinceSeconds")), query.get("sinceTime")
        causes = []
        if tail is not None and tail < 0:
            causes.append(_at_least("tailLines", tail, "must be greater than or equal to 0"))
        if limit is not None and limit < 1:
            causes.append(_at_least("limitBytes", limit, "must be greater than 0"))
        if seconds is not None and since_text:
            why = "at most one of `sinceTime` or `sinceSeconds` may be specified"
            causes.append(Cause("", f"Forbidden: {why}", "FieldValueForbidden"))
        elif seconds is not None and seconds < 1:
            causes.append(_at_least("sinceSeconds", seconds, "must be greater than 0"))
        if causes:
            raise _invalid(pod_name, causes)
        since = _moment(since_text) if since_text else None
        if seconds is not None:
            since = now - timedelta(seconds=seconds)
        container = query.get("container", "")
        return cls(container, flag("follow"), flag("previous"), flag("timestamps"), tail, limit, since)


def _integer(text: str | None) -> int | None:
    if text is None or text == "":
        return None
    try:
        return int(text)
    except ValueError as error:
        raise errors.bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax') from error


def _moment(text: str) -> datetime:
    try:
        moment = parse_stamp(text)
    except ValueError as error:
        raise errors.bad_request(f'parsing time "{text}" as "2006-01-02T15:04:05Z07:00": cannot parse') from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _at_least(field: str, value: int, why: str) -> Cause:
    return Cause(field, f"Invalid value: {value}: {why}")


def _invalid(pod_name: str, causes: list[Cause]) -> errors.ApiError:
    """422 about PodLogOptions; a cause without a field is written `[]`."""
    shown = [Cause(c.field or "[]", c.message, c.reason) for c in causes]
    return errors.invalid("PodLogOptions", pod_name, shown, "")


# -- the answer -----------------------------------------------------------------------------------------------
async def handle(server: Any, request: web.Request, pod: Obj) -> web.StreamResponse:
    """Answer pods/log."""
    now = datetime.now(UTC)
    options = LogOptions.from_query(request, pod["metadata"]["name"], now)
    container = choose_container(pod, options.container)
    if not pod["spec"].get("nodeName"):
        return web.Response(status=204, content_type="application/json")
    run = _run_of(pod, container, previous=options.previous)
    body = b"".join(line.render(with_time=options.timestamps) for line in _past(run, options, now))
    if options.limit_bytes is not None:
        body = body[: options.limit_bytes]
    if not options.follow or run.finished is not None:
        return web.Response(body=body, headers={"Content-Type": "text/plain"})
    response = web.StreamResponse(headers={"Content-Type": "text/plain"})
    response.enable_chunked_encoding()
    await response.prepare(request)
    for start in range(0, len(body), BLOCK):
        await response.write(body[start : start + BLOCK])
    await _follow(server, response, pod, container, run, options, now, len(body))
    await response.write_eof()
    return response


def _run_of(pod: Obj, container: Obj, *, previous: bool) -> ContainerRun:
    """The run whose output is asked for; raises 400 when there is none."""
    pod_name, name = pod["metadata"]["name"], container["name"]
    status = container_status(pod, name)
    state = (status or {}).get("state") or {}
    last = (status or {}).get("lastState") or {}
    if previous:
        run = ContainerRun.from_state(pod, container, last)
        if run is None:
            raise errors.bad_request(f'previous terminated container "{name}" in pod "{pod_name}" not found')
        return run
    run = ContainerRun.from_state(pod, container, state) or ContainerRun.from_state(pod, container, last)
    if run is not None:
        return run
    reason = (state.get("waiting") or {}).get("reason") or "ContainerCreating"
    if reason in ("ErrImagePull", "ImagePullBackOff"):
        reason = "trying and failing to pull image"
    elif reason == "InvalidImageName":
        reason = "image can't be pulled"
    raise errors.bad_request(f'container "{name}" in pod "{pod_name}" is waiting to start: {reason}')


def _past(run: ContainerRun, options: LogOptions, now: datetime) -> Iterator[Line]:
    """The lines written until now, as far as they are asked for."""
    since = options.since
    if since is None and options.tail is not None and run.finished is None:
        # A container that has run for days is not written out only to see its end.
        skipped = run.count_until(now) - options.tail - 10
        if skipped > 10:
            since = now - timedelta(seconds=(options.tail + 5) * PERIOD_SECONDS)
    lines = run.lines() if since is None else run.lines_from(since)
    until_now = lines if run.finished is not None else takewhile(lambda line: line.at <= now, lines)
    if options.tail is None:
        yield from until_now
    elif options.tail > 0:
        yield from deque(until_now, maxlen=options.tail)


async def _follow(
    server: Any,
    response: web.StreamResponse,
    pod: Obj,
    container: Obj,
    run: ContainerRun,
    options: LogOptions,
    since: datetime,
    sent: int,
) -> None:
    """Send lines as their time comes, until the container or the client ends."""
    changed = asyncio.Event()

    def notice(kind: str, resource: str, obj: Obj, old: Obj | None) -> None:
        if resource == "pods" and obj["metadata"]["uid"] == pod["metadata"]["uid"]:
            changed.set()

    unsubscribe = server.store.subscribe(notice)
    try:
        for line in run.lines_from(since):
            if line.at <= since:
                continue
            ended = await _ended_before(server, pod, container, run, line.at, changed)
            if ended is not None:
                farewell = [e for e in ended.lines() if e.at > since][-2:] if ended.exit_code else []
                for last in farewell:
                    await response.write(last.render(with_time=options.timestamps))
                return
            data = line.render(with_time=options.timestamps)
            if options.limit_bytes is not None:
                data = data[: options.limit_bytes - sent]
                if not data:
                    return
            await response.write(data)
            sent += len(data)
    except ConnectionError:
        return
    finally:
        unsubscribe()


async def _ended_before(
    server: Any, pod: Obj, container: Obj, run: ContainerRun, moment: datetime, changed: asyncio.Event
) -> ContainerRun | None:
    """Wait for a moment; the ended run when the container ended (or its pod went) before it."""
    while True:
        changed.clear()
        now = server.store.get("pods", pod["metadata"]["namespace"], pod["metadata"]["name"])
        if now is None or now["metadata"]["uid"] != pod["metadata"]["uid"]:
            return ContainerRun(run.pod, run.container, run.image, run.started, moment)
        status = container_status(now, container["name"]) or {}
        current = ContainerRun.from_state(now, container, status.get("state") or {})
        if current is None or current.finished is not None or current.started != run.started:
            return current if current and current.finished else ContainerRun(*_identity(run), moment)
        remaining = (moment - datetime.now(UTC)).total_seconds()
        if remaining <= 0:
            return None
        try:
            await asyncio.wait_for(changed.wait(), remaining)
        except TimeoutError:
            return None


def _identity(run: ContainerRun) -> tuple[str, str, str, datetime]:
    return run.pod, run.container, run.image, run.started
