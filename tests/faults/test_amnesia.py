"""Jenkins forgets: queue items that left, a queue lost in a restart, numbers from 1 again, a job under another name (QR4).

A real worker goes away and comes back. Right build by its key, or an honest "lost, asked for once more under a new key";
never another's build, its log, or a stop of it. The verdict is Jenkins' own journal.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from typing import Any

import pytest

from apps.releases import buildlog
from apps.releases.models import Build, Release
from apps.tickets.models import Ticket
from apps.tickets.services.running import cancel_ticket
from tests.faults.nursery import Marks
from tests.faults.outside_support import SLUG, SPEEDS, Workers, ask_jenkins, restart_jenkins, running_company
from tests.support.database import process_environment
from tests.support.jenkins import job_xml
from tests.support.story import Company, wait_ended, wait_for

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
START = "apps.integrations.jenkins.client:Jenkins.start_build"
SOMEBODY = "somebody else was here"


@pytest.fixture(scope="module")
def company(
    tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: Any
) -> Iterator[Company]:
    with running_company(tmp_path_factory, django_db_blocker, build_seconds=1.2) as made:
        made.sandbox.jenkins.executors.left_seconds = 0.3  # Jenkins: five minutes
        yield made


@pytest.fixture(scope="module")
def nursery(company: Company, redis_url: str) -> Iterator[Workers]:
    made = Workers({**process_environment(redis_url), **SPEEDS})
    yield made
    made.close()


@pytest.fixture
def workers(nursery: Workers, company: Company) -> Iterator[Workers]:
    yield nursery
    nursery.end_all()
    ask_jenkins(company.sandbox.world, "/cancelQuietDown")


def starts(company: Company, marks: Marks) -> list[Any]:
    return company.sandbox.jenkins.journal.find("build.start", accepted=True, since=marks.before["jenkins"])


def keys_asked(company: Company, marks: Marks) -> list[str]:
    found = company.sandbox.jenkins.journal.find("build.trigger", accepted=True, since=marks.before["jenkins"])
    return [e.detail["key"] for e in found if e.detail["key"]]


def released(ticket: Ticket, seconds: float = 60) -> Release:
    ended = wait_ended(ticket, seconds)
    assert (ended.status, ended.reason) == ("succeeded", None)
    return Release.objects.get(ticket=ticket)


def log_of(build: Build) -> str:
    """Our copy of its log."""
    return buildlog.read(Build.objects.get(pk=build.pk), 0, limit=16 * 1024 * 1024).text


def build_of(ticket: Ticket) -> Build:
    return Build.objects.get(ticket=ticket)


def running(workers: Workers, ticket: Ticket) -> None:
    """A worker that is killed once it knows the build to run."""
    pid = workers.start()
    wait_for(lambda: Build.objects.filter(ticket=ticket, state="running").exists(), 30, "the running build")
    workers.kill(pid)


def until_over(company: Company, marks: Marks) -> None:
    """The build has ended and Jenkins has forgotten its queue item."""
    jenkins = company.sandbox.jenkins
    wait_for(lambda: bool(jenkins.journal.find("build.end", since=marks.before["jenkins"])), 30, "the end of the build")
    (item,) = {e.detail["queue_id"] for e in jenkins.journal.find("build.trigger", since=marks.before["jenkins"])}
    wait_for(lambda: jenkins.executors.find_item(item) is None, 10, "Jenkins to forget the item")


@pytest.mark.parametrize("moment", ["answered", "recorded"])
def test_a_build_that_ran_and_ended_while_the_portal_was_away_is_found_by_its_key(
    company: Company, workers: Workers, moment: str
) -> None:
    marks = Marks(company)
    ticket = company.file("release", "developer", SLUG, "test", ref="main")
    where = {"after": START} if moment == "answered" else {"at": "recorded"}
    workers.start(step="start_build", ticket=ticket.pk, signal=signal.SIGKILL, **where)
    until_over(company, marks)
    with workers.working():
        release = released(ticket)
    (start,) = starts(company, marks)
    assert (build_of(ticket).number, build_of(ticket).key) == (start.detail["number"], start.detail["key"])
    output = ticket.steps.get(name="start_build").output
    assert output is not None
    assert bool(output.get("found_by_key")) is (moment == "answered")
    assert marks.image_changes("test-1")[0].endswith(release.digest)


def test_a_queue_lost_in_a_restart_is_said_to_be_lost_and_asked_for_once_more(
    company: Company, workers: Workers
) -> None:
    marks = Marks(company)
    assert ask_jenkins(company.sandbox.world, "/quietDown") < 400
    ticket = company.file("release", "developer", SLUG, "test", ref="main")
    pid = workers.start()
    wait_for(lambda: ticket.steps.filter(name="await_build", status="waiting").exists(), 30, "the queued build")
    workers.kill(pid)
    restart_jenkins(company, 1.0, queue="lost")
    with workers.working():
        wait_for(lambda: ticket.steps.get(name="start_build").attempt == 2, 30, "the second asking")
        released(ticket)
    first, second = Build.objects.filter(ticket=ticket).order_by("pk")
    assert (first.state, second.state, second.result) == ("lost", "finished", "SUCCESS")
    assert keys_asked(company, marks) == [first.key, second.key]
    assert [e.detail["key"] for e in starts(company, marks)] == [second.key]


def test_equal_requests_of_two_tickets_and_of_a_person_stay_apart(company: Company, workers: Workers) -> None:
    """Jenkins folds equal parameters into one item; ours carry a key each, a person's carry none."""
    marks = Marks(company)
    world = company.sandbox.world
    assert ask_jenkins(world, "/quietDown") < 400
    tickets = [company.file("release", "developer", SLUG, "test", ref="main") for _ in range(2)]
    with workers.working():
        for ticket in tickets:
            there = ticket.steps.filter(name="await_build", status="waiting")
            wait_for(there.all().exists, 30, "both builds in the queue")
        for _ in range(2):
            ask_jenkins(world, f"/job/{SLUG}/buildWithParameters", "delay=0sec&OPSPORTAL_KEY=")
        asked = company.sandbox.jenkins.journal.find("build.trigger", since=marks.before["jenkins"])
        assert [e.detail["folded"] for e in asked] == [False, False, False, True]
        ask_jenkins(world, "/cancelQuietDown")
        for ticket in tickets:
            assert wait_ended(ticket, 60).status in ("succeeded", "superseded")
    keys = [b.key for b in Build.objects.filter(ticket__in=tickets)]
    assert sorted(e.detail["key"] for e in starts(company, marks)) == sorted(["", *keys])
    for build in Build.objects.filter(ticket__in=tickets):
        (start,) = [e for e in starts(company, marks) if e.detail["key"] == build.key]
        assert (build.number, build.result) == (start.detail["number"], "SUCCESS")
        release = build.release
        assert release.labels["io.opsportal.key"] == build.key
    first, second = (Release.objects.get(ticket=t).digest for t in tickets)
    assert first != second


