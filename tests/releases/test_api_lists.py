"""Lists of releases and the board cost the same few statements however many rows there are; no server needed."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models.functions import Now

from apps.projects.models import Project
from apps.releases.models import Build, Release, Rollout, TicketRelease, Verdict
from apps.tickets.models import Ticket
from apps.workloads.models import ClusterHeartbeat, ObservedDeployment, Workload
from tests.support.factories import grant, make_cluster, make_environment, make_project, make_user, place, use
from tests.tickets.web import signed_in

pytestmark = pytest.mark.django_db
API = "/api/v1/"


def digest(number: int) -> str:
    return f"sha256:{number:064x}"


class Shop:
    """A project in test with as many releases and workloads as wanted."""

    def __init__(self) -> None:
        self.test = make_environment("test", "test", position=1)
        self.project: Project = make_project("book")
        self.pair = use(self.project, self.test)
        self.person = make_user("reader")
        grant(self.person, self.project, self.test, "tester")

    def add(self, number: int) -> None:
        cluster = make_cluster(f"c{number}", uid=f"uid-{number}")
        ClusterHeartbeat.objects.create(cluster=cluster, seen_at=Now())
        workload = Workload.objects.create(
            project_environment=self.pair,
            placement=place(self.test, cluster),
            name="book",
            namespace="test",
            deployment="book",
            container="app",
            deployment_uid="u",
        )
        common = {"project": self.project, "environment": self.test}
        ticket = Ticket.objects.create(
            kind="release", status="succeeded", requester=self.person, title="t", finished_at=Now(), **common
        )
        release = Release.objects.create(
            project=self.project, requester=self.person, tag=f"v{number}", image_repository="x", digest=digest(number)
        )
        TicketRelease.objects.create(ticket=ticket, release=release)
        Rollout.objects.create(
            ticket=ticket,
            release=release,
            workload=workload,
            to_image="x",
            to_digest=release.digest,
            result="succeeded",
            started_at=Now(),
            finished_at=Now(),
        )
        ObservedDeployment.objects.create(workload=workload, digest=release.digest, image="x", ready=1)
        Verdict.objects.create(release=release, digest=release.digest, outcome="passed", actor=self.person, **common)
        Build.objects.create(
            release=release, ticket=ticket, controller=self.project.jenkins, job="book", key=f"k{number}"
        )


@pytest.mark.parametrize(
    ("url", "rows"),
    [("releases/?limit=50", lambda a: a["results"]), ("board?project=book", lambda a: a["environments"][0]["cells"])],
)
def test_ten_rows_cost_as_many_statements_as_fifty(url: str, rows: Any, django_assert_max_num_queries: Any) -> None:
    shop = Shop()
    client = signed_in(shop.person)
    client.get(API + url)  # that the session was seen is noted once a minute
    costs, number = [], 0
    for size in (10, 50):
        while number < size:
            number += 1
            shop.add(number)
        with django_assert_max_num_queries(23 if "board" in url else 12) as counted:
            answer = client.get(API + url).json()
        assert len(rows(answer)) == size
        costs.append(len(counted.captured_queries))
    assert costs[0] == costs[1]


def test_a_release_line_tells_where_it_ran_and_the_verdict_that_counts() -> None:
    shop = Shop()
    shop.add(1)
    Verdict.objects.create(
        project=shop.project,
        environment=shop.test,
        release=Release.objects.get(),
        digest=digest(1),
        outcome="failed",
        comment="broken",
        actor=shop.person,
    )
    (line,) = signed_in(shop.person).get(f"{API}releases/?digest={digest(1)}").json()["results"]
    assert signed_in(shop.person).get(f"{API}releases/?tag={line['tag']}").json()["results"] == [line]
    assert signed_in(shop.person).get(f"{API}releases/?tag={line['tag'][:-1]}").json()["results"] == []
    assert [r["environment"] for r in line["ran_in"]] == ["test"]
    assert [(v["outcome"], v["comment"]) for v in line["verdicts"]] == [("failed", "broken")]
    assert line["last_build"]["state"] == "asked"
    assert "dockerfile" not in line


def test_tickets_are_found_by_the_beginning_of_their_versions_tag_or_by_their_number() -> None:
    shop = Shop()
    for number in (1, 2, 10):
        shop.add(number)
    client = signed_in(shop.person)

    def found(q: str) -> list[str]:
        results = client.get(f"{API}tickets/", {"q": q}).json()["results"]
        return sorted(ticket["release"]["tag"] for ticket in results)

    assert found("v1") == ["v1", "v10"]
    assert found("v2") == ["v2"]
    assert found("1") == []
    assert found("%") == []
    number = Ticket.objects.get(about__release__tag="v2").pk
    assert found(f"#{number}") == ["v2"]
    assert found(f"#{number}0") == []
    stranger = signed_in(make_user("stranger"))
    assert stranger.get(f"{API}tickets/", {"q": f"#{number}"}).json()["results"] == []
