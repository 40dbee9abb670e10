"""What an approved request sets up outside: once each, through crashes and lost answers, and never over others' things."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from django.conf import settings
from django.test import RequestFactory

from apps.access.models import Provision
from apps.access.views_hook import gitlab_hook
from apps.common.errors import Conflict
from apps.integrations.clients import get_gitlab, get_jenkins
from apps.integrations.jenkins import jobxml, notes
from apps.integrations.loop import run
from apps.projects.models import Grant, Placement, Project
from apps.releases.models import Release
from apps.tickets.models import Step, Ticket
from apps.tickets.services.running import cancel_ticket, retry_ticket
from apps.workloads.services import adopt_workload
from tests.access.outside.conftest import (
    CLUSTERS,
    REPOSITORY_ID,
    Desk,
    by_hand,
    has_job,
    has_namespace,
    hooks_of,
    states,
    steps_of,
)
from tests.releases.hand import Outside
from tests.support.sandbox import fault
from tests.support.story import Company, _run_baseline

pytestmark = pytest.mark.django_db(transaction=True)
MADE = [
    ("cluster dc1", "namespaces.create"),
    ("cluster dc2", "namespaces.create"),
    ("cluster test-1", "namespaces.create"),
    ("gitlab", "hook.create"),
    ("jenkins", "job.create"),
]
WRITES = [("add_webhook", "gitlab"), ("create_job", "jenkins"), ("create_namespace", "dc1")]
CALLS = [("gitlab", "hook.create"), ("jenkins", "job.create"), ("cluster dc1", "namespaces.create")]


def address_of(slug: str) -> str:
    return f"http://testserver/hooks/gitlab/{slug}"


def output(ticket: Ticket, name: str, target: str = "") -> dict[str, Any]:
    found = ticket.steps.get(name=name, **({"target": target} if target else {})).output
    assert found is not None
    return found


# -- the usual way ----------------------------------------------------------------------------------------
def test_nothing_is_made_before_somebody_else_approved(company: Company, desk: Desk, outside: Outside) -> None:
    ticket = desk.ask()
    assert (ticket.project.stage, outside.changed()) == ("requested", [])
    assert not Provision.objects.filter(project=ticket.project).exists()


def test_an_approved_request_sets_up_each_thing_once_and_says_where_it_is(
    company: Company, desk: Desk, outside: Outside
) -> None:
    ticket = desk.run(desk.approve(desk.ask()))
    assert (ticket.status, ticket.reason) == ("succeeded", None), steps_of(ticket)
    slug, project = ticket.project.slug, Project.objects.get(pk=ticket.project_id)
    assert sorted(outside.changed()) == MADE
    assert project.stage == "active"
    assert address_of(slug) in hooks_of(company)
    assert all(has_namespace(company, name, f"{slug}-production") for name in ("dc1", "dc2"))
    gitlab = company.servers["gitlab"].url
    jenkins = company.servers["jenkins"].url
    assert output(ticket, "bind_repository")["did"] == "adopted"
    assert (output(ticket, "add_webhook")["did"], output(ticket, "create_job")["did"]) == ("created", "created")
    assert output(ticket, "add_webhook")["link"].endswith("/shop/pay-gate-n1/-/hooks")
    assert output(ticket, "add_webhook")["link"].startswith(gitlab)
    assert output(ticket, "create_job")["link"] == f"{jenkins}/job/{slug}/"
    assert output(ticket, "create_namespace", f"test-1/{slug}-test")["did"] == "created"
    grants = Grant.objects.filter(Grant.live(), project=project).values_list(
        "user__username", "role", "environment__slug"
    )
    assert sorted(grants) == sorted(
        (who, role, where)
        for where in ("test", "production")
        for who, role in (("developer", "developer"), ("tester", "tester"), ("ops2", "ops"))
    )
    assert {state for _, _, state in states(project)} == {"created", "adopted"}
    assert [what for what, _, state in states(project) if state == "adopted"] == ["repository"]


def test_the_hooks_secret_is_told_to_gitlab_alone(company: Company, desk: Desk) -> None:
    project = desk.admitted()
    row = Provision.objects.get(project=project, what="webhook")
    assert len(row.secret) == 43
    told = [str(step.output) + str(step.intent) + str(step.params) for step in row.ticket.steps.all()]
    assert not any(row.secret in text for text in told)


def test_a_portal_that_does_not_know_its_address_asks_nobody_to_approve(
    company: Company, desk: Desk, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = desk.approve(desk.ask())
    monkeypatch.setattr(settings.CONFIG, "origins", "")
    with pytest.raises(Conflict, match=r"access\.no_address") as refusal:
        desk.ask()
    assert refusal.value.params == {"setting": "OPSPORTAL_ORIGINS"}
    ticket = desk.run(ticket)
    assert (ticket.status, ticket.reason["code"]) == ("failed", "access.no_address")
    assert ("gitlab", "hook.create") not in outside.changed()
    monkeypatch.setattr(settings.CONFIG, "origins", "https://one.example.com/,https://two.example.com")
    retry_ticket(ticket, actor=company.actor("ops"))
    ticket = desk.run(ticket)
    assert ticket.status == "succeeded", steps_of(ticket)
    assert f"https://one.example.com/hooks/gitlab/{ticket.project.slug}" in hooks_of(company)


# -- crashes and lost answers ------------------------------------------------------------------------------
@pytest.mark.parametrize(("name", "target"), WRITES)
def test_a_worker_that_dies_after_its_call_leads_to_no_second_one(
    company: Company, desk: Desk, outside: Outside, name: str, target: str
) -> None:
    struck = desk.crash_after(name, target)
    ticket = desk.run(desk.approve(desk.ask()))
    assert (ticket.status, len(struck)) == ("succeeded", 1), steps_of(ticket)
    assert sorted(outside.changed()) == MADE
    assert {state for what, _, state in states(ticket.project) if what != "repository"} == {"created"}


@pytest.mark.parametrize(("server", "call"), CALLS)
def test_an_answer_that_is_lost_leads_to_no_second_call(
    company: Company, desk: Desk, outside: Outside, server: str, call: str
) -> None:
    fault(company.sandbox.servers[server], call, "accept_then_drop", times=1)
    ticket = desk.run(desk.approve(desk.ask()), hurry=True)
    assert ticket.status == "succeeded", steps_of(ticket)
    assert sorted(outside.changed()) == MADE
    assert {state for what, _, state in states(ticket.project) if what != "repository"} == {"created"}


def test_a_retry_after_a_refusal_makes_only_what_is_missing(company: Company, desk: Desk, outside: Outside) -> None:
    fault(company.sandbox.gitlab, "hook.create", "status", status=422, times=1, body='{"message":"no"}')
    ticket = desk.run(desk.approve(desk.ask()))
    assert (ticket.status, ticket.reason["code"]) == ("failed", "gitlab.hook_refused")
    assert ticket.project.stage == "requested"
    retry_ticket(ticket, actor=company.actor("ops"))
    ticket = desk.run(ticket)
    assert ticket.status == "succeeded", steps_of(ticket)
    assert sorted(outside.changed()) == MADE


# -- what was there before ---------------------------------------------------------------------------------
def test_a_job_of_somebody_else_is_left_alone_and_the_request_fails(
    company: Company, desk: Desk, outside: Outside
) -> None:
    slug = "pay-taken-n1"
    ticket = desk.ask(slug)
    xml = "<project><description>by hand</description></project>"
    run(get_jenkins(company.servers["jenkins"]).create(slug, xml), 5)
    outside.mark()
    ticket = desk.run(desk.approve(ticket))
    assert (ticket.status, ticket.reason["code"]) == ("failed", "access.job_taken")
    assert {"job", "project", "found", "name"} <= set(ticket.reason["params"])
    assert ("jenkins", "job.create") not in outside.changed()
    assert jobxml.description(run(get_jenkins(company.servers["jenkins"]).get_config(slug), 5)) == "by hand"
    assert ticket.project.stage == "requested"


def test_a_hook_of_our_address_and_a_namespace_that_are_there_are_adopted(
    company: Company, desk: Desk, outside: Outside
) -> None:
    slug = "pay-adopt-n1"
    gitlab = get_gitlab(company.servers["gitlab"])
    path = f"/api/v4/projects/{REPOSITORY_ID}/hooks"
    body = {"url": address_of(slug), "push_events": True, "token": "theirs"}
    run(gitlab.http.request("POST", path, json_body=body, what="hook"), 5)
    place = f"{slug}-production"
    by_hand(company, "dc1", "/api/v1/namespaces", {"metadata": {"name": place}})
    config = {"metadata": {"name": "theirs", "namespace": place}, "data": {"a": "b"}}
    by_hand(company, "dc1", f"/api/v1/namespaces/{place}/configmaps", config)
    outside.mark()
    ticket = desk.run(desk.approve(desk.ask(slug)))
    assert ticket.status == "succeeded", steps_of(ticket)
    assert sorted(outside.changed()) == [
        ("cluster dc2", "namespaces.create"),
        ("cluster test-1", "namespaces.create"),
        ("gitlab", "hook.update"),
        ("jenkins", "job.create"),
    ]
    assert output(ticket, "add_webhook")["did"] == "adopted"
    told = output(ticket, "create_namespace", f"dc1/{place}")
    assert (told["did"], told["foreign"], told["unread"]) == ("adopted", ["ConfigMap theirs"], [])
    adopted = {(what, target) for what, target, state in states(ticket.project) if state == "adopted"}
    assert adopted == {
        ("repository", "gitlab shop/pay-gate-n1"),
        ("webhook", f"gitlab {address_of(slug)}"),
        ("namespace", f"cluster {place}"),
    }


def test_a_namespace_that_two_environments_share_on_a_cluster_is_set_up_once(
    company: Company, desk: Desk, outside: Outside
) -> None:
    Placement.objects.update(namespace_pattern="{project}")
    Placement.objects.create(
        environment=company.environments["test"],
        cluster=Placement.objects.get(cluster__name="dc1").cluster,
        namespace_pattern="{project}",
    )
    ticket = desk.run(desk.approve(desk.ask()))
    assert ticket.status == "succeeded", steps_of(ticket)
    assert sorted(outside.changed()) == MADE


# -- the first release afterwards --------------------------------------------------------------------------
def test_the_first_release_takes_the_job_as_it_was_made(company: Company, desk: Desk, outside: Outside) -> None:
    Placement.objects.update(namespace_pattern="{environment}")
    project = desk.admitted(slug="pay-gate-n1", environments=["test"])
    jenkins = get_jenkins(company.servers["jenkins"])
    before = run(jenkins.get_config(project.slug), 5)
    company.projects[project.slug] = project
    asyncio.run(_run_baseline(company, project.slug, 1, ("test",)))
    test = company.environments["test"]
    adopt_workload(
        project, test, cluster="test-1", deployment=project.slug, container="app", actor=company.actor("ops2")
    )
    outside.mark()
    ticket = desk.run(company.file("release", "developer", project.slug, "test", ref="main"))
    assert (ticket.status, ticket.reason) == ("succeeded", None), steps_of(ticket)
    assert output(ticket, "ensure_job") == {
        "job": project.slug,
        "created": False,
        "changed": False,
        "added": [],
        "template_version": 1,
    }
    assert not {kind for server, kind in outside.changed() if server == "jenkins"} & {"job.create", "job.config.set"}
    assert run(jenkins.get_config(project.slug), 5) == before
    note = notes.read(jobxml.description(before))
    assert (note.text, note.key) == (f"project {project.slug}", Provision.objects.get(project=project, what="job").key)
    assert Release.objects.get(ticket=ticket).digest.startswith("sha256:")


# -- canceled ----------------------------------------------------------------------------------------------
def test_a_request_canceled_half_way_is_undone_by_itself_and_its_name_is_free(
    company: Company, desk: Desk, outside: Outside
) -> None:
    ticket = desk.approve(desk.ask())
    slug = ticket.project.slug
    made = {"create_job", "create_namespace"}

    def done() -> bool:
        return set(Step.objects.filter(ticket=ticket, status="succeeded").values_list("name", flat=True)) >= made

    desk.run(ticket, until=done)
    cancel_ticket(Ticket.objects.get(pk=ticket.pk), reason="not now", actor=company.actor("ops"))
    ticket = desk.run(ticket)
    assert ticket.status == "canceled"
    removal = Ticket.objects.get(project=ticket.project_id, kind="project_removal")
    assert (removal.requester.username, removal.approvals_needed) == ("ops", 0)
    removal = desk.run(removal)
    assert removal.status == "succeeded", steps_of(removal)
    assert address_of(slug) not in hooks_of(company)
    assert not has_job(company, slug)
    assert not any(
        has_namespace(company, name, f"{slug}-{kind}") for name in CLUSTERS for kind in ("test", "production")
    )
    project = Project.objects.get(pk=ticket.project_id)
    assert (project.stage, project.slug) == ("withdrawn", f"{slug}~{ticket.pk}")
    assert desk.ask(slug).project.slug == slug


# -- the receiver ------------------------------------------------------------------------------------------
def deliver(slug: str, secret: str, event: str = "Push Hook", method: str = "POST") -> int:
    headers = {"HTTP_X_GITLAB_TOKEN": secret, "HTTP_X_GITLAB_EVENT": event}
    request = RequestFactory().generic(method, f"/hooks/gitlab/{slug}", b"{}", "application/json", **headers)
    return gitlab_hook(request, slug).status_code


def test_a_delivery_counts_with_the_hooks_own_secret_alone(company: Company, desk: Desk) -> None:
    project = desk.admitted()
    rows = Provision.objects.filter(project=project, what="webhook")
    secret = rows.get().secret
    for slug, wrong in ((project.slug, ""), (project.slug, "0" * 43), ("no-such-n1", secret), ("no-such-n1", "0" * 43)):
        assert deliver(slug, wrong) == 401
    assert deliver(project.slug, secret, method="GET") == 405
    assert (rows.get().last_event, rows.get().last_event_at) == ("", None)
    assert deliver(project.slug, secret, "Tag Push Hook") == 202
    assert rows.get().last_event == "Tag Push Hook"
    assert rows.get().last_event_at is not None
    assert deliver(project.slug, secret, "\u00e9" + "x" * 500) == 202
    assert rows.get().last_event == ""
    rows.update(removed_at=rows.get().created_at)
    assert deliver(project.slug, secret) == 401
