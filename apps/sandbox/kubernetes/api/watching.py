"""Watches: replay from the ring, live changes, selectors, bookmarks, the too-old ERROR event.

Must not: miss or reorder a change; a watcher that does not read for too long is cut off instead.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections import deque
from typing import Any

from aiohttp import web

from apps.sandbox.kubernetes import errors
from apps.sandbox.kubernetes.api import tables
from apps.sandbox.kubernetes.api.call import Call, standard_headers, wants_table
from apps.sandbox.kubernetes.api.reading import selector_of, shown
from apps.sandbox.kubernetes.api.selectors import Test
from apps.sandbox.kubernetes.api.target import is_true
from apps.sandbox.kubernetes.errors import ApiError
from apps.sandbox.kubernetes.store import Store

Obj = dict[str, Any]
Event = tuple[str, Obj, Obj | None]
MAX_BEHIND = 20_000
LOOK_SECONDS = 1.0
LAST_BOOKMARK_SECONDS = 2.0
SHORTEST_WITH_BOOKMARK = 10.0
INITIAL_EVENTS = "sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled"


class Watch:
    """One running watch."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.test = selector_of(call)
        self.is_table = wants_table(call.request)
        self.wants_bookmarks = is_true(call.query.get("allowWatchBookmarks"))
        self.is_first_table = True
        self._events: deque[Event] = deque()
        self._wake = asyncio.Event()
        self._namespace = call.namespace
        self._after = 0

    # -- collecting ---------------------------------------------------------------------------------------
    def changed(self, kind: str, resource: str, new: Obj, old: Obj | None) -> None:
        """Store callback."""
        if resource == self.call.resource.plural and int(new["metadata"]["resourceVersion"]) > self._after:
            self.take(kind, new, old)

    def take(self, kind: str, new: Obj, old: Obj | None) -> None:
        """Queue a change when it concerns this watch."""
        if self._namespace and new["metadata"].get("namespace") != self._namespace:
            return
        event = _seen(kind, new, old, self.test)
        if event is not None:
            self._events.append(event)
            self._wake.set()

    def begin(self, store: Store, version: str) -> None:
        """Queue what the watch starts with; raises the 410 that is sent as an event."""
        if version in ("", "0"):
            for obj in store.list(self.call.resource.plural, self._namespace or None):
                self.take("ADDED", obj, None)
            return
        # A version from the future: silence until it is reached.
        self._after = int(version)
        since = store.since(self._after, self.call.resource.plural)
        if since is None:
            raise errors.expired(f"too old resource version: {version} ({store.compacted_rv + 1})")
        for change in since:
            self.take(change.type, change.new, change.old)

    # -- sending ------------------------------------------------------------------------------------------
    async def run(self, response: web.StreamResponse, timeout: float, bookmark_seconds: float) -> None:
        """Send until the time is over or the client has gone."""
        loop = asyncio.get_running_loop()
        end = loop.time() + timeout
        bookmark_at = loop.time() + bookmark_seconds
        last_at = end - LAST_BOOKMARK_SECONDS if timeout >= SHORTEST_WITH_BOOKMARK else end + 1
        while not self._is_gone() and len(self._events) < MAX_BEHIND:
            await self._flush(response)
            now = loop.time()
            if now >= end:
                return
            if self.wants_bookmarks and now >= min(bookmark_at, last_at):
                bookmark_at, last_at = now + bookmark_seconds, (end + 1 if now >= last_at else last_at)
                await response.write(self._bookmark())
            await self._wait(min(end, bookmark_at, last_at, now + LOOK_SECONDS) - now)

    async def _wait(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._wake.wait(), max(0.001, seconds))
        except TimeoutError:
            return

    async def _flush(self, response: web.StreamResponse) -> None:
        self._wake.clear()
        while self._events:
            batch = [self._encoded(*self._events.popleft()) for _ in range(min(len(self._events), 200))]
            await response.write("".join(batch).encode())

    def _is_gone(self) -> bool:
        transport = self.call.request.transport
        return transport is None or transport.is_closing()

    def _encoded(self, kind: str, new: Obj, content: Obj | None) -> str:
        obj = new
        if content is not None:
            # What left the selection is shown as it last matched, with the new resourceVersion.
            metadata = {**content["metadata"], "resourceVersion": new["metadata"]["resourceVersion"]}
            obj = {**content, "metadata": metadata}
        if self.is_table:
            version = obj["metadata"]["resourceVersion"]
            rows = tables.table(self.call.resource, [shown(self.call, obj)], version)
            if not self.is_first_table:
                rows["columnDefinitions"] = None
            self.is_first_table = False
            text = json.dumps(rows, separators=(",", ":"), ensure_ascii=False)
        elif content is not None or self.call.resource.group == "events.k8s.io":
            text = json.dumps(shown(self.call, obj), separators=(",", ":"), ensure_ascii=False)
        else:
            text = self.call.server.texts.whole(obj)
        return f'{{"type":"{kind}","object":{text}}}\n'

    def _bookmark(self) -> bytes:
        resource, version = self.call.resource, str(self.call.server.store.rv)
        obj: Obj = {"kind": resource.kind, "apiVersion": resource.api_version}
        obj["metadata"] = {"resourceVersion": version, "creationTimestamp": None}
        if self.is_table:
            obj = tables.table(resource, [], version)
        return event_line("BOOKMARK", obj)


def _seen(kind: str, new: Obj, old: Obj | None, test: Test | None) -> Event | None:
    """A change as a watcher with a selector sees it; the third part is the content to show instead."""
    if test is None:
        return kind, new, None
    if kind != "MODIFIED":
        return (kind, new, None) if test(new) else None
    before, after = old is not None and test(old), test(new)
    if after:
        return ("MODIFIED" if before else "ADDED"), new, None
    return ("DELETED", new, old) if before else None


def event_line(kind: str, obj: Obj) -> bytes:
    """One event of the stream."""
    return (json.dumps({"type": kind, "object": obj}, separators=(",", ":"), ensure_ascii=False) + "\n").encode()


async def watch(call: Call) -> web.StreamResponse:
    """Answer a watch; over WebSocket there is none."""
    if call.request.headers.get("Upgrade", "").lower() == "websocket":
        return web.Response(status=403, headers={"Connection": "close"})
    version = call.query.get("resourceVersion", "")
    if version and not version.isdigit():
        why = f'strconv.ParseUint: parsing "{version}": invalid syntax'
        raise errors.internal(f'resourceVersion: Invalid value: "{version}": {why}')
    if "sendInitialEvents" in call.query:
        raise errors.options_invalid("ListOptions", errors.field_forbidden("sendInitialEvents", INITIAL_EVENTS))
    timeout = _timeout(call.query.get("timeoutSeconds"))
    running = Watch(call)
    failure: ApiError | None = None
    store = call.server.store
    try:
        running.begin(store, version)
    except ApiError as error:
        failure = error
    # From here to the first await nothing can change: the subscription continues where the replay ended.
    unsubscribe = store.subscribe(running.changed)
    response = web.StreamResponse(headers={**standard_headers(), "Content-Type": "application/json"})
    try:
        await response.prepare(call.request)
        if failure is not None:
            await response.write(event_line("ERROR", failure.to_status()))
        else:
            await running.run(response, timeout, call.server.bookmark_seconds)
        await response.write_eof()
    except ConnectionError:
        return response
    finally:
        unsubscribe()
    return response


def _timeout(text: str | None) -> float:
    if not text:
        return random.uniform(1800, 3600)
    try:
        return float(int(text)) or random.uniform(1800, 3600)
    except ValueError as error:
        raise errors.bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax') from error
