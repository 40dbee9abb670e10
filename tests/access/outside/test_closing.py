"""While a project is being taken out of the portal nothing else is filed or retried for it, whoever was first."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction

from apps.access.removal import archive_project, file_removal, preview, undo_access
from apps.audit.models import AuditEvent
from apps.common.errors import Conflict, Invalid, Missing
from apps.projects.models import Project
from apps.tickets import registry
from apps.tickets.models import Step, Ticket
from apps.tickets.registry import Filing
from apps.tickets.services.closing import hold_project
from apps.tickets.services.filing import file_ticket
from apps.tickets.services.running import cancel_ticket, retry_ticket
from tests.access.outside.conftest import Desk
from tests.access.outside.test_removal import archive, archived
from tests.releases.hand import Outside
from tests.support.sandbox import fault
from tests.support.story import Company

pytestmark = pytest.mark.django_db(transaction=True)
REMOVAL = registry.KINDS["project_removal"]
RELEASE = registry.KINDS["release"]


def in_thread(work: Callable[[], str]) -> str:
    """The answer of another connection."""

    def alone() -> str:
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(alone).result(30)


def hold(project: Project, kind: registry.Kind) -> str:
    """Whether it goes on, or has to wait: then it gives up after a moment."""
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '200ms'")
            hold_project(project, kind)
    except OperationalError:
        return "waits"
    return "goes on"


def release(company: Company, project: Project) -> Any:
    company.projects[project.slug] = project
    return company.file("release", "developer", project.slug, "test", ref="main")


def failed_release(company: Company, project: Project) -> Ticket:
    """Rows as a release leaves them that came to no end."""
    person, test = company.people["developer"], company.environments["test"]
    ticket = Ticket.objects.create(kind="release", status="failed", requester=person, project=project, environment=test)
    Step.objects.create(ticket=ticket, name="start", order=0, status="failed")
    return ticket


def test_nothing_is_filed_or_retried_while_an_archiving_is_open(company: Company, desk: Desk, outside: Outside) -> None:
    project = desk.admitted()
    older = failed_release(company, project)
    ticket = archive(company, project)
    outside.mark()
    for attempt in (
        lambda: release(company, project),
        lambda: retry_ticket(older, actor=company.actor("developer")),
        lambda: archive(company, project),
    ):
        with pytest.raises(Conflict, match=r"ticket\.project_closing") as refusal:
            attempt()
        assert refusal.value.params == {"project": project.slug, "ticket": ticket.pk}
    assert preview(project)["blocked"]["code"] == "ticket.project_closing"
    assert (Ticket.objects.count(), outside.changed()) == (3, [])
    older.refresh_from_db()
    assert older.status == "failed"
    cancel_ticket(ticket, reason="not yet", actor=company.actor("developer"))
    assert retry_ticket(older, actor=company.actor("developer")).status == "running"


def test_what_failed_before_an_archiving_is_not_retried_after_it(
    company: Company, desk: Desk, outside: Outside
) -> None:
    project = desk.admitted()
    older = failed_release(company, project)
    archived(company, desk, project)
    with pytest.raises(Conflict, match=r"project\.not_active"):
        retry_ticket(older, actor=company.actor("developer"))


@pytest.mark.parametrize(("first", "second"), [(REMOVAL, RELEASE), (RELEASE, REMOVAL), (REMOVAL, REMOVAL)])
def test_two_that_are_filed_at_once_wait_for_one_another(
    company: Company, desk: Desk, first: registry.Kind, second: registry.Kind
) -> None:
    project = desk.ask().project
    with transaction.atomic():
        hold_project(project, first)
        assert in_thread(lambda: hold(project, second)) == "waits"


def test_two_releases_do_not_wait_for_one_another(company: Company, desk: Desk) -> None:
    project = desk.ask().project
    with transaction.atomic():
        hold_project(project, RELEASE)
        assert in_thread(lambda: hold(project, RELEASE)) == "goes on"


def failed_request(company: Company, desk: Desk) -> Ticket:
    fault(company.sandbox.gitlab, "hook.create", "status", status=422, times=1, body='{"message":"no"}')
    ticket = desk.run(desk.approve(desk.ask()))
    assert ticket.status == "failed"
    return ticket


def test_a_request_is_not_retried_against_its_undo_and_not_undone_twice(
    company: Company, desk: Desk, outside: Outside
) -> None:
    request = failed_request(company, desk)
    undo, _ = undo_access(request, actor=company.actor("ops"))
    with pytest.raises(Conflict, match=r"ticket\.project_closing"):
        retry_ticket(request, actor=company.actor("ops"))
    with pytest.raises(Conflict, match=r"ticket\.project_closing"):
        undo_access(request, actor=company.actor("developer"))
    with transaction.atomic():
        file_removal(request.project, because=request)  # what ends as canceled meanwhile finds it
    assert list(Ticket.objects.filter(kind="project_removal")) == [undo]


def test_a_request_that_is_retried_while_its_undo_half_failed_makes_nothing(
    company: Company, desk: Desk, outside: Outside
) -> None:
    request = failed_request(company, desk)
    fault(company.sandbox.jenkins, "job.delete", "status", status=403, times=1)
    undo = desk.run(undo_access(request, actor=company.actor("ops"))[0])
    assert undo.status == "failed"
    retry_ticket(request, actor=company.actor("ops"))
    outside.mark()
    request = desk.run(request)
    assert (request.status, request.reason) == (
        "failed",
        {"code": "access.being_removed", "params": {"ticket": undo.pk, "project": request.project.slug}},
    )
    assert outside.changed() == []
    retry_ticket(undo, actor=company.actor("ops"))
    assert desk.run(undo).status == "succeeded"


def test_an_undo_is_its_askers_own_and_of_a_request_of_this_project(company: Company, desk: Desk) -> None:
    request = failed_request(company, desk)
    other = desk.ask()
    for because in (other.pk, 10**6):
        filing = Filing(request.project, None, {"because": because}, company.actor("ops"))
        with pytest.raises(Invalid) as refusal:
            file_ticket("project_removal", filing)
        assert set(refusal.value.fields or {}) == {"because"}
    with pytest.raises(Missing):
        filing = Filing(request.project, None, {"because": request.pk}, company.actor("stranger"))
        file_ticket("project_removal", filing)
    assert not Ticket.objects.filter(kind="project_removal").exists()
    undo, _ = undo_access(request, actor=company.actor("ops"))
    event = AuditEvent.objects.get(action="ticket.filed", target_id=str(undo.pk))
    assert (event.actor_name, event.actor_kind) == ("ops", "user")


def test_archiving_needs_the_typed_name_also_through_the_common_door(company: Company, desk: Desk) -> None:
    project = desk.admitted()
    filing = Filing(project, None, {}, company.actor("developer"))
    with pytest.raises(Invalid, match=r"access\.confirm_differs"):
        file_ticket("project_removal", filing)
    with pytest.raises(Conflict, match=r"project\.not_active"):
        archive_project(desk.ask().project, {"confirm": "x", "reason": "y" * 10}, actor=company.actor("developer"))
