"""How long it usually takes: medians of what succeeded, and nothing where too little is known."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from apps.projects.models import Project
from apps.releases.models import Build, Release
from apps.tickets.models import Step, Ticket
from tests.releases.paper import Paper
from tests.support.factories import make_user
from tests.tickets.web import signed_in, told, with_token

pytestmark = pytest.mark.django_db
URL = "/api/v1/typical"
NOTHING: dict[str, Any] = {"total_seconds": None, "steps": [], "stages": []}


@pytest.fixture
def paper() -> Paper:
    return Paper()


@pytest.fixture
def book(paper: Paper) -> Project:
    book = paper.project()
    paper.person("developer", book, "developer")
    return book


def took(
    paper: Paper, book: Project, seconds: float, *, steps: Any = (), minutes_ago: float = 0, **more: Any
) -> Ticket:
    """A release to test that ran so long; `steps` are (name, target, from second, to second)."""
    fields = {"kind": "release", "environment": paper.test, **more}
    ticket = paper.ticket(book, minutes_ago=minutes_ago, **fields)
    began = paper.now - timedelta(hours=2)
    Ticket.objects.filter(pk=ticket.pk).update(started_at=began, finished_at=began + timedelta(seconds=seconds))
    for order, (name, target, first, last) in enumerate(steps):
        Step.objects.create(
            ticket=ticket,
            name=name,
            target=target,
            order=order,
            status="succeeded",
            started_at=began + timedelta(seconds=first),
            finished_at=began + timedelta(seconds=last),
        )
    return ticket


def built(paper: Paper, book: Project, ticket: Ticket, marks: list[tuple[str, float | None]], ended: float) -> None:
    """A build of it; marks are (stage, second at which our copy saw it, or None)."""
    began = paper.now - timedelta(hours=2)
    stages = [
        {"name": name, "line": 1, **({} if at is None else {"started_at_ms": began.timestamp() * 1000 + at * 1000})}
        for name, at in marks
    ]
    Build.objects.create(
        release=Release.objects.create(project=book, image_repository="x"),
        ticket=ticket,
        controller=book.jenkins,
        job="book",
        key=f"k{ticket.pk}-{ended}",
        state="finished",
        stages=stages,
        finished_at=began + timedelta(seconds=ended),
    )


def ask(paper: Paper, **query: str) -> dict[str, Any]:
    answer = signed_in(paper.people["developer"]).get(URL, {"project": "book", **query})
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def test_fewer_than_three_are_no_measure(paper: Paper, book: Project) -> None:
    assert ask(paper) == {"sample": 0, **NOTHING}
    for _ in range(2):
        took(paper, book, 60, steps=[("start", "", 0, 1)])
    took(paper, book, 60, status="failed")
    assert ask(paper) == {"sample": 2, **NOTHING}


def test_the_median_of_the_running_time_and_of_each_step_in_their_order(paper: Paper, book: Project) -> None:
    for total, build in ((60, 40), (100, 80), (90, 50)):
        took(paper, book, total, steps=[("start", "", 0, 1), ("await_build", "", 1, 1 + build)])
    assert ask(paper) == {
        "sample": 3,
        "total_seconds": 90.0,
        "steps": [{"name": "start", "seconds": 1.0}, {"name": "await_build", "seconds": 50.0}],
        "stages": [],
    }


def test_targets_side_by_side_count_once_from_the_first_start_to_the_last_end(paper: Paper, book: Project) -> None:
    for _ in range(3):
        took(paper, book, 60, steps=[("await_rollout", "dc1", 10, 20), ("await_rollout", "dc2", 12, 40)])
    assert ask(paper)["steps"] == [{"name": "await_rollout", "seconds": 30.0}]


def test_a_step_that_only_some_had_is_left_out(paper: Paper, book: Project) -> None:
    for number in range(3):
        copied = [("copy_image", "east", 1, 9)] if number else []
        took(paper, book, 60, steps=[("start", "", 0, 1), *copied])
    assert [step["name"] for step in ask(paper)["steps"]] == ["start"]


def test_only_the_last_twenty_of_that_kind_and_place_count(paper: Paper, book: Project) -> None:
    for number in range(25):
        took(paper, book, 1000 if number < 5 else 60, minutes_ago=100 - number)
    for _ in range(3):
        took(paper, book, 7, kind="promote", environment=paper.production)
    other = paper.project("other")
    took(paper, other, 3)
    found = ask(paper, kind="release", environment="test")
    assert (found["sample"], found["total_seconds"]) == (20, 60.0)
    assert ask(paper, kind="promote")["total_seconds"] == 7.0
    assert ask(paper, environment="production")["sample"] == 3
    assert ask(paper, kind="roll_back") == {"sample": 0, **NOTHING}


def test_a_stage_lasts_until_the_next_mark_and_the_last_one_until_the_builds_end(paper: Paper, book: Project) -> None:
    for push in (4, 6, 9):
        ticket = took(paper, book, 60)
        built(paper, book, ticket, [("pull", 1)], 2)  # an earlier attempt does not count
        built(paper, book, ticket, [("pull", 10), ("compile", 12), ("push", 30)], 30 + push)
    assert ask(paper)["stages"] == [
        {"name": "pull", "seconds": 2.0},
        {"name": "compile", "seconds": 18.0},
        {"name": "push", "seconds": 6.0},
    ]


def test_a_stage_whose_times_nobody_saw_is_left_out(paper: Paper, book: Project) -> None:
    for _ in range(3):
        built(paper, book, took(paper, book, 60), [("pull", 10), ("compile", 12), ("push", None)], 40)
    assert ask(paper)["stages"] == [{"name": "pull", "seconds": 2.0}]


def test_a_stranger_a_foreign_scope_and_nonsense_get_no_answer(paper: Paper, book: Project) -> None:
    asked = {"project": "book"}
    assert told(signed_in(make_user("stranger")).get(URL, asked)) == (404, "not_found")
    assert told(with_token(paper.people["developer"], "board.*").get(URL, asked)) == (403, "policy.token_scope")
    client = signed_in(paper.people["developer"])
    assert told(client.get(URL, {"project": "no-such"})) == (404, "not_found")
    for query in ({}, {"project": "book", "kinds": "release"}, {"project": "book", "kind": "x" * 41}):
        assert told(client.get(URL, query)) == (400, "invalid")
