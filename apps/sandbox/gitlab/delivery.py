"""Webhook delivery: payloads of push and tag events, the headers GitLab sends, back-off, the delivery log.

Works in the background; whoever changes a ref never waits for a receiver. Must not: change a repository.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp

from apps.sandbox.base.faults import FaultBook
from apps.sandbox.base.journal import Journal
from apps.sandbox.gitlab.model import Hook, Project, User, now
from apps.sandbox.gitlab.names import matches
from apps.sandbox.gitlab.payloads import Change, Payloads

VERSION = "18.2.1"
EVENTS_PER_PUSH = 3
TIMEOUT = 10.0
FAILURES_ALLOWED = 3
LOG_KEPT = 200
BODY_KEPT = 8 * 1024


@dataclass
class Delivery:
    """One entry of a hook's delivery log."""

    id: int
    hook_id: int
    url: str
    trigger: str
    request_headers: dict[str, str]
    request_data: dict[str, Any]
    response_headers: dict[str, str] = field(default_factory=dict)
    response_body: str = ""
    response_status: str = "internal error"
    execution_duration: float = 0.0
    created_at: str = field(default_factory=now)


class Deliveries:
    """Sends hooks of one server; `close` waits a moment, then gives up."""

    def __init__(self, payloads: Payloads, journal: Journal, faults: FaultBook, url: Callable[[], str]) -> None:
        self._payloads = payloads
        self._journal = journal
        self._faults = faults
        self._url = url
        self._session: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._log: deque[Delivery] = deque(maxlen=LOG_KEPT)
        self._last = 0

    def open(self) -> None:
        """Once the loop runs."""
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT))

    async def close(self) -> None:
        """Let running deliveries end for a moment, cancel the rest."""
        if self._tasks:
            _done, pending = await asyncio.wait(set(self._tasks), timeout=1)
            for task in pending:
                task.cancel()
            await asyncio.gather(*pending, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    def log_of(self, hook: Hook) -> list[Delivery]:
        """Newest first."""
        return [entry for entry in reversed(self._log) if entry.hook_id == hook.id]

    async def refs_changed(self, project: Project, user: User, changes: list[tuple[str, str, str]]) -> None:
        """Hooks for one push; more than three branches (or tags) in one push send none for these."""
        if not any(hook.push_events or hook.tag_push_events for hook in project.hooks):
            return
        found = [Change(*change) for change in changes]
        for tags in (False, True):
            group = [change for change in found if change.is_tag is tags]
            if len(group) <= EVENTS_PER_PUSH:
                for change in group:
                    await self._announce(project, user, change)

    async def _announce(self, project: Project, user: User, change: Change) -> None:
        wanted = [hook for hook in project.hooks if _wants(hook, change)]
        if wanted:
            payload = await self._payloads.push(project, user, change)
            for hook in wanted:
                self.send(project, hook, "Tag Push Hook" if change.is_tag else "Push Hook", payload)

    def merge_request_opened(self, project: Project, payload: dict[str, Any]) -> None:
        """Hooks for a merge request event."""
        for hook in project.hooks:
            if hook.merge_requests_events:
                self.send(project, hook, "Merge Request Hook", payload)

    def send(self, project: Project, hook: Hook, event: str, payload: dict[str, Any]) -> None:
        """Deliver in the background, unless the hook is switched off."""
        if alert_status(hook) == "executable":
            task = asyncio.create_task(self.deliver(project, hook, event, payload))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _headers(self, hook: Hook, event: str, key: str) -> dict[str, str]:
        headers = {header["key"]: header.get("value", "") for header in hook.custom_headers}
        headers |= {
            "Content-Type": "application/json",
            "User-Agent": f"GitLab/{VERSION}",
            "Idempotency-Key": key,
            "X-Gitlab-Event": event,
            "X-Gitlab-Webhook-UUID": str(uuid.uuid4()),
            "X-Gitlab-Event-UUID": str(uuid.uuid4()),
            "X-Gitlab-Instance": self._url(),
        }
        if hook.token:
            headers["X-Gitlab-Token"] = hook.token.replace("\r", "").replace("\n", "")
        return headers

    async def deliver(self, project: Project, hook: Hook, event: str, payload: dict[str, Any], key: str = "") -> None:
        """One attempt; `key` is given when a delivery is sent again."""
        headers = self._headers(hook, event, key or str(uuid.uuid4()))
        self._last += 1
        shown = {name: value for name, value in headers.items() if name != "X-Gitlab-Token"}
        entry = Delivery(self._last, hook.id, hook.url, event, shown, payload)
        started = time.monotonic()
        status = await self._post(hook, headers, payload, entry)
        entry.execution_duration = round(time.monotonic() - started, 3)
        self._log.append(entry)
        _count(hook, ok=200 <= status < 400)
        self._journal.add(
            "hook.delivery",
            method="POST",
            path=hook.url,
            status=status,
            accepted=200 <= status < 400,
            subject=project.path,
            agent=str(payload.get("user_username", "")),
            detail={"hook": hook.id, "event": event, "ref": payload.get("ref", ""), "key": headers["Idempotency-Key"]},
        )

    async def _post(self, hook: Hook, headers: dict[str, str], payload: dict[str, Any], entry: Delivery) -> int:
        """Status of the answer, 0 for none. Redirects are not followed and count as success."""
        about = {"hook": str(hook.id), "event": entry.trigger, "ref": str(payload.get("ref", ""))}
        fault = self._faults.take("hook.delivery", about)
        if fault is not None and fault.action in ("delay", "hang"):
            await asyncio.sleep(fault.seconds)
        if fault is not None and fault.action not in ("delay", "accept_then_drop"):
            return 0
        if self._session is None:
            return 0
        try:
            request = self._session.post(
                hook.url, json=payload, headers=headers, allow_redirects=False, ssl=hook.enable_ssl_verification
            )
            async with request as response:
                entry.response_headers = dict(response.headers)
                entry.response_body = (await response.content.read(BODY_KEPT)).decode("utf-8", "replace")
                entry.response_status = str(response.status)
                return response.status
        except (aiohttp.ClientError, TimeoutError) as error:
            entry.response_body = str(error)
            return 0


def _wants(hook: Hook, change: Change) -> bool:
    if change.is_tag:
        return hook.tag_push_events
    return hook.push_events and (
        not hook.push_events_branch_filter or matches(hook.push_events_branch_filter, change.name)
    )


def alert_status(hook: Hook) -> str:
    """`executable`, or `temporarily_disabled` while the back-off lasts."""
    until = hook.disabled_until
    off = until is not None and datetime.fromisoformat(until.replace("Z", "+00:00")) > datetime.now(UTC)
    return "temporarily_disabled" if off else "executable"


def _count(hook: Hook, *, ok: bool) -> None:
    """Four failures in a row switch the hook off for a minute, each further one for twice as long."""
    if ok:
        hook.failures, hook.disabled_until = 0, None
        return
    hook.failures += 1
    if hook.failures > FAILURES_ALLOWED:
        wait = min(60 * 2 ** min(hook.failures - FAILURES_ALLOWED - 1, 11), 86_400)
        until = datetime.now(UTC) + timedelta(seconds=wait)
        hook.disabled_until = until.isoformat(timespec="milliseconds").replace("+00:00", "Z")
