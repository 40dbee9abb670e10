"""The connection test line by line: each check when it is known, the result kept whether or not somebody listens."""

from __future__ import annotations

import asyncio
import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from aiohttp import web
from django.test import RequestFactory

from apps.accounts.models import User
from apps.audit.models import AuditEvent
from apps.common.errors import Conflict
from apps.integrations import clients
from apps.integrations.checklist import Check, Tell
from apps.integrations.models import GitLabServer
from apps.integrations.streaming import streamed
from opsportal.asgi import application
from tests.accounts.factories import browser, make_admin, make_user
from tests.integrations.odd_servers import OddServer
from tests.support.servers import serving
from tests.support.web import web_server

pytestmark = pytest.mark.django_db(transaction=True)
LINES = "application/x-ndjson"
TEST = "/api/v1/gitlab-servers/main/test"
SECRET = "glpat-canary-9f3b"


@pytest.fixture
def admin() -> User:
    return make_admin()


@pytest.fixture(autouse=True)
def fresh_clients() -> Iterator[None]:
    yield
    clients.forget_clients()


@pytest.fixture
def portal(transactional_db: None) -> Iterator[int]:
    with web_server(application) as port:
        yield port


class Gated:
    """A GitLab whose token can be asked about only after `opened` is set."""

    def __init__(self) -> None:
        self.asked, self.opened = threading.Event(), threading.Event()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if request.path == "/api/v4/user":
            self.asked.set()
            await asyncio.to_thread(self.opened.wait, 20)
            return web.json_response({"username": "portal"})
        if request.path == "/api/v4/version":
            return web.json_response({"version": "17.5.1"})
        return web.json_response({"scopes": ["read_api"]})


@pytest.fixture
def gitlab() -> Iterator[Gated]:
    gated = Gated()
    with serving(OddServer(gated.answer)) as server:
        GitLabServer.objects.create(name="main", url=server.url, token=SECRET)
        yield gated
        gated.opened.set()


def asked(port: int, user: User, path: str = TEST, body: Any = None, **headers: str) -> http.client.HTTPResponse:
    """POST like the browser does, and the answer as soon as its head is there."""
    signed_in = browser(user)
    cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in signed_in.cookies.items())
    given = {"Cookie": cookies, "X-CSRFToken": signed_in.cookies["csrftoken"].value, "Accept": LINES}
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    client.request("POST", path, json.dumps(body or {}), {**given, "Content-Type": "application/json", **headers})
    return client.getresponse()


