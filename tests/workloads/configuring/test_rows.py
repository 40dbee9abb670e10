"""The Workload rows of a configuration that came in force: one per cluster, and none that is somebody else's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from apps.audit.models import AuditEvent
from apps.tickets.models import Ticket
from apps.workloads.models import ConfigurationRevision, Workload
from tests.releases.bare import emptied, swept
from tests.releases.hand import SLUG, Cluster, Hand
from tests.support.factories import make_project, use
from tests.support.story import Company


@pytest.fixture(autouse=True)
def clean(company: Company) -> Iterator[None]:
    yield
    for name in company.sandbox.clusters:
        swept(company, name)


def proposed(company: Company, environment: str = "test", **form: object) -> Ticket:
    given = {"name": SLUG, "document": {}, "based_on": 0, "take_over": True, **form}
    return company.file("configure", "developer", SLUG, environment, **given)


def rows() -> list[tuple[str, str, str, str]]:
    found = Workload.objects.order_by("placement__cluster__name")
    return [(one.placement.cluster.name, one.namespace, one.deployment, one.container) for one in found]


def test_what_was_adopted_keeps_its_row(company: Company, hand: Hand) -> None:
    before = list(Workload.objects.order_by("pk").values())
    assert hand.drive(proposed(company)).status == "succeeded"
    assert list(Workload.objects.order_by("pk").values()) == before
    assert not AuditEvent.objects.filter(action="workload.configured").exists()


def test_each_cluster_of_the_environment_gets_a_row_once_it_is_in_force_and_not_before(
    company: Company, hand: Hand
) -> None:
    emptied(company)
    ticket = proposed(company, "production")
    company.approve(ticket)
    hand.drive(ticket, until=hand.step_is(ticket, "apply_configuration", target=f"dc1/{SLUG}"))
    assert rows() == []
    assert hand.drive(ticket).status == "succeeded"
    assert rows() == [("dc1", "production", SLUG, "app"), ("dc2", "production", SLUG, "app")]
    again = proposed(company, "production", based_on=1)
    company.approve(again)
    assert hand.drive(again).status == "succeeded"
    assert len(rows()) == 2


def test_a_deployment_that_was_made_by_hand_and_is_taken_over_is_the_one_of_the_row(
    company: Company, hand: Hand
) -> None:
    Workload.objects.all().delete()
    assert hand.drive(proposed(company)).status == "succeeded"
    assert Workload.objects.get().deployment_uid == Cluster(company, "test-1").deployment()["metadata"]["uid"]


def test_a_row_that_another_project_got_meanwhile_is_not_taken(company: Company, hand: Hand) -> None:
    emptied(company)
    ticket = proposed(company)
    hand.drive(ticket, until=hand.step_is(ticket, "apply_configuration"))
    test = company.environments["test"]
    theirs = Workload.objects.create(
        project_environment=use(make_project("other"), test),
        placement=test.placements.get(),
        name="theirs",
        namespace="test",
        deployment=SLUG,
        container="app",
        deployment_uid="u1",
    )
    assert hand.drive(ticket).status == "succeeded"
    assert list(Workload.objects.values_list("pk", "name", "deployment_uid")) == [(theirs.pk, "theirs", "u1")]
    assert ConfigurationRevision.objects.get().applied_at is not None


def test_a_cron_workload_has_no_deployment_and_so_no_row(company: Company, hand: Hand) -> None:
    emptied(company)
    ended = hand.drive(proposed(company, document={"workload": "cron", "schedule": "0 3 * * *"}))
    assert (ended.status, rows()) == ("succeeded", [])