def make_anew(company: Company, script: str) -> None:
    """The job is deleted by hand and made again under its name: it counts from 1, and #1 is somebody else's."""
    world = company.sandbox.world
    assert ask_jenkins(world, f"/job/{SLUG}/doDelete") < 400
    assert ask_jenkins(world, f"/createItem?name={SLUG}", job_xml(script), "text/xml; charset=utf-8") == 200
    journal = company.sandbox.jenkins.journal
    since = journal.last
    assert ask_jenkins(world, f"/job/{SLUG}/build?delay=0sec") == 201
    wait_for(lambda: bool(journal.find("build.start", since=since)), 10, "somebody's build")


def test_numbers_that_start_again_never_make_anothers_build_ours(company: Company, workers: Workers) -> None:
    ask_jenkins(company.sandbox.world, f"/job/{SLUG}/doDelete")
    marks = Marks(company)
    ticket = company.file("release", "developer", SLUG, "test", ref="main")
    running(workers, ticket)
    assert build_of(ticket).number == 1
    make_anew(company, f"echo {SOMEBODY}; sleep 3; echo {SOMEBODY}")
    with workers.working():
        released(ticket)
    first, second = Build.objects.filter(ticket=ticket).order_by("pk")
    assert (first.state, second.result) == ("lost", "SUCCESS")
    assert keys_asked(company, marks) == [first.key, second.key]
    for build in (first, second):
        assert SOMEBODY not in log_of(build)
    assert company.sandbox.jenkins.journal.find("build.stop", since=marks.before["jenkins"]) == []


def test_a_cancel_never_stops_a_build_that_took_our_number(company: Company, workers: Workers) -> None:
    ask_jenkins(company.sandbox.world, f"/job/{SLUG}/doDelete")
    marks = Marks(company)
    ticket = company.file("release", "developer", SLUG, "test", ref="main")
    running(workers, ticket)
    make_anew(company, "sleep 4")
    cancel_ticket(ticket, actor=company.actor("developer"), reason="no longer wanted")
    with workers.working():
        assert wait_ended(ticket, 60).status == "canceled"
        time.sleep(0.5)
    journal = company.sandbox.jenkins.journal
    assert journal.find("build.stop", since=marks.before["jenkins"]) == []


def test_our_build_is_found_among_those_that_people_started_by_hand(company: Company, workers: Workers) -> None:
    marks = Marks(company)
    world = company.sandbox.world
    by_hand = f"/job/{SLUG}/buildWithParameters"
    first = company.file("release", "developer", SLUG, "test", ref="main")
    with workers.working():
        released(first)  # the job is there
    for n in range(2):
        assert ask_jenkins(world, by_hand, f"delay=0sec&TAG=by-hand-{n}") == 201
    ticket = company.file("release", "developer", SLUG, "test", ref="main")
    workers.start(step="start_build", ticket=ticket.pk, signal=signal.SIGKILL, after=START)
    wait_for(lambda: len(keys_asked(company, marks)) == 2, 30, "our request")
    assert ask_jenkins(world, by_hand, "delay=0sec&TAG=by-hand-last") == 201
    with workers.working():
        released(ticket)
    ours = build_of(ticket)
    (start,) = [e for e in starts(company, marks) if e.detail["key"] == ours.key]
    assert (start.detail["number"], ours.result) == (ours.number, "SUCCESS")
    assert len(starts(company, marks)) == 5
    assert company.sandbox.jenkins.journal.find("build.stop", since=marks.before["jenkins"]) == []


@pytest.mark.parametrize("moment", ["running", "answered"])
def test_a_job_renamed_meanwhile_keeps_our_build(company: Company, workers: Workers, moment: str) -> None:
    world, name = company.sandbox.world, f"{SLUG}-moved-{moment}"
    marks = Marks(company)
    ticket = company.file("release", "developer", SLUG, "test", ref="main")
    if moment == "running":
        running(workers, ticket)
    else:
        workers.start(step="start_build", ticket=ticket.pk, signal=signal.SIGKILL, after=START)
        wait_for(lambda: bool(starts(company, marks)), 30, "the start of the build")
    assert ask_jenkins(world, f"/job/{SLUG}/confirmRename?newName={name}") < 400
    with workers.working():
        released(ticket)
        wait_for(lambda: build_of(ticket).log_complete, 20, "the whole log")
    build = build_of(ticket)
    assert (build.job, build.result, len(starts(company, marks))) == (name, "SUCCESS", 1)
    assert "Finished: SUCCESS" in log_of(build)
