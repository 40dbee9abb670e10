"""A worker stands still past its lease, another one finishes its work, then it wakes up (QR7, D9).

0 rows written by the one that woke (the database itself tells), Kubernetes refuses its write, and what still reached
Jenkins in the window that remains is stopped within one poll and counted. The window is measured and printed.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from typing import Any

import pytest
from aiohttp import client_reqrep

from apps.integrations.clients import get_gitlab
from apps.integrations.loop import run
from apps.releases.models import Build, Release, Rollout
from apps.tickets.models import Step, Ticket
from apps.tickets.visit import LeaseLostError
from tests.faults.nursery import Marks
from tests.faults.outside_support import SLUG, SPEEDS, DatabaseWitness, Workers, running_company, stands_still, wake
from tests.releases.hand import GITLAB_ID
from tests.support.database import process_environment
from tests.support.sandbox import fault
from tests.support.story import Company, wait_ended, wait_for

BUILD_SECONDS = 1.0
WRITES = 200
POLL = float(SPEEDS["OPSPORTAL_POLL_SECONDS"])
pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def company(
    tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: Any
) -> Iterator[Company]:
    """Builds long enough for a second one to be caught while it runs."""
    with running_company(tmp_path_factory, django_db_blocker, build_seconds=BUILD_SECONDS) as made:
        yield made


@pytest.fixture(scope="module")
def nursery(company: Company, redis_url: str) -> Iterator[Workers]:
    made = Workers({**process_environment(redis_url), **SPEEDS})
    yield made
    made.close()


@pytest.fixture
def workers(nursery: Workers) -> Iterator[Workers]:
    """The module's nursery, without anybody left over from the test before."""
    yield nursery
    nursery.end_all()


def stand_still(workers: Workers, ticket: Ticket, **moment: Any) -> int:
    """A worker that has come to the moment and stands still there."""
    pid = workers.start("stale", ticket=ticket.pk, chores=False, **moment)
    if moment["step"] in ("resolve_digest", "patch_image", "await_rollout"):
        # The build in between needs a poller; the one that is to stand still has none.
        with workers.working("poller", steps=False):
            wait_for(lambda: stands_still(pid), 30, f"the moment {moment}")
    else:
        wait_for(lambda: stands_still(pid), 30, f"the moment {moment}")
    return pid


MOMENTS: list[dict[str, Any]] = [
    {"step": "create_tag", "at": "before_intent"},
    {"step": "create_tag", "at": "after_intent"},
    {"step": "create_tag", "at": "accepted"},
    {"step": "ensure_job", "at": "after_intent"},
    {"step": "start_build", "at": "before_intent"},
    {"step": "start_build", "at": "after_intent"},
    {"step": "start_build", "after": "apps.integrations.jenkins.client:Jenkins.start_build"},
    {"step": "resolve_digest", "after": "apps.integrations.registry.client:RegistryClient.get_image"},
    {"step": "patch_image", "after": "apps.integrations.kubernetes.client:Kubernetes.get_deployment"},
    {"step": "patch_image", "at": "after_intent"},
    {"step": "patch_image", "after": "apps.integrations.kubernetes.client:Kubernetes.patch_image"},
    {"step": "patch_image", "at": "accepted"},
    {"step": "await_rollout", "after": "apps.releases.steps.rolling:read_seen"},
    {"step": "await_rollout", "before": "apps.releases.steps.rolling:_conclude"},
    {"step": "await_rollout", "at": "accepted"},
]


def name_of(moment: dict[str, Any]) -> str:
    kind = next(k for k in ("at", "before", "after") if k in moment)
    return f"{moment['step']}-{kind}-{moment[kind].rpartition(':')[2].rpartition('.')[2]}"


