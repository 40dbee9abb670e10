"""The quota of a project's namespaces: as the placement has it, never below what is used, never another's."""

from __future__ import annotations

from typing import Any

import pytest

from apps.access.models import Provision
from apps.access.removal import archive_project
from apps.projects.models import Placement, Project
from apps.tickets.models import Ticket
from apps.tickets.services.running import retry_ticket
from tests.access.outside.conftest import Desk, by_hand, states, steps_of
from tests.releases.hand import Outside
from tests.support.sandbox import fault
from tests.support.story import Company

pytestmark = pytest.mark.django_db(transaction=True)
HARD = {"requests.cpu": "4", "limits.memory": "8Gi", "pods": "20"}
SET = [("cluster test-1", "resourcequotas.patch")]
REASON = "nobody calls it any more"


@pytest.fixture
def bounded(company: Company) -> Placement:
    """Test's placement has a quota, production's have none."""
    Placement.objects.filter(cluster__name="test-1").update(quota=HARD)
    return Placement.objects.get(cluster__name="test-1")


def quota(company: Company, namespace: str, name: str = "opsportal") -> Any:
    return company.sandbox.clusters["test-1"].store.get("resourcequotas", namespace, name)


def set_step(ticket: Ticket) -> Any:
    return ticket.steps.get(name="set_quota")


def quotas_changed(outside: Outside) -> list[tuple[str, str]]:
    return [one for one in outside.changed() if one[1].startswith("resourcequotas")]


def archived(company: Company, desk: Desk, project: Project) -> Ticket:
    form = {"confirm": project.slug, "reason": REASON}
    ticket = desk.run(desk.approve(archive_project(project, form, actor=company.actor("developer"))[0]))
    assert (ticket.status, ticket.reason) == ("succeeded", None), steps_of(ticket)
    return ticket


def test_a_placements_quota_is_set_where_there_is_one_and_taken_away_with_the_project(
    company: Company, desk: Desk, outside: Outside, bounded: Placement
) -> None:
    project = desk.admitted()
    place = f"{project.slug}-test"
    assert quotas_changed(outside) == SET
    assert quota(company, place)["spec"]["hard"] == HARD
    step = set_step(Ticket.objects.get(project=project))
    assert (step.target, step.output["did"], step.output["hard"]) == (f"test-1/{place}", "created", HARD)
    assert ("quota", f"cluster {place}", "created") in states(project)
    outside.mark()
    archived(company, desk, project)
    changed = [kind for server, kind in outside.changed() if server == "cluster test-1"]
    assert changed == ["resourcequotas.delete", "namespaces.delete"]
    assert ("quota", f"cluster {place}", "removed") in states(project)


@pytest.mark.parametrize("lost", [False, True])
def test_a_crash_or_a_lost_answer_sets_it_once(
    company: Company, desk: Desk, outside: Outside, bounded: Placement, lost: bool
) -> None:
    struck = [] if lost else desk.crash_after("set_quota")
    if lost:
        fault(company.sandbox.clusters["test-1"], "resourcequotas.patch", "accept_then_drop", times=1)
    ticket = desk.run(desk.approve(desk.ask()), hurry=True)
    assert (ticket.status, len(struck)) == ("succeeded", 0 if lost else 1), steps_of(ticket)
    assert quotas_changed(outside) == SET
    assert set_step(ticket).output["did"] == "created"


def test_in_a_shared_namespace_the_second_project_finds_it_and_the_firsts_end_leaves_it(
    company: Company, desk: Desk, outside: Outside, bounded: Placement
) -> None:
    Placement.objects.update(namespace_pattern="shared-q")
    first = desk.admitted(environments=["test"])
    outside.mark()
    second = desk.admitted(environments=["test"])
    assert quotas_changed(outside) == []
    assert set_step(Ticket.objects.get(project=second)).output["did"] == "unchanged"
    assert ("quota", "cluster shared-q", "adopted") in states(second)
    Placement.objects.filter(pk=bounded.pk).update(quota={**HARD, "pods": "30"})
    third = desk.admitted(environments=["test"])
    assert set_step(Ticket.objects.get(project=third)).output["did"] == "changed"
    assert quota(company, "shared-q")["spec"]["hard"]["pods"] == "30"
    outside.mark()
    archived(company, desk, first)
    assert [one for one in outside.changed() if one[0] == "cluster test-1"] == []
    row = Provision.objects.get(project=first, what="quota")
    assert (row.state, row.kept["code"]) == ("kept", "access.kept_tenants")


