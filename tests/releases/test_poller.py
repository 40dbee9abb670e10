"""Jenkins' poller: one read for all builds, doubled and lost builds, logs of what runs (D9, D23, QP8)."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings

from apps.integrations.clients import get_jenkins
from apps.integrations.loop import run
from apps.integrations.models import JenkinsController
from apps.releases.models import Build, Release
from apps.releases.poll_logs import LOGS_PER_INTERVAL
from apps.releases.poller import poll
from apps.releases.steps import building
from apps.sandbox.compose import Sandbox
from apps.tickets.claims import Claim, boot_clock
from apps.tickets.models import Step, Ticket
from apps.tickets.visit import Visit
from tests.releases.hand import SLUG, Hand, Outside, http
from tests.support.jenkins import job_xml
from tests.support.sandbox import fault, running_sandbox
from tests.support.story import Company

RUNNING = 20


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """Enough executors for twenty builds at once."""
    with running_sandbox(tmp_path_factory, build_seconds=0.4, executors=24, pod_start_seconds=0.05) as running:
        yield running


def controller(company: Company) -> JenkinsController:
    row = company.servers["jenkins"]
    assert isinstance(row, JenkinsController)
    return row


def ask_jenkins(company: Company, path: str, body: str = "", kind: str = "application/x-www-form-urlencoded") -> int:
    world = company.sandbox.world
    login = base64.b64encode(f"{world.jenkins_user}:{world.jenkins_api_token}".encode()).decode()
    headers = {"Authorization": f"Basic {login}", "Content-Type": kind}
    return http("POST", world.jenkins_url + path, body.encode(), headers)[0]


def parameters(ticket: Ticket) -> dict[str, str]:
    """What `start_build` sends for this ticket."""
    step = Step.objects.select_related("ticket__project", "ticket__requester").get(ticket=ticket, name="start_build")
    claim = Claim(step.pk, step.fence, ticket.created_at, boot_clock())
    visiting = Visit(step, step.ticket, claim.fence, claim.now, 60, claim.boot)
    return building._parameters(visiting, building.release_of(visiting))


def until_seen(look: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < end
        time.sleep(0.02)


def kinds(outside: Outside, *wanted: str) -> list[str]:
    return [kind for server, kind in outside.changed() if server == "jenkins" and kind in wanted]


def test_twenty_running_builds_cost_one_tree_call_one_queue_call_and_few_logs_per_interval(
    company: Company, hand: Hand
) -> None:
    release = hand.on_paper()
    assert release.ticket is not None
    xml = job_xml("sleep 60", parameters={"OPSPORTAL_KEY": ""}, extra="<concurrentBuild>true</concurrentBuild>")
    assert ask_jenkins(company, "/createItem?name=sleepers", xml, "text/xml; charset=utf-8") == 200
    try:
        for number in range(RUNNING):
            key = f"sleeper.{number}"
            Build.objects.create(
                release=release, ticket=release.ticket, controller=controller(company), job="sleepers", key=key
            )
            assert ask_jenkins(company, "/job/sleepers/buildWithParameters", f"delay=0sec&OPSPORTAL_KEY={key}") == 201
        jenkins = company.sandbox.jenkins
        until_seen(lambda: jenkins.executors.busy == RUNNING)
        poll(str(controller(company).pk))
        assert Build.objects.filter(state="running", number__isnull=False).count() == RUNNING
        since = jenkins.journal.last
        poll(str(controller(company).pk))
        calls = [e.kind for e in jenkins.journal.find(since=since)]
        assert calls.count("root.tree") == 1
        assert len(calls) == 2 + LOGS_PER_INTERVAL
        # The logs of all are read in turn.
        for _ in range(RUNNING // LOGS_PER_INTERVAL):
            poll(str(controller(company).pk))
        assert not Build.objects.filter(log_read_at__isnull=True).exists()
    finally:
        ask_jenkins(company, "/job/sleepers/doDelete")


def test_jenkins_is_not_asked_while_nothing_of_ours_is_open(company: Company, hand: Hand) -> None:
    since = company.sandbox.jenkins.journal.last
    poll(str(controller(company).pk))
    assert company.sandbox.jenkins.journal.find(since=since) == []


def test_a_build_folded_into_an_equal_one_that_waits_is_the_one_build(
    company: Company, hand: Hand, outside: Outside
) -> None:
    """Jenkins has an item with these very parameters: ours is that one, found by its key before anything is asked."""
    ticket = company.file("release", "developer", SLUG, "test", ref="main")
    hand.drive(ticket, until=hand.step_is(ticket, "start_build", "due"))
    jenkins = company.sandbox.jenkins
    jenkins.controller.quieting_down = True
    try:
        first = run(get_jenkins(controller(company)).start_build(SLUG, parameters(ticket)), 10)
        hand.drive(ticket, until=hand.step_is(ticket, "start_build"))
    finally:
        ask_jenkins(company, "/cancelQuietDown")
    output = ticket.steps.get(name="start_build").output
    assert output is not None
    assert (output["build"], output["queue_id"], output["found_by_key"]) == (Build.objects.get().pk, first.id, True)
    assert hand.drive(ticket).status == "succeeded"
    assert kinds(outside, "build.start") == ["build.start"]


def test_a_start_without_an_answer_is_found_by_its_key_and_not_asked_again(
    company: Company, hand: Hand, outside: Outside
) -> None:
    fault(company.sandbox.jenkins, "build.trigger", "accept_then_drop")
    ticket = company.file("release", "developer", SLUG, "test", ref="main")
    ticket = hand.drive(ticket, hurry=True)
    assert (ticket.status, ticket.reason) == ("succeeded", None)
    output = ticket.steps.get(name="start_build").output
    assert output is not None
    assert output["found_by_key"] is True
    assert kinds(outside, "build.trigger", "build.start") == ["build.trigger", "build.start"]


def test_a_second_build_with_our_key_is_stopped_and_counted_and_the_first_one_counts(
    company: Company, hand: Hand, outside: Outside
) -> None:
    ticket = company.file("release", "developer", SLUG, "test", ref="main")
    hand.drive(ticket, until=lambda: Build.objects.filter(state="running").exists())
    run(get_jenkins(controller(company)).start_build(SLUG, parameters(ticket)), 10)
    ticket = hand.drive(ticket)
    assert (ticket.status, ticket.reason) == ("succeeded", None)
    build = Build.objects.get()
    assert (build.result, build.duplicates) == ("SUCCESS", 1)
    journal = company.sandbox.jenkins.journal
    until_seen(lambda: len(journal.find("build.end", since=outside.marks["jenkins"])) == 2)
    ends = {e.detail["number"]: e.detail["result"] for e in journal.find("build.end", since=outside.marks["jenkins"])}
    assert build.number is not None
    assert ends == {build.number: "SUCCESS", build.number + 1: "ABORTED"}


def test_a_second_request_with_our_key_that_still_waits_is_taken_out_of_the_queue(
    company: Company, hand: Hand, outside: Outside
) -> None:
    ticket = company.file("release", "developer", SLUG, "test", ref="main")
    hand.drive(ticket, until=lambda: Build.objects.filter(state="running").exists())
    jenkins = company.sandbox.jenkins
    jenkins.controller.quieting_down = True
    try:
        run(get_jenkins(controller(company)).start_build(SLUG, parameters(ticket)), 10)
        hand.poll()
        assert jenkins.controller.waiting() == []
    finally:
        ask_jenkins(company, "/cancelQuietDown")
    assert hand.drive(ticket).status == "succeeded"
    assert Build.objects.get().duplicates == 1
    assert kinds(outside, "build.start") == ["build.start"]


def restart(company: Company) -> None:
    """Jenkins goes away for a moment and forgets its queue."""
    jenkins = company.sandbox.jenkins
    admin = f"http://127.0.0.1:{jenkins.admin_port}/restart"
    assert http("POST", admin, {"down_seconds": 0.4, "queue": "lost"})[0] == 202
    until_seen(lambda: jenkins.phase.value == "up")


def queued_then_lost(company: Company, hand: Hand, ticket: Ticket) -> None:
    jenkins = company.sandbox.jenkins
    jenkins.controller.quieting_down = True
    hand.drive(ticket, until=lambda: Build.objects.filter(ticket=ticket, state="queued").exists())
    restart(company)


def test_a_build_lost_in_a_restart_is_asked_for_once_more_under_a_new_key(
    company: Company, hand: Hand, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings.CONFIG, "lost_seconds", 0.3)
    ticket = company.file("release", "developer", SLUG, "test", ref="main")
    queued_then_lost(company, hand, ticket)
    ticket = hand.drive(ticket, hurry=True)
    assert (ticket.status, ticket.reason) == ("succeeded", None)
    lost, made = Build.objects.order_by("pk")
    assert (lost.state, made.state, made.result) == ("lost", "finished", "SUCCESS")
    assert (lost.key.rpartition(".")[0], lost.key[-2:], made.key[-2:]) == (made.key.rpartition(".")[0], ".1", ".2")
    assert kinds(outside, "build.trigger", "build.start") == ["build.trigger", "build.trigger", "build.start"]
    assert Release.objects.get(ticket=ticket).labels["io.opsportal.key"] == made.key


def test_a_build_that_comes_under_a_key_given_up_as_lost_is_stopped(
    company: Company, hand: Hand, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that was suspended in the middle of its call wakes up and sends it after all."""
    monkeypatch.setattr(settings.CONFIG, "lost_seconds", 0.2)
    ticket = company.file("release", "developer", SLUG, "test", ref="main")
    hand.drive(ticket, until=hand.step_is(ticket, "start_build", "due"))
    late = parameters(ticket)
    queued_then_lost(company, hand, ticket)
    hand.drive(ticket, until=lambda: Build.objects.filter(state="running").exists(), hurry=True)
    run(get_jenkins(controller(company)).start_build(SLUG, late), 10)
    ticket = hand.drive(ticket)
    assert (ticket.status, ticket.reason) == ("succeeded", None)
    lost, made = Build.objects.order_by("pk")
    assert late["OPSPORTAL_KEY"] == lost.key
    assert (lost.state, lost.duplicates, made.result, made.duplicates) == ("lost", 1, "SUCCESS", 0)
    journal = company.sandbox.jenkins.journal
    until_seen(lambda: len(journal.find("build.end", since=outside.marks["jenkins"])) == 2)
    ends = {e.detail["key"]: e.detail["result"] for e in journal.find("build.end", since=outside.marks["jenkins"])}
    assert ends == {lost.key: "ABORTED", made.key: "SUCCESS"}


