"""Webhooks of a GitLab project: had once, found by their address, and taken away only when they are still that one.

Functions over a `GitLab` client. GitLab knows no idempotency key and takes a second hook of the same address, so every
write looks first. Must not: keep or return a hook's secret, delete by address alone, or repeat a POST unlooked.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from apps.common.errors import IntegrationError, NotFound, Rejected
from apps.integrations.answers import Answer
from apps.integrations.gitlab import parse
from apps.integrations.gitlab.client import GitLab
from apps.integrations.gitlab.types import Delivery, Hook, HookEvent, HookMade

EVENTS: tuple[HookEvent, ...] = ("push", "tag_push", "merge_requests")
MARK = "opsportal: key "
PAGE = 100
MOST_PAGES = 10


async def list_hooks(gitlab: GitLab, project_id: int) -> list[Hook]:
    """All webhooks of the project, up to 1000; above that `gitlab.too_many_hooks`. Read: repeatable."""
    found: list[Hook] = []
    for page in range(1, MOST_PAGES + 1):
        query = {"per_page": str(PAGE), "page": str(page)}
        answer = await _ask(gitlab, "GET", project_id, "", "webhooks", query=query)
        part = answer.read(lambda rows: [_hook(row) for row in rows])
        found += part
        if len(part) < PAGE:
            return found
    raise Rejected("gitlab.too_many_hooks", limit=PAGE * MOST_PAGES, **gitlab.http.about("webhooks"))


async def ensure_hook(
    gitlab: GitLab, project_id: int, url: str, token: str, events: Iterable[HookEvent], key: str
) -> HookMade:
    """Have exactly one webhook for `url`, with these events and this secret. Key: `url`, with `key` in the description.

    Looked for before it is made; a hook that is there is adopted (`created` False unless an earlier attempt of this
    key made it), gets the events it lacks and our secret, which GitLab never tells, and keeps the rest. May be
    repeated. A POST without an answer is looked up here by its address: found, it is ours, for a moment earlier there
    was none; not found, the error says `unknown` and the next attempt looks again. A GitLab so old that hooks have no
    description makes a hook of a crashed attempt look adopted: it stays when the run is undone, never the reverse.
    """
    wanted = frozenset(events)
    present = _choose(await list_hooks(gitlab, project_id), url, key)
    if present is not None:
        return await _adopt(gitlab, project_id, present, token, wanted, key)
    body = {**_settings(url, token, wanted), "description": f"{MARK}{_base(key)}", "enable_ssl_verification": True}
    try:
        answer = await _ask(gitlab, "POST", project_id, "", "webhook", json_body=body, allow=(400, 422))
    except IntegrationError as error:
        if not error.unknown:
            raise
        made = _choose(await list_hooks(gitlab, project_id), url, key)
        if made is None:
            raise
        return HookMade(made, created=True)
    if answer.status != 201:
        raise _refusal(gitlab, answer, url)
    return HookMade(answer.read(_hook), created=True)


async def delete_hook(gitlab: GitLab, project_id: int, hook_id: int, url: str) -> bool:
    """Take a webhook away. Key: its id; False when it was gone already, so that this may be repeated.

    Refused with `gitlab.hook_changed`, and nothing sent, when the hook of this id has another address now. A DELETE
    without an answer is looked up here by the id.
    """
    present = await _find(gitlab, project_id, hook_id)
    if present is None:
        return False
    if present.url != url:
        about = gitlab.http.about("webhook")
        raise Rejected("gitlab.hook_changed", hook=hook_id, wanted=url, found=present.url, **about)
    try:
        # 404: gone since we looked, maybe by this very call, which the HTTP client sends again on a broken connection.
        await _ask(gitlab, "DELETE", project_id, f"/{hook_id}", "webhook", allow=(404,))
    except IntegrationError as error:
        if not error.unknown or await _find(gitlab, project_id, hook_id) is not None:
            raise
    return True


async def list_deliveries(gitlab: GitLab, project_id: int, hook_id: int, limit: int = 20) -> list[Delivery]:
    """The hook's newest deliveries of the last 7 days, without what was sent. Read: repeatable.

    NotFound `gitlab.hook_missing` also of a GitLab that has no delivery log in its API.
    """
    query = {"per_page": str(min(max(limit, 1), PAGE))}
    answer = await _ask(gitlab, "GET", project_id, f"/{hook_id}/events", "deliveries", query=query, allow=(404,))
    if answer.status == 404:
        raise NotFound("gitlab.hook_missing", hook=hook_id, **answer.about)
    return answer.read(lambda rows: [_delivery(gitlab, row) for row in rows])


async def _adopt(
    gitlab: GitLab, project_id: int, hook: Hook, token: str, wanted: frozenset[HookEvent], key: str
) -> HookMade:
    """A hook that was there. Made under our key it has our secret; else a PUT, the same each time, sets it."""
    ours = hook.key != "" and hook.key == _base(key)
    if ours and wanted <= hook.events:
        return HookMade(hook, created=True)
    body = _settings(hook.url, token, wanted | hook.events)
    answer = await _ask(gitlab, "PUT", project_id, f"/{hook.id}", "webhook", json_body=body, allow=(400, 422))
    if answer.status != 200:
        raise _refusal(gitlab, answer, hook.url)
    return HookMade(answer.read(_hook), created=ours, changed=True)


async def _find(gitlab: GitLab, project_id: int, hook_id: int) -> Hook | None:
    answer = await _ask(gitlab, "GET", project_id, f"/{hook_id}", "webhook", allow=(404,))
    if answer.status != 404:
        return answer.read(_hook)
    _require_project(gitlab, project_id, answer)
    return None


async def _ask(gitlab: GitLab, method: str, project_id: int, rest: str, what: str, **how: Any) -> Answer:
    """A call on the project's hooks; a role too small and a missing project have their own words."""
    allow = (*how.pop("allow", ()), 403, 404)
    path = f"/api/v4/projects/{project_id}/hooks{rest}"
    answer = await gitlab.http.request(method, path, what=what, allow=allow, **how)
    if answer.status == 403:
        said = gitlab.http.error_of(answer, is_write=False)
        if said.code != "outside.forbidden":
            raise said
        raise Rejected("gitlab.hooks_forbidden", project=str(project_id), role="maintainer", **answer.about)
    if answer.status == 404 and not rest:
        raise NotFound("gitlab.project_missing", project=str(project_id), **answer.about)
    return answer