def pod(namespace: str, name: str) -> dict[str, Any]:
    resources = {"requests": {"cpu": "1500m", "memory": "1Gi"}, "limits": {"cpu": "2", "memory": "1Gi"}}
    spec = {"containers": [{"name": "app", "image": "registry.example.com/a:1", "resources": resources}]}
    return {"metadata": {"name": name, "namespace": namespace}, "spec": spec}


def test_a_quota_below_what_is_used_is_refused_with_the_numbers_and_retried_once_it_was_raised(
    company: Company, desk: Desk, outside: Outside, bounded: Placement
) -> None:
    Placement.objects.filter(pk=bounded.pk).update(quota={"requests.cpu": "2", "limits.memory": "1Gi", "pods": "9"})
    ticket = desk.ask("pay-full-n1")
    place = "pay-full-n1-test"
    by_hand(company, "test-1", "/api/v1/namespaces", {"metadata": {"name": place}})
    for name in ("a", "b"):
        by_hand(company, "test-1", f"/api/v1/namespaces/{place}/pods", pod(place, name))
    outside.mark()
    ticket = desk.run(desk.approve(ticket))
    assert (ticket.status, ticket.reason) == (
        "failed",
        {
            "code": "access.quota_below_use",
            "params": {
                "namespace": place,
                "cluster": "test-1",
                "short": ["requests.cpu 2 < 3", "limits.memory 1Gi < 2Gi"],
            },
        },
    )
    assert (quotas_changed(outside), quota(company, place)) == ([], None)
    Placement.objects.filter(pk=bounded.pk).update(quota=HARD)
    retry_ticket(ticket, actor=company.actor("ops"))
    ticket = desk.run(ticket)
    assert ticket.status == "succeeded", steps_of(ticket)
    assert quota(company, place)["spec"]["hard"] == HARD


def test_a_quota_of_ours_that_somebody_filled_is_not_made_smaller(
    company: Company, desk: Desk, outside: Outside, bounded: Placement
) -> None:
    Placement.objects.update(namespace_pattern="shared-s")
    desk.admitted(environments=["test"])
    path = "/api/v1/namespaces/shared-s/configmaps"
    Placement.objects.filter(pk=bounded.pk).update(quota={"configmaps": "5"})
    desk.admitted(environments=["test"])
    for name in ("a", "b", "c"):
        by_hand(company, "test-1", path, {"metadata": {"name": name, "namespace": "shared-s"}, "data": {}})
    Placement.objects.filter(pk=bounded.pk).update(quota={"configmaps": "1"})
    outside.mark()
    ticket = desk.run(desk.approve(desk.ask(environments=["test"])))
    assert (ticket.status, ticket.reason["code"]) == ("failed", "access.quota_below_use")
    (short,) = ticket.reason["params"]["short"]
    assert short.startswith("configmaps 1 < ")
    assert quotas_changed(outside) == []


def test_a_resource_quota_of_that_name_that_is_not_ours_is_left_alone(
    company: Company, desk: Desk, outside: Outside, bounded: Placement
) -> None:
    ticket = desk.ask("pay-theirs-n1")
    place = "pay-theirs-n1-test"
    by_hand(company, "test-1", "/api/v1/namespaces", {"metadata": {"name": place}})
    theirs = {"metadata": {"name": "opsportal", "namespace": place}, "spec": {"hard": {"pods": "3"}}}
    by_hand(company, "test-1", f"/api/v1/namespaces/{place}/resourcequotas", theirs)
    outside.mark()
    ticket = desk.run(desk.approve(ticket))
    assert (ticket.status, ticket.reason["code"]) == ("failed", "access.quota_taken")
    assert quotas_changed(outside) == []
    assert quota(company, place)["spec"]["hard"] == {"pods": "3"}
