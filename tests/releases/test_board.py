"""What the board says beside what runs: the verdict, where an image may go next, and what the reader may ask for."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.integrations.models import Cluster
from apps.projects.models import Project
from tests.releases.paper import Paper, digest_of
from tests.support.factories import make_environment, make_user, use
from tests.tickets.web import refusals, signed_in, told, with_token

pytestmark = pytest.mark.django_db
BOARD = "/api/v1/board?project=book"


@pytest.fixture
def paper() -> Paper:
    return Paper()


@pytest.fixture
def book(paper: Paper) -> Project:
    """In test runs v2, which came there by a ticket; in production v1."""
    book = paper.project()
    paper.person("developer", book, "developer")
    paper.person("tester", book, "tester", environments=(paper.test,))
    v1, v2 = paper.release(book, "v1"), paper.release(book, "v2")
    paper.brought(book, v1, paper.production, minutes_ago=60)
    paper.brought(book, v2, paper.test, minutes_ago=30)
    paper.runs(book, "lab", "v2")
    paper.runs(book, "dc1", "v1")
    paper.runs(book, "dc2", "v1")
    return book


def board(paper: Paper, who: str = "developer") -> dict[str, Any]:
    """The board's rows by environment."""
    answer = signed_in(paper.people[who]).get(BOARD)
    assert answer.status_code == 200, answer.content
    return {row["environment"]["slug"]: row for row in answer.json()["environments"]}


def onward(paper: Paper) -> dict[str, Any]:
    """The one place to which what runs in test may go."""
    (found,) = board(paper)["test"]["next"]
    return dict(found)


def reason_of(found: dict[str, Any]) -> tuple[str, Any]:
    return found["reason"]["code"], found["reason"]["params"]


class TestVerdict:
    def test_a_cell_shows_the_latest_verdict_on_its_image_in_its_environment(self, paper: Paper, book: Project) -> None:
        v2 = book.releases.get(tag="v2")
        paper.says(v2, "passed")
        paper.says(v2, "failed")
        paper.says(book.releases.get(tag="v1"), "passed")
        rows = board(paper)
        (cell,) = rows["test"]["cells"]
        assert (cell["verdict"]["outcome"], cell["verdict"]["comment"]) == ("failed", "it failed")
        assert cell["verdict"]["actor"]["username"] == "tester"
        assert [c["verdict"] for c in rows["production"]["cells"]] == [None, None]


class TestNext:
    def test_an_image_that_passed_may_go_on(self, paper: Paper, book: Project) -> None:
        paper.says(book.releases.get(tag="v2"), "passed")
        assert onward(paper) == {
            "environment": "production",
            "tag": "v2",
            "digest": digest_of("v2"),
            "is_open": True,
            "ticket": None,
            "reason": None,
        }
        assert board(paper)["production"]["next"] == []

    def test_without_a_pass_the_gate_says_why_not(self, paper: Paper, book: Project) -> None:
        found = onward(paper)
        assert (found["is_open"], found["ticket"]) == (False, None)
        assert found["reason"]["detail"] == "No tester has given a verdict in test yet."
        paper.says(book.releases.get(tag="v2"), "failed")
        assert reason_of(onward(paper)) == ("gate.failed_verdict", {"name": "tester", "environment": "test"})

    def test_an_image_that_no_ticket_brought_does_not_go_on(self, paper: Paper, book: Project) -> None:
        paper.release(book, "v3")
        paper.runs(book, "lab", "v3")
        assert reason_of(onward(paper)) == ("gate.never_ran", {"environments": "test"})

    def test_the_open_ticket_that_asks_is_named_and_one_for_another_image_is_not(
        self, paper: Paper, book: Project
    ) -> None:
        v1, v2 = book.releases.get(tag="v1"), book.releases.get(tag="v2")
        paper.says(v2, "passed")
        paper.ticket(book, "promote", paper.production, "pending_approval", release=v1)
        paper.ticket(book, "promote", paper.production, "rejected", release=v2)
        assert (onward(paper)["is_open"], onward(paper)["ticket"]) == (True, None)
        asks = paper.ticket(book, "promote", paper.production, "pending_approval", release=v2)
        found = onward(paper)
        assert (found["is_open"], found["ticket"], found["reason"]) == (False, asks.pk, None)

    def test_what_the_target_runs_everywhere_is_left_out_and_half_of_it_is_not(
        self, paper: Paper, book: Project
    ) -> None:
        paper.says(book.releases.get(tag="v2"), "passed")
        paper.runs(book, "dc1", "v2")
        assert onward(paper)["is_open"] is True
        paper.runs(book, "dc2", "v2")
        assert board(paper)["test"]["next"] == []
        paper.runs(book, "dc2", "v1")
        Cluster.objects.filter(name="dc2").update(is_enabled=False)
        assert board(paper)["test"]["next"] == []

    def test_an_environment_the_project_does_not_use_is_skipped_upward(self, paper: Paper, book: Project) -> None:
        staging = make_environment("staging", "staging", position=2, promotes_from=[paper.test])
        paper.production.promotes_from.set([staging])
        paper.says(book.releases.get(tag="v2"), "passed")
        assert (onward(paper)["environment"], onward(paper)["is_open"]) == ("production", True)
        use(book, staging)
        found = onward(paper)
        assert (found["environment"], *reason_of(found)) == (
            "staging",
            "release.no_workload",
            {"project": "book", "environment": "staging"},
        )

    def test_several_images_or_a_strange_one_do_not_go_on(self, paper: Paper, book: Project) -> None:
        paper.runs(book, "lab", "by-hand")
        found = onward(paper)
        assert (found["tag"], found["digest"]) == ("", digest_of("by-hand"))
        assert reason_of(found) == ("board.image_unknown", {"environment": "test"})
        paper.production.promotes_from.set([])
        later = make_environment("later", "test", position=4, promotes_from=[paper.production])
        use(book, later)
        paper.runs(book, "dc1", "v2")
        (found,) = board(paper)["production"]["next"]
        assert (found["tag"], found["digest"], found["is_open"]) == ("", "", False)
        assert reason_of(found) == ("board.several_images", {"environment": "production", "count": 2})

    def test_where_nothing_runs_nothing_goes_on(self, paper: Paper, book: Project) -> None:
        paper.runs(book, "lab", "", exists=False)
        assert board(paper)["test"]["next"] == []


