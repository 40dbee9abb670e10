"""The callback of a version that arrived everywhere: told once by its key, shown, and never a reason to fail."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from aiohttp import web

from apps.projects.models import Project
from apps.releases.models import Release
from apps.tickets.models import Step, Ticket
from tests.releases.hand import SLUG, Hand
from tests.support.sandbox import fault
from tests.support.story import Company

STEP = "call_back"
SECRET = "s3cr3t-of-the-receiver"


@pytest.fixture
def project(company: Company) -> Iterator[Project]:
    """It has the sandbox's receiver as its callback."""
    found = company.projects[SLUG]
    _say(found, company.sandbox.world.callback_url)
    yield found
    company.sandbox.callback.faults.clear()
    found.callback = {}
    found.save(update_fields=["callback"])


@pytest.fixture
def impatient(settings: Any) -> None:
    """A receiver is asked for no longer than a moment."""
    settings.CONFIG = settings.CONFIG.model_copy(update={"callback_seconds": 0.0, "outside_timeout": 1.0})


def _say(project: Project, url: str) -> None:
    project.callback = {"url": url}
    project.save(update_fields=["callback"])


def release(company: Company) -> Ticket:
    return company.file("release", "developer", SLUG, "test", ref="main")


def step_of(ticket: Ticket) -> Step:
    return ticket.steps.get(name=STEP)


def heard(company: Company, ticket: Ticket) -> list[tuple[str, Any]]:
    """(key, body) of each call that the receiver took for this ticket."""
    entries = company.sandbox.callback.journal.find("callback.post", accepted=True)
    return [(e.subject, e.detail["body"]) for e in entries if e.detail["body"]["ticket"] == ticket.pk]


def code(ticket: Ticket) -> str:
    return str(step_of(ticket).output["note"]["code"])


def test_the_receiver_hears_of_a_release_once_it_runs_everywhere(
    company: Company, hand: Hand, project: Project
) -> None:
    ticket = hand.drive(release(company))
    assert (ticket.status, ticket.reason) == ("succeeded", None)
    made, step = Release.objects.get(ticket=ticket), step_of(ticket)
    rollout = ticket.rollouts.get()
    assert heard(company, ticket) == [
        (
            step.call_key,
            {
                "ticket": ticket.pk,
                "kind": "release",
                "project": SLUG,
                "environment": "test",
                "release": {"tag": made.tag, "commit": made.commit, "digest": made.digest},
                "targets": [
                    {"cluster": "test-1", "namespace": "test", "workload": SLUG, "image": rollout.to_image},
                ],
                "key": step.call_key,
            },
        )
    ]
    assert step.output["status"] == 200
    assert step.output["said"] == f'{{"taken": true, "again": false, "ticket": {ticket.pk}}}'
    assert code(ticket) == "callback.answered"
    assert step.wave == 1 + max(ticket.steps.exclude(pk=step.pk).values_list("wave", flat=True))


def test_a_project_without_one_has_no_such_step(company: Company, hand: Hand) -> None:
    ticket = release(company)
    assert not ticket.steps.filter(name=STEP).exists()
    assert "callback" not in ticket.facts


def test_the_address_is_the_one_of_the_filing(company: Company, hand: Hand, project: Project) -> None:
    ticket = release(company)
    _say(project, "http://127.0.0.1:9/nobody")
    hand.drive(ticket)
    assert (ticket.facts["callback"], len(heard(company, ticket))) == (company.sandbox.world.callback_url, 1)


def test_a_rollout_that_failed_tells_nobody(company: Company, hand: Hand, project: Project) -> None:
    ticket = release(company)
    hand.drive(ticket, until=hand.step_is(ticket, "resolve_digest"))
    fault(company.sandbox.clusters["test-1"], "deployments.patch", "status", status=403, times=3)
    ended = hand.drive(ticket)
    company.sandbox.clusters["test-1"].faults.clear()
    assert (ended.status, step_of(ticket).status, heard(company, ticket)) == ("failed", "skipped", [])


def test_a_500_is_asked_again_under_the_same_key_and_then_taken(company: Company, hand: Hand, project: Project) -> None:
    fault(company.sandbox.callback, "callback.post", "status", status=500, body="try again")
    ticket = hand.drive(release(company), hurry=True)
    step = step_of(ticket)
    assert (ticket.status, step.output["status"], code(ticket)) == ("succeeded", 200, "callback.answered")
    assert [key for key, _ in heard(company, ticket)] == [step.call_key]


def test_a_call_taken_and_not_answered_is_made_again_with_the_same_key(
    company: Company, hand: Hand, project: Project
) -> None:
    fault(company.sandbox.callback, "callback.post", "accept_then_drop")
    ticket = hand.drive(release(company), hurry=True)
    step = step_of(ticket)
    assert [key for key, _ in heard(company, ticket)] == [step.call_key] * 2
    assert step.output["said"] == f'{{"taken": true, "again": true, "ticket": {ticket.pk}}}'