def test_a_build_lost_twice_is_not_asked_for_a_third_time(
    company: Company, hand: Hand, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings.CONFIG, "lost_seconds", 0.2)
    ticket = company.file("release", "developer", SLUG, "test", ref="main")
    queued_then_lost(company, hand, ticket)
    company.sandbox.jenkins.controller.quieting_down = True
    hand.drive(ticket, until=lambda: Build.objects.filter(ticket=ticket).count() == 2, hurry=True)
    queued_then_lost(company, hand, ticket)
    ticket = hand.drive(ticket, hurry=True)
    params = {"job": SLUG, "times": 2}
    assert (ticket.status, ticket.reason) == ("errored", {"code": "build.lost", "params": params})
    assert kinds(outside, "build.trigger", "build.start") == ["build.trigger", "build.trigger"]


def test_a_build_is_not_lost_while_jenkins_does_not_answer(
    company: Company, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings.CONFIG, "lost_seconds", 0.0)
    ticket = company.file("release", "developer", SLUG, "test", ref="main")
    hand.drive(ticket, until=hand.step_is(ticket, "start_build"))
    silent = fault(company.sandbox.jenkins, "*", "status", status=503, times=-1)
    for _ in range(4):
        assert hand.poll() is False
    assert silent.struck >= 4
    assert Build.objects.get().absent_since is None
    company.sandbox.jenkins.faults.clear()
    assert hand.drive(ticket).status == "succeeded"


@pytest.mark.usefixtures("slow_builds")
def test_a_build_that_is_stopped_by_hand_in_jenkins_fails_the_ticket_as_aborted(company: Company, hand: Hand) -> None:
    ticket = company.file("release", "developer", SLUG, "test", ref="main")
    hand.drive(ticket, until=lambda: Build.objects.filter(state="running").exists())
    build = Build.objects.get()
    ask_jenkins(company, f"/job/{SLUG}/{build.number}/stop")
    ticket = hand.drive(ticket)
    assert ticket.status == "failed"
    assert ticket.reason is not None
    params = ticket.reason["params"]
    assert (ticket.reason["code"], params["result"], params["number"]) == ("build.aborted", "ABORTED", build.number)