class TestRights:
    @staticmethod
    def allowed(paper: Paper, who: str) -> dict[str, list[str]]:
        """By environment, what the person may ask for."""
        return {
            slug: [name for name, right in row["rights"].items() if right["allowed"]]
            for slug, row in board(paper, who).items()
        }

    def test_each_reader_sees_his_own(self, paper: Paper, book: Project) -> None:
        paper.person("ops", book, "ops", environments=(paper.production,))
        book.owners.add(paper.person("owner", book))
        assert self.allowed(paper, "developer") == {"test": ["release", "promote"], "production": ["promote"]}
        assert self.allowed(paper, "tester") == {"test": ["release", "promote", "verdict"], "production": ["promote"]}
        assert self.allowed(paper, "ops") == {"test": ["promote"], "production": ["promote", "roll_back"]}
        assert self.allowed(paper, "owner") == {"test": ["roll_back"], "production": ["roll_back"]}

    def test_a_right_that_is_missing_says_which_role_would_do(self, paper: Paper, book: Project) -> None:
        rights = board(paper)["test"]["rights"]
        assert rights["release"] == {"allowed": True, "code": "", "params": {}, "detail": ""}
        assert rights["verdict"] == {
            "allowed": False,
            "code": "policy.needs_role",
            "params": {"roles": ["tester"], "project_id": book.pk, "environment_id": paper.test.pk},
            "detail": "You need one of these roles on this project and environment: tester.",
        }

    def test_with_the_role_the_state_of_the_place_decides(self, paper: Paper, book: Project) -> None:
        paper.person("all", book, "developer", "tester", "ops")

        def codes(environment: str) -> dict[str, str]:
            return {name: right["code"] for name, right in board(paper, "all")[environment]["rights"].items()}

        nothing = {"release": "", "promote": "", "roll_back": "", "verdict": ""}
        assert codes("test") == nothing
        assert codes("production") == {**nothing, "release": "release.gated_environment"}
        paper.release(book, "v3")
        paper.runs(book, "lab", "v3")
        assert codes("test") == {**nothing, "verdict": "verdict.never_ran"}
        paper.runs(book, "lab", "", exists=False)
        assert codes("test") == {**nothing, "verdict": "commits.nothing_runs"}
        Cluster.objects.filter(name="lab").update(is_enabled=False)
        closed = dict.fromkeys(("release", "promote", "roll_back"), "release.no_workload")
        assert codes("test") == {**closed, "verdict": "commits.nothing_runs"}
        paper.production.promotes_from.set([])
        assert codes("production")["promote"] == "gate.no_predecessor"
        Project.objects.filter(pk=book.pk).update(archived_at=timezone.now())
        assert codes("production")["roll_back"] == "project.not_active"

    def test_a_token_reads_no_further_than_its_scopes(self, paper: Paper, book: Project) -> None:
        client = with_token(paper.people["developer"], "board.read")
        rights = client.get(BOARD).json()["environments"][0]["rights"]
        assert {right["code"] for right in rights.values()} == {"policy.token_scope"}
        assert told(with_token(paper.people["developer"], "ticket.*").get(BOARD)) == (403, "policy.token_scope")

    def test_reading_rights_records_no_refusal(self, paper: Paper, book: Project) -> None:
        board(paper)
        assert refusals() == []
        assert told(signed_in(make_user("stranger")).get(BOARD)) == (404, "not_found")
        assert refusals() == ["board.read"]


def test_the_outlook_costs_the_same_statements_for_one_image_and_for_many(paper: Paper, book: Project) -> None:
    client = signed_in(paper.people["developer"])
    client.get(BOARD)
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get(BOARD)
    for name in ("dc1", "dc2"):
        paper.runs(book, name, f"of-{name}")
        release = paper.release(book, f"of-{name}")
        paper.says(release, "passed")
        paper.ticket(book, "promote", paper.production, "queued", release=release)
    with CaptureQueriesContext(connection) as many:
        client.get(BOARD)
    assert len(many) == len(few)
