"""A worker is killed at every step of a promote at four points; the ticket ends right by itself (law 3).

The verdict comes from the stand-ins' journals: one image change per cluster, no build.
"""

from __future__ import annotations

import pytest

from apps.releases.models import Release
from apps.releases.services.verdicts import give_verdict
from tests.faults.conftest import Marks, Nursery
from tests.faults.test_kill import POINTS, SLUG, assert_no_zombie, kill_and_rescue
from tests.support.story import Company, wait_ended, wait_status

PROMOTE = (
    ("take_slot", ""),
    ("start", ""),
    ("patch_image", "dc1/book-api-n1"),
    ("await_rollout", "dc1/book-api-n1"),
    ("patch_image", "dc2/book-api-n1"),
    ("await_rollout", "dc2/book-api-n1"),
)
pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def tested(company: Company, nursery: Nursery) -> list[Release]:
    """Two tested releases, so that each promote changes the image."""
    made = []
    worker = nursery.start()
    for _ in range(2):
        ticket = wait_ended(company.file("release", "developer", SLUG, "test", ref="main"), 40)
        assert ticket.status == "succeeded"
        release = Release.objects.get(ticket=ticket)
        give_verdict(release, company.environments["test"], outcome="passed", comment="", actor=company.actor("tester"))
        made.append(release)
    assert nursery.stop(worker) == 0
    return made


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize(("step", "target"), PROMOTE)
def test_a_promote_survives_a_worker_killed_at(
    company: Company, nursery: Nursery, tested: list[Release], step: str, target: str, point: str
) -> None:
    release = tested[(PROMOTE.index((step, target)) * len(POINTS) + POINTS.index(point)) % 2]
    promote = company.file("promote", "developer", SLUG, "production", release=release.tag)
    wait_status(promote, "pending_approval", 5)
    marks = Marks(company)
    company.approve(promote)
    ended = kill_and_rescue(nursery, promote, step, target, point)
    assert (ended.status, ended.reason) == ("succeeded", None)
    image = f"{company.sandbox.world.registry_host}/shop/{SLUG}:{release.tag}@{release.digest}"
    assert marks.image_changes("dc1") == [image]
    assert marks.image_changes("dc2") == [image]
    assert marks.count("jenkins", "build.start") == 0
    assert_no_zombie(promote)