def _require_project(gitlab: GitLab, project_id: int, answer: Answer) -> None:
    """A project that we do not see (any more) does not mean that its hook is gone."""
    if "project" in parse.message(answer).lower():
        raise NotFound("gitlab.project_missing", project=str(project_id), **gitlab.http.about("webhook"))


def _refusal(gitlab: GitLab, answer: Answer, url: str) -> Rejected:
    """GitLab refuses addresses of local networks with a word about the url (gitlab.md §9)."""
    said = parse.message(answer)
    code = "gitlab.hook_url_refused" if "url" in said.lower() else "gitlab.hook_refused"
    return Rejected(code, url=url, said=gitlab.http.quote(said), **answer.about)


def _settings(url: str, token: str, events: frozenset[HookEvent]) -> dict[str, Any]:
    return {"url": url, "token": token, **{f"{event}_events": event in events for event in EVENTS}}


def _choose(hooks: list[Hook], url: str, key: str) -> Hook | None:
    """The hook of this address; of several ours, else the oldest."""
    same = [hook for hook in hooks if hook.url == url]
    return min(same, key=lambda hook: (hook.key != _base(key), hook.id), default=None)


def _base(key: str) -> str:
    """The step's key without the number of the attempt (D5): a later attempt knows what an earlier one made."""
    return key.partition(".")[0]


def _hook(raw: dict[str, Any]) -> Hook:
    described = str(raw.get("description") or "")
    return Hook(
        id=int(raw["id"]),
        url=str(raw["url"]),
        events=frozenset(event for event in EVENTS if raw.get(f"{event}_events")),
        state=str(raw.get("alert_status") or "executable"),
        disabled_until=parse.instant(raw.get("disabled_until")),
        key=described.removeprefix(MARK) if described.startswith(MARK) else "",
    )


def _delivery(gitlab: GitLab, raw: dict[str, Any]) -> Delivery:
    """2xx and 3xx count as delivered; a status that is no number means that nothing answered (gitlab.md §10)."""
    told = str(raw.get("response_status") or "")
    status = int(told) if told.isdigit() else None
    return Delivery(
        id=int(raw["id"]),
        event=str(raw.get("trigger") or ""),
        status=status,
        delivered=status is not None and 200 <= status < 400,
        said=gitlab.http.quote(str(raw.get("response_body") or "")[:2000]),
        at=parse.instant(raw.get("created_at")),
    )