@pytest.mark.parametrize("moment", MOMENTS, ids=name_of)
def test_who_wakes_up_after_its_lease_writes_no_row_and_calls_nobody(
    company: Company, workers: Workers, moment: dict[str, Any]
) -> None:
    marks = Marks(company)
    ticket = company.file("release", "developer", SLUG, "test", ref="main")
    with DatabaseWitness() as witness:
        stale = stand_still(workers, ticket, **moment)
        with workers.working():
            ended = wait_ended(ticket, 40)
        assert (ended.status, ended.reason) == ("succeeded", None)
        before, rows = witness.mark(), everything(ticket)
        wake(stale)
        time.sleep(1.0)
        assert not stands_still(stale)
        assert witness.writes("stale", since=before) == []
        assert everything(ticket) == rows
    assert marks.count("gitlab", "tag.create") == 1
    assert marks.count("jenkins", "build.start") == 1
    assert len(marks.image_changes("test-1")) == 1


def everything(ticket: Ticket) -> list[Any]:
    """What the portal's rows say of a ticket."""
    return [
        list(Ticket.objects.filter(pk=ticket.pk).values()),
        list(Step.objects.filter(ticket=ticket).order_by("pk").values()),
        list(Release.objects.filter(ticket=ticket).values()),
        list(Rollout.objects.filter(ticket=ticket).order_by("pk").values()),
        list(Build.objects.filter(ticket=ticket).order_by("pk").values("key", "state", "number", "result")),
    ]


def test_kubernetes_refuses_the_patch_of_one_that_woke_while_it_left(company: Company, workers: Workers) -> None:
    """The window that remains: the lease was checked, the connection stands, the bytes have not left yet."""
    marks = Marks(company)
    ticket = company.file("release", "developer", SLUG, "test", ref="main")
    with DatabaseWitness() as witness:
        stale = stand_still(workers, ticket, step="patch_image", sending="PATCH /deployments/")
        with workers.working():
            ended = wait_ended(ticket, 40)
        assert (ended.status, ended.reason) == ("succeeded", None)
        before, rows = witness.mark(), everything(ticket)
        wake(stale)
        time.sleep(1.0)
        assert witness.writes("stale", since=before) == []
        assert everything(ticket) == rows
    journal = company.sandbox.clusters["test-1"].journal
    tried = journal.find("deployments.patch", since=marks.before["cluster test-1"])
    ours = [e for e in tried if "opsportal-image" in e.path]
    assert [e.status for e in ours] in ([200], [200, 409]), "its write was refused, or never left"
    assert len(marks.image_changes("test-1")) == 1


def test_a_second_build_that_left_in_the_window_is_stopped_within_one_poll_and_counted(
    company: Company, workers: Workers
) -> None:
    marks = Marks(company)
    ticket = company.file("release", "developer", SLUG, "test", ref="main")
    with DatabaseWitness() as witness:
        stale = stand_still(workers, ticket, step="start_build", sending="POST /buildWithParameters")
        with workers.working():
            ended = wait_ended(ticket, 40)
            assert (ended.status, ended.reason) == ("succeeded", None)
            before = witness.mark()
            wake(stale)
            time.sleep(BUILD_SECONDS + 1.5)
        assert witness.writes("stale", since=before) == []
    journal = company.sandbox.jenkins.journal
    starts = journal.find("build.start", accepted=True, since=marks.before["jenkins"])
    ends = {e.detail["number"]: e for e in journal.find("build.end", since=marks.before["jenkins"])}
    assert 1 <= len(starts) <= 2
    assert ends[starts[0].detail["number"]].detail["result"] == "SUCCESS"
    if len(starts) == 2:  # the bytes left after all
        late = starts[1]
        assert ends[late.detail["number"]].detail["result"] == "ABORTED"
        assert sum(Build.objects.filter(ticket=ticket).values_list("duplicates", flat=True)) == 1
        stops = journal.find("build.stop", accepted=True, since=late.n)
        assert stops[0].at - late.at <= 2 * POLL + 0.5
    release = Release.objects.get(ticket=ticket)
    assert marks.image_changes("test-1")[-1].endswith(release.digest)


