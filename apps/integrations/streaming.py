"""A connection test line by line: each check as one JSON line the moment it is known, then `{"at", "ok"}`.

The test itself runs in a thread of its own, as the plain one does in the request's: when the reader goes away it
still ends and is kept. Must not: run anything on the web server's event loop but the handing over of lines.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import json
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import structlog
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connections
from django.http import StreamingHttpResponse
from rest_framework.renderers import JSONRenderer

from apps.common.errors_api import Problem, language_of, problem_of
from apps.common.messages import sentence
from apps.integrations.checklist import Check, Tell

log = structlog.get_logger(__name__)
MEDIA_TYPE = "application/x-ndjson"
Work = Callable[[Tell], dict[str, Any]]
# tests of outside systems are an administrator's, one at a time; more than this wait for their turn
_threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="connection-test")


class LinesRenderer(JSONRenderer):
    """Only says that a view can answer in lines; what it would render is `streamed`'s to send."""

    media_type = MEDIA_TYPE
    format = "json"  # chosen by Accept alone: ?format= does not tell the two apart


def shown(check: dict[str, Any], language: str) -> dict[str, Any]:
    """A check with the sentence of its code."""
    detail = sentence(check["code"], check["params"], language) if check["code"] else ""
    return {**check, "detail": detail}


def streamed(work: Work, request: Any) -> StreamingHttpResponse:
    """The answer that begins at once and ends when `work` (given who is to be told) has its result."""
    headers = {"X-Accel-Buffering": "no"}  # nginx would collect the lines
    return StreamingHttpResponse(_lines(work, request), content_type=MEDIA_TYPE, headers=headers)


async def _lines(work: Work, request: Any) -> AsyncIterator[bytes]:
    language, loop = language_of(request), asyncio.get_running_loop()
    heard: asyncio.Queue[Check | None] = asyncio.Queue()

    def tell(check: Check) -> None:
        with contextlib.suppress(RuntimeError):  # the server is stopping: the loop takes nothing any more
            loop.call_soon_threadsafe(heard.put_nowait, check)

    context = contextvars.copy_context()
    done = loop.run_in_executor(_threads, context.run, _in_thread, work, tell)
    done.add_done_callback(lambda _: heard.put_nowait(None))
    done.add_done_callback(_log_failure)
    while (check := await heard.get()) is not None:
        yield _line(shown(check.as_json(), language))
    failure = done.exception()
    if failure is None:
        result = done.result()
        yield _line({"at": result["at"], "ok": result["ok"]})
    else:
        yield _line((problem_of(failure) or Problem("internal", 500)).body(request))


def _in_thread(work: Work, tell: Tell) -> dict[str, Any]:
    try:
        return work(tell)
    finally:
        connections.close_all()  # no request ends in this thread, so nobody else gives its session back


def _log_failure(done: asyncio.Future[dict[str, Any]]) -> None:
    failure = None if done.cancelled() else done.exception()
    if failure is not None:
        log.warning("connection test failed", exc_info=failure)


def _line(content: dict[str, Any]) -> bytes:
    return json.dumps(content, cls=DjangoJSONEncoder, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
