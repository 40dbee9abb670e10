"""Asking for a re-sync: what it may name, who may ask and decide, and what an approval is bound to."""

from __future__ import annotations

import pytest

from apps.access.resync.content import overwritten
from apps.catalog.models import TemplateVersion
from apps.common.errors import Conflict, Denied, DomainError, Invalid
from apps.policy.actor import Actor
from apps.tickets.models import Approval, Ticket
from apps.tickets.services.approvals import decide
from tests.access.resync.conftest import Shift
from tests.support.factories import actor_of
from tests.support.jenkins import job_xml
from tests.support.jobs import LANGUAGE, Yard
from tests.tickets.web import signed_in, with_token

URL = f"/api/v1/languages/{LANGUAGE}/resync/"
pytestmark = pytest.mark.django_db(transaction=True)


def test_what_would_be_overwritten_is_read_the_other_way_round() -> None:
    diff = ["@@ -1,4 +1,4 @@", " set -e", "-make image", "+make by-hand", "+echo done", " exit"]
    assert overwritten(diff) == ["@@", " set -e", "-make by-hand", "-echo done", "+make image", " exit"]
    assert overwritten(["@@ -1 +0,0 @@", "-make image"]) == ["@@", "+make image"]


def refused(shift: Shift, canary: str, *others: str, filed_for: str = "") -> DomainError:
    with pytest.raises(DomainError) as caught:
        shift.ask(canary, *others, filed_for=filed_for)
    assert Ticket.objects.count() == 0
    return caught.value


def test_a_resync_waits_for_an_approval_with_the_canary_alone_in_its_wave(shift: Shift) -> None:
    shift.edited("a-n1", "b-n1", "c-n1")
    ticket = shift.ask("b-n1", "a-n1", "c-n1")
    assert (ticket.status, ticket.approvals_needed, ticket.project.slug) == ("pending_approval", 1, "b-n1")
    assert ticket.title == "rust v1: b-n1 + 2"
    jenkins = f"jenkins:{shift.yard.row.pk}"
    assert [(step.wave, step.name, step.target, step.system) for step in ticket.steps.order_by("wave", "target")] == [
        (0, "start", "", ""),
        (1, "resync_job", "b-n1", jenkins),
        (2, "resync_job", "a-n1", jenkins),
        (2, "resync_job", "c-n1", jenkins),
    ]
    assert shift.yard.written() == []


def test_an_approver_reads_what_would_change_in_words(shift: Shift) -> None:
    shift.edited("a-n1")
    ticket = shift.ask("a-n1")
    card = signed_in(shift.yard.people["ops"]).get(f"/api/v1/tickets/{ticket.pk}/").json()
    job = card["change"]["jobs"]["a-n1"]
    assert (job["standing"], job["template_version"], job["jenkins"], job["more"]) == ("edited", 1, "builds", 0)
    assert job["differences"] == [
        {
            "path": "build step 1 (shell)",
            "kind": "script",
            "template": "make image",
            "job": "make by-hand",
            "diff": ["@@", "-make by-hand", "+make image"],
        }
    ]
    assert (card["change"]["canary"], card["change"]["template"]["version"]) == ("a-n1", 1)
    assert card["rights"]["approve"]["allowed"] is True


