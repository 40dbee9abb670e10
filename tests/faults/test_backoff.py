"""Leaving an outside system in peace when it asks for it, or cannot bear more (QR11).

Each bad run is compared with a quiet run in the same test: calls to the system in trouble at most one and a half times
as many, and tickets that do not need it as quick as ever. Counted in the servers' journals.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from apps.integrations.models import Cluster as ClusterRow
from apps.sandbox.base.faults import Fault
from apps.sandbox.base.journal import Entry
from apps.tickets.models import Ticket
from tests.faults.outside_support import SLUG, SPEEDS, Workers, running_company
from tests.support.database import process_environment
from tests.support.factories import make_environment, place
from tests.support.sandbox import fault
from tests.support.story import CLUSTERS, Company, add_project, wait_ended, wait_for

CROWD = {"pay-gate-n1": "go", "admin-php-n1": "php", "user-web-n1": "nodejs"}
TICKETS = 4
MOST = 1.5
TIMEOUT = 1.0
pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def company(
    tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: Any
) -> Iterator[Company]:
    CLUSTERS["lab"] = ["dc1"]
    try:
        with running_company(
            tmp_path_factory,
            django_db_blocker,
            build_seconds=0.3,
            executors=16,
            environments=("test",),
            prepare=add_lab,
        ) as made:
            yield made
    finally:
        del CLUSTERS["lab"]


def add_lab(company: Company) -> None:
    """An environment on dc1 alone, with three projects of its own."""
    lab = company.environments["lab"] = make_environment("lab", "test", position=5)
    place(lab, ClusterRow.objects.get(name="dc1"))
    for slug, language in CROWD.items():
        add_project(company, slug, language, replicas=1, environments=("lab",))


@pytest.fixture(scope="module")
def workers(company: Company, redis_url: str) -> Iterator[Workers]:
    speeds = {
        **SPEEDS,
        "OPSPORTAL_LEASE_SECONDS": "15",
        "OPSPORTAL_CHORE_LEASE_SECONDS": "6",
        "OPSPORTAL_OUTSIDE_TIMEOUT": str(TIMEOUT),
        "OPSPORTAL_LOST_SECONDS": "3",
    }
    made = Workers({**process_environment(redis_url), **speeds})
    yield made
    made.close()


@pytest.fixture(autouse=True)
def healed(company: Company, workers: Workers) -> Iterator[None]:
    yield
    workers.end_all()
    for server in company.sandbox.servers.values():
        server.faults.clear()


Calls = dict[str, list[Entry]]
Trouble = Callable[[], Fault]


def releases(company: Company, count: int = TICKETS, slug: str = SLUG, environment: str = "test") -> list[Ticket]:
    return [company.file("release", "developer", slug, environment, ref="main") for _ in range(count)]


def calls_of(company: Company, workers: Workers, trouble: Trouble | None = None, seconds: float = 0) -> Calls:
    """What the portal asks of everybody to bring some releases to their end; trouble begins right after they are filed
    and lasts so long from its first strike on."""
    tickets = releases(company)
    since = {name: server.journal.last for name, server in company.sandbox.servers.items()}
    script = trouble() if trouble is not None else None
    with workers.working():
        if script is not None and script.times < 0:
            wait_for(lambda: script.struck > 0, 20, "the first strike")
            time.sleep(seconds)
            for server in company.sandbox.servers.values():
                server.faults.clear()
        for ticket in tickets:
            ended = wait_ended(ticket, 120)
            assert ended.status in ("succeeded", "superseded"), (ended.status, ended.reason)
    assert script is None or script.struck > 0, "the script was never hit"
    found = {name: server.journal.find(since=since[name]) for name, server in company.sandbox.servers.items()}
    return {name: [e for e in entries if is_ours(e)] for name, entries in found.items()}


def is_ours(entry: Entry) -> bool:
    """A call of the portal's: builds of Jenkins have their own way to GitLab and the registry."""
    if entry.server == "registry":
        return entry.method in ("GET", "HEAD") and entry.agent != "jenkins"
    return not entry.kind.startswith(("git.", "build.start", "build.end"))


@pytest.mark.parametrize("server", ["gitlab", "jenkins"])
def test_no_call_leaves_before_the_retry_after_is_over(company: Company, workers: Workers, server: str) -> None:
    """Four tickets meet one 429 that asks for three seconds: whoever comes next, on whatever errand, keeps it too."""
    pause, standin = 3, company.sandbox.servers[server]
    slow_down = {"status": 429, "headers": {"Retry-After": str(pause)}}
    calls = calls_of(company, workers, lambda: fault(standin, "*", "status", times=1, **slow_down))[server]
    (struck,) = [e for e in calls if e.status == 429]
    # What was on its way when the answer came is forgiven: so many threads work side by side.
    early = [e for e in calls if struck.at + 0.3 < e.at < struck.at + pause - 0.2]
    assert [(round(e.at - struck.at, 2), e.kind) for e in early] == []


@pytest.mark.parametrize("action", ["503", "slow"])
@pytest.mark.parametrize("server", ["gitlab", "jenkins"])
def test_an_outage_costs_few_calls(company: Company, workers: Workers, server: str, action: str) -> None:
    """5xx, or answers later than anybody waits, for as long as six time-outs; four tickets in need of it.

    The fewest calls: those of a quiet run, and those that were under way when it began, one per ticket.
    """
    standin = company.sandbox.servers[server]
    how: dict[str, Any] = {"action": "status", "status": 503}
    if action == "slow":
        how = {"action": "delay", "seconds": TIMEOUT * 1.5}
    fewest = len(calls_of(company, workers)[server]) + TICKETS
    bad = len(calls_of(company, workers, lambda: fault(standin, "*", times=-1, **how), seconds=6 * TIMEOUT)[server])
    print(f"\n{server} {action}: {bad} calls, at least {fewest}: {bad / fewest:.2f}")
    assert bad <= MOST * fewest


def test_a_hanging_cluster_takes_nobody_elses_time(company: Company, workers: Workers) -> None:
    """Three projects bring releases to a cluster that hangs, as many as the lone worker has threads; a fourth project
    goes to another cluster meanwhile."""
    with workers.working(config={"worker_threads": 3, "outside_timeout": 4.0}):
        quiet = duration_of(releases(company, 1)[0])
        stuck = [ticket for slug in CROWD for ticket in releases(company, 2, slug, "lab")]
        script = fault(company.sandbox.clusters["dc1"], "deployments.*", "hang", seconds=30, times=-1)
        wait_for(lambda: script.struck >= 3, 60, "the cluster to hang")
        beside = duration_of(releases(company, 1)[0])
        assert Ticket.objects.filter(pk__in=[t.pk for t in stuck], status="running").count() == len(stuck)
        company.sandbox.clusters["dc1"].faults.clear()
        for ticket in stuck:
            assert wait_ended(ticket, 120).status in ("succeeded", "superseded")
    print(f"\na release beside a hanging cluster: {beside:.1f} s, quiet {quiet:.1f} s: {beside / quiet:.2f}")
    assert beside <= 1.5 * quiet + 0.5


def duration_of(ticket: Ticket) -> float:
    ended = wait_ended(ticket, 120)
    assert (ended.status, ended.reason) == ("succeeded", None)
    assert ended.finished_at is not None
    return (ended.finished_at - ended.created_at).total_seconds()
