"""A project that is asked for: until it is admitted nobody gets a right in it, and nothing is done by it."""

from __future__ import annotations

import pytest
from django.db.models.functions import Now

from apps.common.errors import Conflict
from apps.policy.services import allowed
from apps.projects.models import Grant, Project
from apps.tickets import registry
from apps.tickets.api import deciders
from apps.tickets.models import Ticket
from tests.access.conftest import Counter
from tests.support.factories import actor_of, grant
from tests.tickets.web import TICKETS, signed_in, told


@pytest.fixture
def asked(counter: Counter) -> Project:
    return Ticket.objects.get(pk=counter.asked()).project


def test_its_owner_gives_no_role_in_it(counter: Counter, asked: Project) -> None:
    body = {"user": "chen", "project": "pay-gate-n1", "environment": "test", "role": "ops", "expires_at": None}
    assert told(counter.client("dev").post("/api/v1/grants/", body)) == (409, "project.not_active")
    assert not Grant.objects.filter(project=asked).exists()


def test_its_owner_neither_changes_it_nor_reads_its_repository(counter: Counter, asked: Project) -> None:
    client = counter.client("dev")
    answer = client.patch("/api/v1/projects/pay-gate-n1/", {"name": "Mine"})
    assert told(answer) == (409, "project.not_active")
    assert answer.json()["params"] == {"project": "pay-gate-n1", "stage": "requested"}
    assert told(client.get("/api/v1/projects/pay-gate-n1/refs")) == (409, "project.not_active")
    assert Project.objects.get(pk=asked.pk).name == "Payments"


def test_nobody_binds_resources_to_it_or_sets_its_approvals(counter: Counter, asked: Project) -> None:
    place = "/api/v1/projects/pay-gate-n1/"
    answer = counter.client("dev").post(f"{place}resources/", {"kind": "server", "name": "a", "address": "10.0.0.1:80"})
    assert told(answer) == (409, "project.not_active")
    answer = counter.client("root").patch(f"{place}environments/test/", {"approvals_required": 0})
    assert told(answer) == (409, "project.not_active")
    assert not asked.resources.exists()
    assert set(asked.environments.values_list("approvals_required", flat=True)) == {None}


def test_nothing_else_is_filed_for_it(counter: Counter, asked: Project) -> None:
    grant(counter.people["chen"], asked, counter.test, "developer")
    body = {"kind": "release", "project": "pay-gate-n1", "environment": "test", "form": {"ref": "main"}}
    answer = signed_in(counter.people["chen"]).post(TICKETS, body)
    assert told(answer) == (409, "project.not_active")
    assert Ticket.objects.count() == 1


@pytest.mark.parametrize("kind", sorted(registry.KINDS))
def test_whoever_may_decide_a_ticket_of_any_kind_is_named(counter: Counter, asked: Project, kind: str) -> None:
    grant(counter.people["tester"], asked, counter.test, "ops")
    action, ticket = registry.action_on(kind, "ticket.approve"), Ticket(kind=kind, requester=counter.people["dev"])
    for environment_id in (counter.test.pk, None):
        where = {"project_id": asked.pk, "environment_id": environment_id, "obj": ticket}
        may = [name for name, user in counter.people.items() if allowed(actor_of(user), action, **where).allowed]
        named = deciders(kind, asked.pk, environment_id, {ticket.requester_id})
        assert [person.username for person in named] == sorted(may)
        assert ("tester" in may) is (environment_id is not None or "ops" in may)


def test_a_second_start_finds_a_project_that_is_none_any_more(counter: Counter, asked: Project) -> None:
    ticket = Ticket.objects.get(project=asked)
    kind = registry.KINDS["project_access"]
    assert kind.recheck(ticket) is None
    Project.objects.filter(pk=asked.pk).update(withdrawn_at=Now())
    with pytest.raises(Conflict, match=r"access\.not_requested"):
        kind.recheck(Ticket.objects.get(pk=ticket.pk))