def test_the_api_files_it_and_the_same_key_answers_the_same_ticket(shift: Shift) -> None:
    shift.edited("a-n1", "b-n1")
    client = signed_in(shift.yard.people["root"])
    body = {"canary": "a-n1", "projects": ["b-n1"], "note": "after the compiler moved"}
    first = client.post(URL, body, headers={"Idempotency-Key": "one"})
    again = client.post(URL, body, headers={"Idempotency-Key": "one"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert (first.json()["id"], first.json()["kind"]) == (again.json()["id"], "resync_jobs")
    assert first.json()["form"] == {"language": "rust", "canary": "a-n1", "projects": ["b-n1"]}
    assert first.json()["note"] == "after the compiler moved"


# -- what it may not name -----------------------------------------------------------------------------------
def test_jobs_that_are_foreign_gone_or_as_the_template_are_refused_each_with_its_reason(
    shift: Shift, yard: Yard
) -> None:
    shift.edited("a-n1")
    yard.project("follows-n1")
    yard.project("gone-n1", job=False)
    yard.project("theirs-n1", job=False)
    yard.put("theirs-n1", job_xml("make theirs"))
    error = refused(shift, "a-n1", "follows-n1", "gone-n1", "theirs-n1")
    assert isinstance(error, Invalid) and error.fields is not None
    assert [(one["code"], one["params"]["job"]) for one in error.fields["projects"]] == [
        ("resync.job_follows", "follows-n1"),
        ("resync.job_missing", "gone-n1"),
        ("resync.job_foreign", "theirs-n1"),
    ]
    canary = refused(shift, "theirs-n1")
    assert canary.fields is not None and canary.fields["canary"][0]["code"] == "resync.job_foreign"


def test_a_job_that_cannot_be_read_is_not_taken_in(shift: Shift, yard: Yard) -> None:
    shift.edited("a-n1")
    yard.client.call("DELETE", "/job/tpl-rust/")
    yard.jobs.remove("tpl-rust")
    error = refused(shift, "a-n1")
    assert error.fields is not None and error.fields["canary"][0]["code"] == "jenkins.template_missing"


def test_unknown_projects_another_language_and_the_canary_twice_are_refused(shift: Shift, yard: Yard) -> None:
    shift.edited("a-n1", "b-n1")
    assert refused(shift, "a-n1", "nobody-n1").code == "resync.project_gone"
    assert refused(shift, "a-n1", "elsewhere-n1").code == "resync.project_gone"
    twice = refused(shift, "a-n1", "a-n1")
    assert twice.fields is not None and twice.fields["projects"][0]["code"] == "resync.canary_twice"
    assert "projects" in (refused(shift, "a-n1", "b-n1", "b-n1").fields or {})
    other = refused(shift, "b-n1", filed_for="a-n1")
    assert other.fields is not None and other.fields["canary"][0]["code"] == "resync.other_canary"
    many = [f"p{number}" for number in range(100)]
    assert "projects" in (refused(shift, "a-n1", *many).fields or {})


def test_one_resync_of_a_language_at_a_time(shift: Shift) -> None:
    shift.edited("a-n1", "b-n1")
    first = shift.ask("a-n1")
    with pytest.raises(Conflict) as caught:
        shift.ask("b-n1")
    assert (caught.value.code, caught.value.params["ticket"]) == ("resync.open_already", first.pk)
    assert Ticket.objects.count() == 1


# -- who ------------------------------------------------------------------------------------------------------
def test_who_may_edit_templates_files_and_nobody_else(shift: Shift) -> None:
    shift.edited("a-n1")
    body = {"canary": "a-n1", "projects": []}
    people = shift.yard.people
    assert [signed_in(people[who]).post(URL, body).status_code for who in ("ops", "dev")] == [403, 403]
    limited = with_token(people["root"], "*", project=shift.yard.projects["a-n1"])
    assert limited.post(URL, body).status_code == 403
    assert Ticket.objects.count() == 0
    assert signed_in(people["root"]).post(URL, body).status_code == 201


@pytest.mark.parametrize("who", ["second", "ops"])
def test_another_administrator_or_ops_of_anywhere_approve(shift: Shift, who: str) -> None:
    shift.edited("a-n1")
    assert shift.approve(shift.ask("a-n1"), who).status == "queued"


@pytest.mark.parametrize("who", ["root", "dev"])
def test_neither_who_asked_nor_anybody_else_approves(shift: Shift, who: str) -> None:
    shift.edited("a-n1")
    ticket = shift.ask("a-n1")
    with pytest.raises(DomainError) as caught:
        shift.approve(ticket, who)
    assert caught.value.http_status in (403, 404)
    assert (Ticket.objects.get(pk=ticket.pk).status, Approval.objects.count()) == ("pending_approval", 0)
    assert shift.yard.written() == []


def test_a_token_of_who_asked_is_who_asked(shift: Shift) -> None:
    shift.edited("a-n1")
    ticket = shift.ask("a-n1")
    root = shift.yard.people["root"]
    token = Actor(user_id=root.pk, name="root", kind="token", token_id=7, is_instance_admin=True)
    with pytest.raises(Denied):
        decide(ticket, decision="approve", comment="", fingerprint=ticket.fingerprint, actor=token)
    assert actor_of(root).user_id == token.user_id


# -- what an approval is bound to -----------------------------------------------------------------------------
def test_a_job_edited_before_the_approval_has_to_be_read_again(shift: Shift, yard: Yard) -> None:
    shift.edited("a-n1")
    ticket = shift.ask("a-n1")
    yard.edit("a-n1", "make by-hand", "make worse")
    with pytest.raises(Conflict) as caught:
        shift.approve(ticket)
    assert caught.value.code == "approval.changed"
    changed = {line["path"]: (line["before"], line["after"]) for line in caught.value.params["lines"]}
    assert changed["jobs.a-n1.differences[0].job"] == ("make by-hand", "make worse")
    assert shift.approve(ticket).status == "queued"


def test_a_new_version_or_a_changed_template_job_moves_the_fingerprint(shift: Shift, yard: Yard) -> None:
    shift.edited("a-n1")
    ticket = shift.ask("a-n1")
    kind = TemplateVersion.Kind.JENKINS_JOB
    TemplateVersion.objects.create(language=yard.language, kind=kind, version=2, jenkins_template="tpl-rust")
    with pytest.raises(Conflict) as caught:
        shift.approve(ticket)
    assert {line["path"] for line in caught.value.params["lines"]} == {"template.version"}
    yard.template("make image --fast")
    with pytest.raises(Conflict) as caught:
        shift.approve(ticket)
    assert f"template.hashes.{yard.row.pk}" in {line["path"] for line in caught.value.params["lines"]}