def until(true: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def test_each_check_arrives_when_it_is_known_and_the_result_is_kept_at_the_end(
    portal: int, admin: User, gitlab: Gated
) -> None:
    answer = asked(portal, admin)
    assert (answer.status, answer.headers["Content-Type"], answer.headers["Cache-Control"]) == (200, LINES, "no-store")
    assert answer.headers["X-Accel-Buffering"] == "no"
    first = json.loads(answer.readline())
    assert first | {"ms": 0} == {
        "name": "address", "outcome": "passed", "ms": 0, "code": "", "params": {}, "detail": "",
    }  # fmt: skip
    assert gitlab.asked.wait(10)
    assert GitLabServer.objects.get().last_check is None
    gitlab.opened.set()
    *checks, last = [json.loads(line) for line in answer]
    assert [(c["name"], c["outcome"], c["params"].get("user") or c["params"].get("version")) for c in checks] == [
        ("token", "passed", "portal"),
        ("version", "passed", "17.5.1"),
        ("scope", "failed", None),
    ]
    assert checks[-1]["code"] == "gitlab.scope_missing"
    assert "api" in checks[-1]["detail"]
    kept: Any = GitLabServer.objects.get().last_check
    assert last == {"at": kept["at"], "ok": False}
    told = [{key: value for key, value in check.items() if key != "detail"} for check in [first, *checks]]
    assert kept == {"at": last["at"], "ok": False, "checks": told}
    event = AuditEvent.objects.get(action="gitlab_server.tested")
    assert (event.params, event.actor_name) == ({"ok": False, "failed": ["scope"]}, admin.username)


def test_sentences_are_in_the_readers_language(portal: int, gitlab: Gated) -> None:
    gitlab.opened.set()
    answer = asked(portal, make_admin("gao.ming", language="zh"))
    red = next(check for check in map(json.loads, answer) if check.get("outcome") == "failed")
    assert "令牌" in red["detail"]


def test_others_are_served_while_a_test_runs(portal: int, admin: User, gitlab: Gated) -> None:
    answer = asked(portal, admin)
    answer.readline()
    assert gitlab.asked.wait(10)
    other = http.client.HTTPConnection("127.0.0.1", portal, timeout=5)
    other.request("GET", "/healthz")
    assert other.getresponse().status == 200
    gitlab.opened.set()
    assert len(list(answer)) == 4


def test_when_the_reader_goes_away_the_test_still_ends_and_is_kept(portal: int, admin: User, gitlab: Gated) -> None:
    answer = asked(portal, admin)
    answer.readline()
    assert gitlab.asked.wait(10)
    answer.close()
    gitlab.opened.set()
    until(lambda: GitLabServer.objects.get().last_check is not None, "the result was not kept")
    kept: Any = GitLabServer.objects.get().last_check
    assert [check["name"] for check in kept["checks"]] == ["address", "token", "version", "scope"]
    assert AuditEvent.objects.filter(action="gitlab_server.tested").count() == 1


def test_a_system_that_is_switched_off_is_one_red_line(portal: int, admin: User, gitlab: Gated) -> None:
    GitLabServer.objects.update(is_enabled=False)
    check, last = [json.loads(line) for line in asked(portal, admin)]
    assert (check["name"], check["code"], last["ok"]) == ("connection", "integration.disabled", False)
    assert not gitlab.asked.is_set()


def test_without_the_header_the_answer_is_the_list_as_ever(portal: int, admin: User, gitlab: Gated) -> None:
    gitlab.opened.set()
    for accept in ("application/json", "*/*", f"application/json, {LINES}"):
        answer = asked(portal, admin, Accept=accept)
        assert answer.headers["Content-Type"] == "application/json"
        result = json.loads(answer.read())
        assert (list(result), len(result["checks"])) == (["at", "ok", "checks"], 4)


@pytest.mark.parametrize(
    ("path", "body", "headers", "status", "code"),
    [
        (TEST, {}, {"X-CSRFToken": "wrong"}, 403, "csrf_failed"),
        (TEST, {"surprise": 1}, {}, 400, "invalid"),
        ("/api/v1/gitlab-servers/none/test", {}, {}, 404, "not_found"),
        (TEST, {}, {"Accept": "text/html"}, 406, "not_acceptable"),
    ],
)
def test_a_refusal_is_one_json_object_and_nothing_is_asked(
    portal: int, admin: User, gitlab: Gated, path: str, body: Any, headers: dict[str, str], status: int, code: str
) -> None:
    answer = asked(portal, admin, path, body, **headers)
    assert (answer.status, answer.headers["Content-Type"]) == (status, "application/json")
    assert json.loads(answer.read())["code"] == code
    assert not gitlab.asked.is_set()
    assert GitLabServer.objects.get().last_check is None


def test_who_may_not_manage_systems_is_refused_and_it_is_recorded(portal: int, gitlab: Gated) -> None:
    answer = asked(portal, make_user())
    assert (answer.status, json.loads(answer.read())["code"]) == (403, "policy.needs_admin")
    assert AuditEvent.objects.filter(outcome="refused").count() == 1
    assert not gitlab.asked.is_set()


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Conflict("cluster.uid_taken", system="Kubernetes", name="dc1", other="dc2"), "cluster.uid_taken"),
        (ZeroDivisionError("secret detail"), "internal"),
    ],
)
def test_a_result_that_cannot_be_kept_ends_the_lines_with_the_problem(error: Exception, code: str) -> None:
    def work(tell: Tell) -> dict[str, Any]:
        tell(Check("address", "passed", 3))
        raise error

    async def read() -> list[bytes]:
        return [line async for line in streamed(work, RequestFactory().post(TEST))]

    check, last = [json.loads(line) for line in asyncio.run(read())]
    assert (check["name"], last["code"]) == ("address", code)
    assert last["detail"]
    assert "secret detail" not in last["detail"]
