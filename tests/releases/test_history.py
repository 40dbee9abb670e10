"""What ran where and for how long, from rows alone, and which of it is a known good version (D18)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from apps.projects.models import Environment
from apps.releases.history import history, last_known_good, ran_before
from apps.releases.models import Release, Rollout, TicketRelease
from apps.tickets.models import Ticket
from apps.workloads.models import Workload
from tests.support.factories import make_cluster, make_environment, make_project, make_user, place, use

pytestmark = pytest.mark.django_db


class Past:
    """Production on two clusters, and tickets written as they end, minutes ago."""

    def __init__(self) -> None:
        self.project = make_project("book")
        self.person = make_user("dev")
        self.environment: Environment = make_environment("production", "production")
        pair = use(self.project, self.environment)
        self.now: datetime = timezone.now()
        self.workloads = []
        for name in ("dc1", "dc2"):
            workload = Workload.objects.create(
                project_environment=pair,
                placement=place(self.environment, make_cluster(name)),
                name="book",
                namespace="production",
                deployment="book",
                container="app",
            )
            Workload.objects.filter(pk=workload.pk).update(created_at=self.ago(600))
            self.workloads.append(workload)

    def ago(self, minutes: float) -> datetime:
        return self.now - timedelta(minutes=minutes)

    def release(self, name: str, **fields: object) -> Release:
        digest = f"sha256:{name}"
        return Release.objects.create(project=self.project, tag=name, digest=digest, **fields)

    def ticket(self, release: Release, began: float, ended: float, status: str = "succeeded", was: str = "") -> Ticket:
        """A promote that began and ended so many minutes ago, on both clusters."""
        ticket = Ticket.objects.create(
            kind="promote",
            status=status,
            project=self.project,
            environment=self.environment,
            requester=self.person,
            finished_at=self.ago(ended),
        )
        TicketRelease.objects.create(ticket=ticket, release=release)
        for workload in self.workloads:
            Rollout.objects.create(
                ticket=ticket,
                release=release,
                workload=workload,
                from_digest=f"sha256:{was}" if was else "",
                to_digest=release.digest,
                result=status if status in ("succeeded", "failed") else "unknown",
                started_at=self.ago(began),
            )
        return ticket

    def told(self) -> list[tuple[str, float]]:
        """(tag, minutes it ran), newest first."""
        return [(r.release.tag, round(r.seconds(self.now) / 60)) for r in history(self.project, self.environment)]

    def good(self) -> str | None:
        found = last_known_good(self.project, self.environment)
        return found.release.tag if found else None


@pytest.fixture
def past() -> Past:
    return Past()


def test_nothing_ran_where_no_ticket_was(past: Past) -> None:
    assert (past.told(), past.good()) == ([], None)


def test_each_version_ran_from_its_success_until_the_next_ticket_began(past: Past) -> None:
    past.release("base", is_built_here=False)
    past.ticket(past.release("one"), 100, 90, was="base")
    past.ticket(past.release("two"), 30, 25, was="one")
    assert past.told() == [("two", 25), ("one", 60), ("base", 500)]
    assert past.good() == "one"


def test_what_ran_less_than_ten_minutes_is_passed_over(past: Past) -> None:
    past.release("base", is_built_here=False)
    past.ticket(past.release("one"), 100, 90, was="base")
    past.ticket(past.release("two"), 30, 25, was="one")
    past.ticket(past.release("three"), 20, 15, was="two")
    assert past.told()[1] == ("two", 5)
    assert past.good() == "one"


def test_a_failed_ticket_ends_the_time_of_the_version_before_and_is_never_good(past: Past) -> None:
    past.ticket(past.release("one"), 100, 90)
    past.ticket(past.release("two"), 30, 20, status="failed", was="one")
    assert past.told() == [("one", 60)]
    assert past.good() == "one"


def test_the_version_that_was_brought_last_is_never_the_one_to_go_back_to(past: Past) -> None:
    one = past.release("one")
    past.ticket(one, 200, 190)
    past.ticket(past.release("two"), 100, 90, was="one")
    past.ticket(one, 50, 45, was="two")
    assert past.told() == [("one", 45), ("two", 40), ("one", 90)]
    assert past.good() == "two"


def test_different_images_before_the_first_ticket_are_no_version(past: Past) -> None:
    past.release("base", is_built_here=False)
    ticket = past.ticket(past.release("one"), 100, 90, was="base")
    Rollout.objects.filter(ticket=ticket, workload=past.workloads[1]).update(from_digest="sha256:other")
    assert past.told() == [("one", 90)]
    assert past.good() is None


def test_an_image_ran_before_if_a_ticket_brought_it_or_found_it(past: Past) -> None:
    base, one, two = past.release("base"), past.release("one"), past.release("two")
    past.ticket(one, 100, 90, was="base")
    past.ticket(two, 50, 45, status="failed", was="one")
    ran = {r.tag: ran_before(past.project, past.environment, r) for r in (base, one, two)}
    assert ran == {"base": True, "one": True, "two": False}
