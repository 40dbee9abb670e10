"""A worker is killed at every step of a release at four points; the ticket ends right by itself (law 3).

The verdict comes from the stand-ins' journals: one tag, one build, one image change per cluster.
"""

from __future__ import annotations

import signal

import pytest

from apps.releases.models import Release
from apps.tickets.models import Step, Ticket
from tests.faults.conftest import Marks, Nursery
from tests.support.story import Company, wait_ended

SLUG = "book-api-n1"
POINTS = ("before_intent", "after_intent", "accepted", "recorded")
RELEASE = (
    "start",
    "create_tag",
    "ensure_job",
    "start_build",
    "await_build",
    "resolve_digest",
    "take_slot",
    "patch_image",
    "await_rollout",
)
pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def kill_and_rescue(nursery: Nursery, ticket: Ticket, step: str, target: str, point: str) -> Ticket:
    """One worker dies at the point; another one, started after its death, brings the ticket to its end."""
    kill = {"step": step, "target": target, "point": point, "ticket": ticket.pk}
    doomed = nursery.start(kill)
    status = nursery.wait(doomed)
    assert status is not None, f"{step} never reached {point}"
    assert status & 0x7F == signal.SIGKILL
    rescuer = nursery.start()
    try:
        return wait_ended(ticket, 40)
    finally:
        assert nursery.stop(rescuer) == 0


def assert_no_zombie(ticket: Ticket) -> None:
    assert not Step.objects.filter(ticket=ticket, status__in=["due", "waiting", "planned"]).exists()
    assert not Step.objects.filter(ticket=ticket, lease_until__isnull=False).exists()


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("step", RELEASE)
def test_a_release_survives_a_worker_killed_at(company: Company, nursery: Nursery, step: str, point: str) -> None:
    marks = Marks(company)
    ticket = company.file("release", "developer", SLUG, "test", ref="main")
    ended = kill_and_rescue(nursery, ticket, step, "", point)
    release = Release.objects.get(ticket=ticket)
    assert (ended.status, ended.reason) == ("succeeded", None)
    assert marks.count("gitlab", "tag.create") == 1
    assert marks.count("jenkins", "build.start") == 1
    image = f"{company.sandbox.world.registry_host}/shop/{SLUG}:{release.tag}@{release.digest}"
    assert marks.image_changes("test-1") == [image]
    assert_no_zombie(ticket)
