"""A worker is killed at every step of a release when its call was taken and nothing recorded; the ticket ends right.

The short form of the crash matrix (`make test-faults`), for servers that the matrix does not bring itself. The verdict
comes from the stand-ins' journals: one tag, one build, one image change per cluster.
"""

from __future__ import annotations

import signal

import pytest

from apps.releases.models import Release
from apps.tickets.models import Step, Ticket
from tests.faults.nursery import Marks, Nursery
from tests.support.story import Company, wait_ended

SLUG = "book-api-n1"
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


def kill_and_rescue(nursery: Nursery, ticket: Ticket, step: str) -> Ticket:
    """One worker dies there; another one, started after its death, brings the ticket to its end."""
    kill = {"step": step, "target": "", "point": "accepted", "ticket": ticket.pk}
    doomed = nursery.start(kill)
    status = nursery.wait(doomed)
    assert status is not None, f"{step} was never reached"
    assert status & 0x7F == signal.SIGKILL
    rescuer = nursery.start()
    try:
        return wait_ended(ticket, 40)
    finally:
        assert nursery.stop(rescuer) == 0


def assert_no_zombie(ticket: Ticket) -> None:
    assert not Step.objects.filter(ticket=ticket, status__in=["due", "waiting", "planned"]).exists()
    assert not Step.objects.filter(ticket=ticket, lease_until__isnull=False).exists()


@pytest.mark.parametrize("step", RELEASE)
def test_a_release_survives_a_worker_killed_before_it_recorded(company: Company, nursery: Nursery, step: str) -> None:
    marks = Marks(company)
    ticket = company.file("release", "developer", SLUG, "test", ref="main")
    ended = kill_and_rescue(nursery, ticket, step)
    release = Release.objects.get(ticket=ticket)
    assert (ended.status, ended.reason) == ("succeeded", None)
    assert marks.count("gitlab", "tag.create") == 1
    assert marks.count("jenkins", "build.start") == 1
    image = f"{company.sandbox.world.registry_host}/shop/{SLUG}:{release.tag}@{release.digest}"
    assert marks.image_changes("test-1") == [image]
    assert_no_zombie(ticket)
