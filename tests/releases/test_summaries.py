"""Summaries of projects: one word each, what runs in production, what waits, and versions per day."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.integrations.models import Cluster
from apps.projects.models import Project
from apps.releases.models import Release
from apps.releases.summaries import summaries
from apps.workloads.models import ClusterHeartbeat, Workload
from tests.releases.paper import Paper, digest_of
from tests.support.factories import make_project, make_user
from tests.tickets.web import refusals, signed_in, told, with_token

pytestmark = pytest.mark.django_db
URL = "/api/v1/project-summaries"


@pytest.fixture
def paper() -> Paper:
    return Paper()


@pytest.fixture
def book(paper: Paper) -> Project:
    """v1 runs everywhere, well; it came to production by a ticket an hour ago."""
    book = paper.project()
    paper.person("developer", book, "developer")
    paper.brought(book, paper.release(book, "v1"), paper.production, minutes_ago=60)
    for name in paper.clusters:
        paper.runs(book, name, "v1")
    return book


def ask(user: User, *slugs: str) -> list[dict[str, Any]]:
    answer = signed_in(user).get(URL, {"project": list(slugs)})
    assert answer.status_code == 200, answer.content
    return list(answer.json()["results"])


def state_of(paper: Paper, slug: str = "book") -> str:
    (found,) = ask(paper.people["developer"], slug)
    return str(found["state"])


class TestState:
    def test_a_healthy_project_is_ok_and_one_without_workloads_has_no_state(self, paper: Paper, book: Project) -> None:
        assert state_of(paper) == "ok"
        empty = make_project("empty")
        paper.person("developer", empty, "developer")
        (found,) = ask(paper.people["developer"], "empty")
        assert found == {
            "project": "empty",
            "state": "none",
            "production": None,
            "waiting": None,
            "releases_30d": [0] * 30,
        }

    def test_what_the_portal_does_by_itself_is_under_way(self, paper: Paper, book: Project) -> None:
        paper.ticket(book, "release", paper.test, "running")
        assert state_of(paper) == "run"

    def test_a_rollout_seen_on_a_cluster_is_under_way_too(self, paper: Paper, book: Project) -> None:
        paper.runs(book, "dc1", "v1", ready=1)
        assert state_of(paper) == "run"

    def test_a_ticket_that_waits_for_a_person_comes_before_one_that_runs(self, paper: Paper, book: Project) -> None:
        paper.ticket(book, "release", paper.test, "running")
        paper.ticket(book, "promote", paper.production, "pending_approval")
        assert state_of(paper) == "wait"

    def test_a_failing_or_vanished_workload_is_bad(self, paper: Paper, book: Project) -> None:
        paper.ticket(book, "promote", paper.production, "pending_approval")
        deadline = [{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}]
        paper.runs(book, "dc2", "v1", ready=1, conditions=deadline)
        assert state_of(paper) == "bad"
        paper.runs(book, "dc2", "v1", conditions=[])
        assert state_of(paper) == "wait"
        paper.runs(book, "dc2", "v1", exists=False)
        assert state_of(paper) == "bad"

    @pytest.mark.parametrize(("status", "state"), [("failed", "bad"), ("errored", "odd"), ("succeeded", "ok")])
    def test_the_newest_ended_ticket_of_a_day_counts(
        self, paper: Paper, book: Project, status: str, state: str
    ) -> None:
        paper.ticket(book, "release", paper.test, "failed" if status == "succeeded" else "succeeded", minutes_ago=30)
        paper.ticket(book, "release", paper.test, status, minutes_ago=20)
        assert state_of(paper) == state

    def test_a_failure_of_the_day_before_yesterday_does_not(self, paper: Paper, book: Project) -> None:
        paper.ticket(book, "release", paper.test, "failed", minutes_ago=0, finished_at=paper.now - timedelta(hours=25))
        assert state_of(paper) == "ok"

    def test_a_ticket_that_ended_without_effect_hides_no_failure(self, paper: Paper, book: Project) -> None:
        paper.ticket(book, "release", paper.test, "failed", minutes_ago=30)
        paper.ticket(book, "promote", paper.production, "superseded", finished_at=paper.now)
        assert state_of(paper) == "bad"

    def test_a_silent_cluster_is_worse_than_all_and_a_switched_off_one_says_nothing(
        self, paper: Paper, book: Project
    ) -> None:
        paper.ticket(book, "release", paper.test, "failed")
        ClusterHeartbeat.objects.filter(cluster__name="dc2").update(seen_at=paper.now - timedelta(minutes=1))
        assert state_of(paper) == "odd"
        Cluster.objects.filter(name="dc2").update(is_enabled=False)
        assert state_of(paper) == "bad"
        ClusterHeartbeat.objects.filter(cluster__name="dc1").delete()
        assert state_of(paper) == "odd"

    def test_a_project_that_was_taken_offline_everywhere_is_off(self, paper: Paper, book: Project) -> None:
        nothing = {"replicas_wanted": 0, "replicas": 0, "ready": 0, "updated": 0, "available": 0, "pods": []}
        paper.runs(book, "dc1", "v1", **nothing)
        assert state_of(paper) == "ok"
        for name in paper.clusters:
            paper.runs(book, name, "v1", **nothing)
        assert state_of(paper) == "off"


class TestProduction:
    @staticmethod
    def production(paper: Paper) -> dict[str, Any]:
        (found,) = ask(paper.people["developer"], "book")
        return dict(found["production"])

    def test_it_tells_the_version_since_when_and_how_many_are_ready(self, paper: Paper, book: Project) -> None:
        paper.runs(book, "dc2", "v1", ready=1)
        found = self.production(paper)
        assert (found["release"]["tag"], found["image"]) == ("v1", f"shop:v1@{digest_of('v1')}")
        assert (found["ready"], found["total"]) == (3, 4)
        assert datetime.fromisoformat(found["since"]) == paper.now - timedelta(minutes=60)

    def test_several_images_are_no_version(self, paper: Paper, book: Project) -> None:
        paper.release(book, "v2")
        paper.runs(book, "dc2", "v2")
        assert self.production(paper) == {"release": None, "image": "", "since": None, "ready": 4, "total": 4}

    def test_what_somebody_set_by_hand_has_no_beginning(self, paper: Paper, book: Project) -> None:
        for name in ("dc1", "dc2"):
            paper.runs(book, name, "by-hand")
        found = self.production(paper)
        assert (found["release"], found["since"]) == (None, None)
        assert found["image"] == f"shop:by-hand@{digest_of('by-hand')}"

    def test_what_was_there_before_the_first_ticket_runs_since_its_adoption(self, paper: Paper) -> None:
        book = paper.project()
        paper.person("developer", book, "developer")
        paper.release(book, "base", is_built_here=False)
        for name in ("dc1", "dc2"):
            paper.runs(book, name, "base")
        adopted = Workload.objects.get(placement=paper.placements["dc2"]).created_at
        found = self.production(paper)
        assert (found["release"]["tag"], datetime.fromisoformat(found["since"])) == ("base", adopted)

    def test_before_the_watcher_looked_nothing_is_known(self, paper: Paper) -> None:
        book = paper.project()
        paper.person("developer", book, "developer")
        assert self.production(paper) == {"release": None, "image": "", "since": None, "ready": None, "total": None}

    def test_a_project_with_workloads_in_test_only_has_none(self, paper: Paper) -> None:
        book = paper.project("book", "lab")
        paper.person("developer", book, "developer")
        (found,) = ask(paper.people["developer"], "book")
        assert (found["production"], found["state"]) == (None, "odd")


def test_the_oldest_ticket_that_waits_for_a_person_is_named(paper: Paper, book: Project) -> None:
    paper.ticket(book, "release", paper.test, "queued", minutes_ago=90)
    oldest = paper.ticket(book, "promote", paper.production, "pending_confirmation", minutes_ago=60)
    paper.ticket(book, "promote", paper.production, "pending_approval", minutes_ago=30)
    (found,) = ask(paper.people["developer"], "book")
    waiting = found["waiting"]
    assert (waiting["id"], waiting["kind"], waiting["status"]) == (oldest.pk, "promote", "pending_confirmation")
    assert (waiting["title"], waiting["environment"]["slug"]) == ("book promote", "production")


def test_versions_are_counted_by_the_companys_days_and_the_last_is_today(paper: Paper, book: Project) -> None:
    Release.objects.update(is_built_here=False)  # the one that runs was adopted: no version of ours
    zone = ZoneInfo(settings.CONFIG.time_zone)
    midnight = datetime.combine(paper.now.astimezone(zone).date(), datetime.min.time(), zone)
    for number, at in enumerate(
        [
            midnight,
            midnight - timedelta(seconds=1),
            midnight - timedelta(hours=2),
            midnight - timedelta(days=29),
            midnight - timedelta(days=29, seconds=1),
        ]
    ):
        paper.release(book, f"t{number}", created_at=at)
    Release.objects.create(project=book, tag="not built yet", image_repository="x", created_at=midnight)
    (found,) = ask(paper.people["developer"], "book")
    assert found["releases_30d"] == [1] + [0] * 27 + [2, 1]


class TestWhoSees:
    def test_foreign_and_unknown_projects_are_left_out_in_the_order_asked(self, paper: Paper, book: Project) -> None:
        other, foreign = paper.project("other"), paper.project("foreign")
        paper.person("developer", other, "tester")
        assert foreign.pk
        found = ask(paper.people["developer"], "other", "foreign", "no-such", "book", "other")
        assert [one["project"] for one in found] == ["other", "book"]
        assert ask(make_user("admin", is_instance_admin=True), "book", "foreign") == []
        assert refusals() == []

    def test_a_token_of_another_project_or_scope_sees_nothing(self, paper: Paper, book: Project) -> None:
        other = paper.project("other")
        developer = paper.person("developer", other, "developer")
        asked = {"project": ["book", "other"]}
        limited = with_token(developer, "*", project=other).get(URL, asked).json()["results"]
        assert [one["project"] for one in limited] == ["other"]
        assert told(with_token(developer, "ticket.*").get(URL, asked)) == (403, "policy.token_scope")

    @pytest.mark.parametrize(
        "query", [{}, {"project": [str(n) for n in range(51)]}, {"project": "x" * 81}, {"projekt": "book"}]
    )
    def test_nonsense_is_refused(self, book: Project, paper: Paper, query: dict[str, Any]) -> None:
        assert told(signed_in(paper.people["developer"]).get(URL, query)) == (400, "invalid")


def test_fifty_projects_cost_as_many_statements_as_one(paper: Paper, book: Project) -> None:
    made = [book]
    with CaptureQueriesContext(connection) as one:
        summaries(made)
    for number in range(49):
        project = paper.project(f"svc-{number}")
        release = paper.release(project, "v1")
        paper.brought(project, release, paper.production)
        for name in paper.clusters:
            paper.runs(project, name, "v1")
        paper.ticket(project, "promote", paper.production, "pending_approval", release=release)
        made.append(project)
    with CaptureQueriesContext(connection) as many:
        found = summaries(made)
    assert [line["state"] for line in found] == ["ok"] + ["wait"] * 49
    assert (len(one), len(many)) == (8, 8)