def test_a_request_that_reaches_jenkins_long_after_it_left_is_stopped_when_the_ticket_has_ended_too(
    company: Company, workers: Workers
) -> None:
    """The window nobody can close: the bytes were on their way. The build comes under a key given up as lost."""
    jenkins = company.sandbox.jenkins
    marks = Marks(company)
    slow = fault(jenkins, "build.trigger", "delay", seconds=12)
    ticket = company.file("release", "developer", SLUG, "test", ref="main")
    with workers.working():
        ended = wait_ended(ticket, 40)
        assert (ended.status, ended.reason) == ("succeeded", None)
        finished = time.time()
        wait_for(lambda: len(marks.entries("jenkins", "build.start")) == 2, 30, "the late build")
        wait_for(lambda: len(jenkins.journal.find("build.end", since=marks.before["jenkins"])) == 2, 10, "both ends")
    assert slow.struck == 1
    right, late = marks.entries("jenkins", "build.start")
    assert late.at > finished, "it came while the ticket was open: nothing shown"
    results = {e.detail["key"]: e.detail["result"] for e in jenkins.journal.find("build.end", since=right.n)}
    assert results == {right.detail["key"]: "SUCCESS", late.detail["key"]: "ABORTED"}
    (stop,) = marks.entries("jenkins", "build.stop")
    print(f"\na late build was stopped {stop.at - late.at:.2f} s after its start, the poll is {POLL} s")
    assert stop.at - late.at < POLL + 1.0
    assert Build.objects.get(key=late.detail["key"]).duplicates == 1
    release = Release.objects.get(ticket=ticket)
    assert marks.image_changes("test-1") == [marks.image_changes("test-1")[0]]
    assert marks.image_changes("test-1")[0].endswith(release.digest)


def test_the_window_between_the_last_look_at_the_lease_and_the_bytes_is_measured(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What D9 leaves open, in this process: from the guard to the moment the request is written. No threshold in
    seconds; the figure is printed, and no call may take longer than its lease has left."""
    looked: list[float] = []
    left: list[float] = []
    original = client_reqrep.ClientRequest.send

    async def send(self: Any, conn: Any) -> Any:
        answer = await original(self, conn)
        if self.method == "POST":
            left.append(time.perf_counter() - looked[-1])
        return answer

    monkeypatch.setattr(client_reqrep.ClientRequest, "send", send)
    gitlab = get_gitlab(company.servers["gitlab"])
    commit = run(gitlab.resolve_ref(GITLAB_ID, "main"), 10).sha
    for _ in range(WRITES):
        work = gitlab.ensure_tag(GITLAB_ID, "window", commit, "a key")
        run(work, 10, lambda: looked.append(time.perf_counter()))
    assert len(looked) == len(left) == WRITES
    milliseconds = sorted(1000 * one for one in left)
    middle, worst = statistics.median(milliseconds), milliseconds[-1]
    print(
        f"\nfrom the last look to the written request, {WRITES} writes: median {middle:.2f} ms, longest {worst:.2f} ms"
    )
    with pytest.raises(LeaseLostError):
        run(gitlab.ensure_tag(GITLAB_ID, "too-late", commit, "a key"), 10, lost)
    assert run(gitlab.find_tag(GITLAB_ID, "too-late"), 10) is None


def lost() -> None:
    raise LeaseLostError("for the test")


def test_one_that_stands_still_in_the_middle_of_recording_stops_nobody(company: Company, workers: Workers) -> None:
    """It holds the locks of its ticket and step. Other tickets go on, and its own does once the server has had enough."""
    marks = Marks(company)
    held = company.file("release", "developer", SLUG, "test", ref="main")
    with DatabaseWitness() as witness:
        stale = stand_still(workers, held, step="create_tag", before="apps.tickets.engine:advance")
        other = company.file("release", "developer", SLUG, "test", ref="main")
        with workers.working():
            assert wait_ended(other, 30).status == "succeeded"
            assert wait_ended(held, 30).status in ("succeeded", "superseded")
        before, rows = witness.mark(), everything(held)
        wake(stale)
        time.sleep(1.0)
        assert witness.writes("stale", since=before) == []
        assert everything(held) == rows
        workers.kill(stale)
    assert marks.count("gitlab", "tag.create") == 2
    assert marks.count("jenkins", "build.start") == 2
