"""Builds in doubt: refused, unstoppable, forgotten by a step, out of the list; one never costs another its place."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.conf import settings

from apps.releases import poller
from apps.releases.models import Build, Release
from apps.releases.poller import poll
from apps.sandbox.base.faults import Fault
from apps.tickets.models import Ticket
from apps.tickets.services.running import cancel_ticket, retry_ticket
from tests.releases.hand import SLUG, Hand, Outside
from tests.releases.test_poller import ask_jenkins, controller, kinds, until_seen
from tests.support.jenkins import job_xml
from tests.support.sandbox import fault
from tests.support.story import Company, wait_for


def fresh(ticket: Ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)


def running(company: Company, hand: Hand) -> Ticket:
    """A release whose build runs."""
    ticket = company.file("release", "developer", SLUG, "test", ref="main")
    hand.drive(ticket, until=lambda: Build.objects.filter(ticket=ticket, state="running").exists())
    return ticket


def no_right_to_stop(company: Company, times: int = -1) -> Fault:
    return fault(company.sandbox.jenkins, "build.stop", "status", status=403, times=times)


# -- a build that Jenkins does not stop -----------------------------------------------------------------------
@pytest.mark.usefixtures("slow_builds")
@pytest.mark.parametrize("status", [403, 503])
def test_a_cancelled_ticket_waits_for_a_build_that_cannot_be_stopped_and_says_why(
    company: Company, hand: Hand, outside: Outside, status: int
) -> None:
    ticket = running(company, hand)
    refusing = fault(company.sandbox.jenkins, "build.stop", "status", status=status, times=-1)
    cancel_ticket(fresh(ticket), actor=company.actor("developer"))
    step = ticket.steps.get(name="await_build")
    hand.drive(ticket, until=lambda: refusing.struck > 0 and hand.step_is(ticket, "await_build", "waiting")())
    step.refresh_from_db()
    assert step.output is not None
    code = {403: "outside.forbidden", 503: "outside.unavailable"}[status]
    assert (step.output["trouble"]["code"], fresh(ticket).status) == (code, "running")
    ticket = hand.drive(ticket)
    assert ticket.status == "canceled"
    build = Build.objects.get(ticket=ticket)
    assert (build.state, build.result) == ("finished", "SUCCESS")
    assert outside.patched("test-1") == []


@pytest.mark.usefixtures("slow_builds")
def test_at_its_deadline_a_build_is_stopped_before_the_ticket_says_that_it_could_not_tell(
    company: Company, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = running(company, hand)
    monkeypatch.setattr(settings.CONFIG, "build_deadline_seconds", 0.0)
    since = company.sandbox.jenkins.journal.last
    ticket = hand.drive(ticket, hurry=True)
    assert ticket.status == "errored"
    assert ticket.reason is not None
    assert ticket.reason["code"] == "build.deadline"
    assert len(company.sandbox.jenkins.journal.find("build.stop", since=since)) == 1


# -- a build that an attempt lost sight of --------------------------------------------------------------------
@pytest.fixture
def blind(company: Company) -> Iterator[None]:
    """Jenkins starts builds, but neither tells that it did nor answers what it has."""
    jenkins = company.sandbox.jenkins
    fault(jenkins, "build.trigger", "accept_then_drop")
    yield
    jenkins.faults.clear()


def given_up(company: Company, hand: Hand) -> Ticket:
    """A release whose start nobody could find again: Jenkins tells nothing from the start on."""
    jenkins = company.sandbox.jenkins
    since = jenkins.journal.last
    ticket = company.file("release", "developer", SLUG, "test", ref="main")
    hand.drive(ticket, until=lambda: bool(jenkins.journal.find("build.trigger", since=since)))
    fault(jenkins, "queue.list", "status", status=503, times=-1)
    ticket = hand.drive(ticket, hurry=True)
    assert (ticket.status, list(Build.objects.values_list("state", flat=True))) == ("errored", ["asked"])
    company.sandbox.jenkins.faults.clear()
    return ticket


@pytest.mark.usefixtures("blind")
@pytest.mark.parametrize("poller_was_first", [True, False])
def test_a_retry_goes_on_with_the_build_an_earlier_attempt_lost_sight_of(
    company: Company, hand: Hand, outside: Outside, poller_was_first: bool
) -> None:
    ticket = given_up(company, hand)
    if poller_was_first:
        journal = company.sandbox.jenkins.journal
        until_seen(lambda: bool(journal.find("build.end", since=outside.marks["jenkins"])))
        until_seen(lambda: hand.poll() or Build.objects.get().state == "finished")  # Jenkins is left in peace first
        assert Build.objects.get().state == "finished"
    ticket = hand.drive(retry_ticket(ticket, actor=company.actor("developer")))
    assert (ticket.status, ticket.reason) == ("succeeded", None)
    assert kinds(outside, "build.trigger", "build.start") == ["build.trigger", "build.start"]
    build = Build.objects.get()
    assert build.key.endswith(".1")
    assert Release.objects.get(ticket=ticket).labels["io.opsportal.key"] == build.key
    assert ticket.steps.get(name="start_build").attempt == 2


@pytest.mark.usefixtures("blind")
def test_a_retry_goes_on_with_a_build_that_still_waits(company: Company, hand: Hand, outside: Outside) -> None:
    company.sandbox.jenkins.controller.quieting_down = True
    try:
        ticket = given_up(company, hand)
        ticket = retry_ticket(ticket, actor=company.actor("developer"))
        hand.drive(ticket, until=hand.step_is(ticket, "start_build"))
    finally:
        ask_jenkins(company, "/cancelQuietDown")
    assert hand.drive(ticket).status == "succeeded"
    assert kinds(outside, "build.trigger", "build.start") == ["build.trigger", "build.start"]


def test_a_retry_asks_anew_only_once_the_earlier_start_is_known_to_be_lost(
    company: Company, hand: Hand, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings.CONFIG, "lost_seconds", 0.2)
    jenkins = company.sandbox.jenkins
    fault(jenkins, "build.trigger", "drop")
    ticket = given_up(company, hand)
    looks = jenkins.journal.last
    ticket = hand.drive(retry_ticket(ticket, actor=company.actor("developer")))
    assert (ticket.status, ticket.reason) == ("succeeded", None)
    lost, made = Build.objects.order_by("pk")
    assert (lost.state, lost.key[-2:], made.state, made.key[-2:]) == ("lost", ".1", "finished", ".2")
    calls = [e.kind for e in jenkins.journal.find(since=looks)]
    assert calls[: calls.index("build.trigger")].count("queue.list") >= 2
    assert Release.objects.get(ticket=ticket).labels["io.opsportal.key"] == made.key


@pytest.mark.usefixtures("slow_builds")
def test_a_retry_after_a_build_that_failed_builds_anew(company: Company, hand: Hand, outside: Outside) -> None:
    ticket = running(company, hand)
    ask_jenkins(company, f"/job/{SLUG}/{Build.objects.get().number}/stop")
    ticket = hand.drive(ticket)
    assert ticket.status == "failed"
    ticket = hand.drive(retry_ticket(ticket, actor=company.actor("developer")))
    assert ticket.status == "succeeded"
    assert list(Build.objects.order_by("pk").values_list("result", flat=True)) == ["ABORTED", "SUCCESS"]


@pytest.mark.usefixtures("blind")
def test_a_start_nobody_asks_about_any_more_does_not_keep_the_poller_busy(
    company: Company, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings.CONFIG, "lost_seconds", 0.0)
    company.sandbox.jenkins.faults.clear()
    fault(company.sandbox.jenkins, "build.trigger", "drop")
    given_up(company, hand)
    until_seen(lambda: hand.poll() and Build.objects.get().state == "lost")  # Jenkins is left in peace first
    # It may still come, so it is looked for as long as a late build is stopped, and no longer.
    monkeypatch.setattr(poller, "LATE", timedelta(0))
    assert_rest(company)


def test_a_start_that_jenkins_refused_leaves_no_build_behind(company: Company, hand: Hand) -> None:
    fault(company.sandbox.jenkins, "build.trigger", "status", status=409)
    ticket = hand.drive(company.file("release", "developer", SLUG, "test", ref="main"))
    assert ticket.reason is not None
    assert (ticket.status, ticket.reason["code"]) == ("failed", "jenkins.not_buildable")
    assert not Build.objects.exists()
    assert_rest(company)
    assert hand.drive(retry_ticket(ticket, actor=company.actor("developer"))).status == "succeeded"


def assert_rest(company: Company) -> None:
    """Jenkins is not asked for anything."""
    since = company.sandbox.jenkins.journal.last
    poll(str(controller(company).pk))
    assert company.sandbox.jenkins.journal.find(since=since) == []


# -- the poller -----------------------------------------------------------------------------------------------
def build_row(company: Company, release: Release, key: str, **fields: Any) -> Build:
    assert release.ticket is not None
    return Build.objects.create(
        release=release, ticket=release.ticket, controller=controller(company), job="quick", key=key, **fields
    )


@pytest.fixture
def quick_job(company: Company) -> Iterator[None]:
    xml = job_xml("true", parameters={"OPSPORTAL_KEY": ""}, extra="<concurrentBuild>true</concurrentBuild>")
    assert ask_jenkins(company, "/createItem?name=quick", xml, "text/xml; charset=utf-8") == 200
    yield
    ask_jenkins(company, "/job/quick/doDelete")


def run_quick(company: Company, *keys: str) -> None:
    """Builds of the quick job, to their end."""
    journal = company.sandbox.jenkins.journal
    since = journal.last
    for key in keys:
        assert ask_jenkins(company, "/job/quick/buildWithParameters", f"delay=0sec&OPSPORTAL_KEY={key}") == 201
    until_seen(lambda: len(journal.find("build.end", since=since)) == len(keys), 30)


@pytest.mark.usefixtures("quick_job")
@pytest.mark.parametrize("number", [1, None])
def test_a_build_that_newer_ones_pushed_out_of_the_list_is_not_lost(
    company: Company, hand: Hand, monkeypatch: pytest.MonkeyPatch, number: int | None
) -> None:
    monkeypatch.setattr(settings.CONFIG, "lost_seconds", 0.0)
    build = build_row(company, hand.on_paper(), "mine.1", state="running", number=number)
    run_quick(company, "mine.1")
    run_quick(company, *(f"newer.{n}" for n in range(30)))
    for _ in range(2):
        poll(str(controller(company).pk))
    build.refresh_from_db()
    assert (build.state, build.number, build.result) == ("finished", 1, "SUCCESS")


@pytest.mark.usefixtures("slow_builds")
def test_a_build_that_was_out_of_sight_for_one_look_and_came_back_begins_to_be_missed_anew(
    company: Company, hand: Hand
) -> None:
    ticket = running(company, hand)
    Build.objects.update(absent_since=ticket.created_at)
    hand.poll()
    build = Build.objects.get()
    assert (build.state, build.absent_since) == ("running", None)
    assert hand.drive(ticket).status == "succeeded"


def _is_busier(company: Company, than: int) -> bool:
    return bool(company.sandbox.jenkins.executors.busy > than)


def test_a_second_build_that_cannot_be_stopped_does_not_hide_the_others_and_is_tried_again(
    company: Company, hand: Hand
) -> None:
    jenkins, release = company.sandbox.jenkins, hand.on_paper()
    xml = job_xml("sleep 60", parameters={"OPSPORTAL_KEY": ""}, extra="<concurrentBuild>true</concurrentBuild>")
    assert ask_jenkins(company, "/createItem?name=quick", xml, "text/xml; charset=utf-8") == 200
    try:
        for key in ("mine.1", "mine.1", "other.1"):
            busy = jenkins.executors.busy
            assert ask_jenkins(company, "/job/quick/buildWithParameters", f"delay=0sec&OPSPORTAL_KEY={key}") == 201
            wait_for(partial(_is_busier, company, busy))
        mine = build_row(company, release, "mine.1")
        other = build_row(company, release, "other.1")
        refusing, since = no_right_to_stop(company, times=1), jenkins.journal.last
        poll(str(controller(company).pk))
        for build in (mine, other):
            build.refresh_from_db()
        assert (refusing.struck, mine.state, mine.duplicates, other.state) == (1, "running", 0, "running")
        poll(str(controller(company).pk))
        mine.refresh_from_db()
        assert (mine.number, mine.duplicates) == (1, 1)
        stops = jenkins.journal.find("build.stop", since=since)
        assert [entry.status for entry in stops] == [403, 302]
    finally:
        ask_jenkins(company, "/job/quick/doDelete")


@pytest.mark.usefixtures("quick_job")
def test_copying_logs_ends_before_the_lease_does_and_goes_on_next_time(
    company: Company, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings.CONFIG, "chore_lease_seconds", 1.5)
    release = hand.on_paper()
    for number in range(1, 13):
        run_quick(company, f"mine.{number}")
        build_row(company, release, f"mine.{number}", state="finished", number=number, result="SUCCESS")
    fault(company.sandbox.jenkins, "log.read", "delay", seconds=0.1, times=-1)
    begun = time.monotonic()
    poll(str(controller(company).pk))
    assert time.monotonic() - begun < 1.5
    assert 0 < Build.objects.filter(log_complete=True).count() < 12
    for _ in range(12):
        poll(str(controller(company).pk))
    assert Build.objects.filter(log_complete=True).count() == 12


@pytest.mark.usefixtures("quick_job")
def test_a_log_that_does_not_come_lets_the_others_go_first(
    company: Company, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings.CONFIG, "chore_lease_seconds", 0.9)
    run_quick(company, "mine.0", "mine.1")
    release = hand.on_paper()
    silent = build_row(company, release, "mine.0", state="finished", number=1, result="SUCCESS")
    other = build_row(company, release, "mine.1", state="finished", number=2, result="SUCCESS")
    fault(company.sandbox.jenkins, "log.read", "hang", seconds=5, times=1)
    for _ in range(2):
        poll(str(controller(company).pk))
    other.refresh_from_db()
    silent.refresh_from_db()
    assert other.log_complete
    assert not silent.log_complete or silent.log_size == other.log_size