@pytest.mark.parametrize(("status", "cause"), [(404, "outside.not_found"), (401, "outside.unauthorized")])
def test_a_refusal_is_told_and_the_release_stands(
    company: Company, hand: Hand, project: Project, status: int, cause: str
) -> None:
    fault(company.sandbox.callback, "callback.post", "status", status=status, body="no such hook")
    ticket = hand.drive(release(company))
    output = step_of(ticket).output
    assert (ticket.status, ticket.reason, step_of(ticket).status) == ("succeeded", None, "succeeded")
    assert (output["status"], output["said"], output["reason"]["code"]) == (status, "no such hook", cause)
    assert (code(ticket), heard(company, ticket)) == ("callback.refused", [])


def test_a_receiver_that_is_busy_for_longer_than_anybody_waits_is_given_up(
    company: Company, hand: Hand, project: Project
) -> None:
    headers = {"Retry-After": "3000"}
    busy = fault(company.sandbox.callback, "callback.post", "status", status=429, headers=headers, times=-1)
    ticket = hand.drive(release(company))
    assert (ticket.status, code(ticket), busy.struck) == ("succeeded", "callback.refused", 1)


def test_a_receiver_that_hangs_is_given_up_and_the_release_stands(
    company: Company, hand: Hand, project: Project, impatient: None
) -> None:
    fault(company.sandbox.callback, "callback.post", "hang", seconds=3, times=-1)
    ticket = hand.drive(release(company))
    output = step_of(ticket).output
    assert (ticket.status, ticket.reason) == ("succeeded", None)
    assert (output["status"], output["said"], output["reason"]["code"]) == (0, "", "outside.timeout")
    assert code(ticket) == "callback.unanswered"


def test_nobody_listens_and_the_release_stands(company: Company, hand: Hand, project: Project, impatient: None) -> None:
    _say(project, "http://127.0.0.1:9/nobody")
    ticket = hand.drive(release(company))
    assert (ticket.status, code(ticket)) == ("succeeded", "callback.unanswered")


def test_an_address_that_is_refused_by_now_is_not_called(company: Company, hand: Hand, project: Project) -> None:
    ticket = release(company)
    Ticket.objects.filter(pk=ticket.pk).update(facts={**ticket.facts, "callback": "https://169.254.169.254/latest"})
    ticket = hand.drive(ticket)
    assert (ticket.status, code(ticket)) == ("succeeded", "callback.unanswered")
    assert step_of(ticket).output["reason"]["code"] == "outside.address_refused"


# -- receivers with a will of their own ----------------------------------------------------------------------
class Rogue:
    """A receiver on a real socket that answers as `answer` says; `calls` are the paths it was asked for."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.sent = 0
        self.answer: Any = None
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._runner = asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(10)

    async def _start(self) -> web.AppRunner:
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", self._take)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.port = runner.addresses[0][1]
        return runner

    async def _take(self, request: web.Request) -> web.StreamResponse:
        self.calls.append(request.path)
        return await self.answer(request)  # type: ignore[no-any-return]

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()


@pytest.fixture
def rogue(project: Project) -> Iterator[Rogue]:
    made = Rogue()
    _say(project, f"http://127.0.0.1:{made.port}/hook?token={SECRET}")
    yield made
    made.close()


@pytest.mark.parametrize("place", ["http://169.254.169.254/latest/meta-data", "/elsewhere"])
def test_a_redirect_is_not_followed(company: Company, hand: Hand, rogue: Rogue, place: str) -> None:
    async def away(_request: web.Request) -> web.Response:
        return web.Response(status=307, headers={"Location": place})

    rogue.answer = away
    ticket = hand.drive(release(company))
    output = step_of(ticket).output
    assert (ticket.status, output["status"], output["reason"]["code"]) == ("succeeded", 307, "outside.redirected")
    assert (rogue.calls, code(ticket)) == (["/hook"], "callback.refused")


def test_an_answer_of_50_mb_is_read_no_further_than_it_is_shown(company: Company, hand: Hand, rogue: Rogue) -> None:
    async def flood(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/plain"})
        await response.prepare(request)
        for _ in range(800):
            await response.write(b"x" * 64 * 1024)
            rogue.sent += 64 * 1024
        return response

    rogue.answer = flood
    ticket = hand.drive(release(company))
    output = step_of(ticket).output
    assert (ticket.status, output["status"], code(ticket)) == ("succeeded", 200, "callback.answered")
    assert output["said"] == "x" * 499 + "…"
    assert rogue.sent < 16 * 1024 * 1024  # what the sockets' buffers hold, and no more


def test_what_it_says_is_shown_as_text_without_secrets(company: Company, hand: Hand, rogue: Rogue) -> None:
    async def chatty(_request: web.Request) -> web.Response:
        text = f"<b>hello</b>\x00\u202e {SECRET}\nAuthorization: Bearer abc.def\npassword=hunter22 \x1b[31mred"
        return web.Response(status=200, text=text)

    rogue.answer = chatty
    output = step_of(hand.drive(release(company))).output
    assert output["said"] == "<b>hello</b>   ***\nAuthorization: Bearer ***\npassword=***  [31mred"
    assert output["url"] == f"http://127.0.0.1:{rogue.port}/hook?…"
    assert SECRET not in str(output)
    assert SECRET not in str(list(Step.objects.filter(name=STEP).values_list("intent", "reason", "output")))
