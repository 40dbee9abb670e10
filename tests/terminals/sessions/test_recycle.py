"""Recycling: exactly that pod goes, by its uid, and its successor is awaited; a touched pod is remembered until then."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.terminals.chores import see_gone
from apps.terminals.models import TerminalSession
from apps.terminals.services import live
from apps.tickets.models import Ticket
from apps.workloads.models import ClusterHeartbeat, ObservedDeployment
from tests.releases.hand import SLUG, Cluster, Hand
from tests.support.sandbox import fault, only_new
from tests.support.story import Company, wait_for
from tests.terminals.sessions.paper import HOST
from tests.terminals.sessions.web import SESSIONS, browser, first_pod_on, key_of, opened, pods_on, workload_on
from tests.tickets.web import refusals, signed_in, told

pytestmark = pytest.mark.django_db(transaction=True)
REASON = "It was changed by hand."


def touched(company: Company, who: str = "developer") -> TerminalSession:
    """A session in test that was used and left."""
    client, made = opened(company, who)
    live.redeem(made["id"], made["claim"], key_of(client), host=HOST)
    live.note_opened(made["id"], HOST, "/bin/sh")
    live.note_first_use(made["id"])
    live.note_ended(made["id"], "terminal.end.left")
    return TerminalSession.objects.get(pk=made["id"])


def uids(cluster: str = "test-1") -> set[str]:
    return {pod["metadata"]["uid"] for pod in pods_on(cluster)}


def reminders(company: Company, who: str) -> list[int]:
    answer = signed_in(company.people[who]).get("/api/v1/inbox").json()
    assert answer["counts"]["needs"] == len(answer["reminders"]) + len(answer["results"])
    return [one["id"] for one in answer["reminders"]]


def test_one_click_replaces_exactly_that_pod_and_ends_the_reminder(company: Company, hand: Hand) -> None:
    session, before = touched(company), uids()
    assert reminders(company, "developer") == reminders(company, "ops") == [session.pk]
    assert reminders(company, "tester") == reminders(company, "stranger") == reminders(company, "admin") == []
    server = company.sandbox.clusters["test-1"]
    with only_new(server) as entries:
        answer = browser(company.people["developer"]).post(f"{SESSIONS}{session.pk}/recycle/", {"reason": REASON})
        assert answer.status_code == 201, answer.json()
        assert reminders(company, "developer") == []
        ended = hand.drive(Ticket.objects.get(pk=answer.json()["id"]))
        deleted = entries("pods.delete", accepted=True)
    assert (ended.status, ended.reason) == ("succeeded", None)
    assert [entry.subject for entry in deleted] == [f"test/{session.pod}"]
    wait_for(lambda: len(uids()) == 2, 10, "the successor")
    assert len(uids() - before) == 1
    assert session.pod_uid not in uids()
    session.refresh_from_db()
    assert (session.recycle_ticket, session.pod_gone_at is not None) == (ended, True)
    assert reminders(company, "ops") == []
    assert told(browser(company.people["ops"]).post(f"{SESSIONS}{session.pk}/recycle/", {"reason": REASON})) == (
        409,
        "recycle.pod_gone_already",
    )


def test_an_unanswered_delete_is_looked_up_and_not_made_twice(company: Company, hand: Hand) -> None:
    session, before = touched(company), uids()
    server = company.sandbox.clusters["test-1"]
    fault(server, "pods.delete", "accept_then_drop")
    with only_new(server) as entries:
        ticket = company.file("recycle_pod", "developer", SLUG, "test", **form(session))
        assert hand.drive(ticket, hurry=True).status == "succeeded"
        # the client says a DELETE again when its connection broke; it names the same pod by its uid
        assert {entry.subject for entry in entries("pods.delete", accepted=True)} == {f"test/{session.pod}"}
    assert len(uids() - before) == 1


def form(session: TerminalSession, **more: Any) -> dict[str, Any]:
    asked = {"workload": workload_on("test-1").pk, "pod": session.pod, "uid": session.pod_uid, "reason": REASON}
    return {**asked, **more}


def test_another_pod_under_the_same_name_stays(company: Company, hand: Hand) -> None:
    session = touched(company)
    answer = signed_in(company.people["developer"]).post(
        "/api/v1/tickets/",
        {
            "kind": "recycle_pod",
            "project": SLUG,
            "environment": "test",
            "note": "",
            "form": form(session, uid="00000000-0000-0000-0000-000000000000"),
        },
    )
    assert told(answer) == (409, "pod.replaced")
    ticket = company.file("recycle_pod", "developer", SLUG, "test", **form(session))
    ticket.steps.update(params={**ticket.steps.get(name="delete_pod").params, "uid": "0-0"})
    before = uids()
    assert hand.drive(ticket).status == "succeeded"
    assert uids() == before


def test_production_needs_an_approval_and_test_none(company: Company, hand: Hand) -> None:
    pod = first_pod_on("dc1")["metadata"]
    asked = {"workload": workload_on("dc1").pk, "pod": pod["name"], "uid": pod["uid"], "reason": REASON}
    ticket = company.file("recycle_pod", "developer", SLUG, "production", **asked)
    assert (ticket.status, ticket.approvals_needed) == ("pending_approval", 1)
    company.approve(ticket)
    assert hand.drive(ticket).status == "succeeded"
    wait_for(lambda: pod["uid"] not in uids("dc1"), 10, "the pod's end")


def test_a_pod_that_nobody_touched_through_the_session_is_not_recycled_by_it(company: Company) -> None:
    client, made = opened(company)
    path = f"{SESSIONS}{made['id']}/recycle/"
    assert told(client.post(path, {"reason": REASON})) == (409, "terminal.not_touched")
    assert told(browser(company.people["owner"]).post(path, {"reason": REASON})) == (403, "policy.needs_role")
    assert told(browser(company.people["stranger"]).post(path, {"reason": REASON})) == (404, "not_found")
    assert refusals() == ["pod.recycle", "terminal.read"]
    assert not Ticket.objects.exists()


def test_a_touched_pod_that_went_by_itself_needs_no_recycling(company: Company) -> None:
    session = touched(company)
    TerminalSession.objects.update(ended_at=timezone.now() - timedelta(minutes=1))
    workload = session.workload
    seen = ObservedDeployment.objects.create(workload=workload, pods=[{"name": session.pod}], changed_at=timezone.now())
    see_gone("")
    assert reminders(company, "developer") == [session.pk]  # the cluster is not heard
    beat = ClusterHeartbeat.objects.create(cluster=session.cluster, seen_at=timezone.now())
    see_gone("")
    assert reminders(company, "developer") == [session.pk]  # it is still there
    seen.pods = []
    seen.save()
    beat.seen_at = timezone.now() - timedelta(minutes=1)
    beat.save()
    see_gone("")
    assert reminders(company, "developer") == [session.pk]
    beat.seen_at = timezone.now()
    beat.save()
    see_gone("")
    assert reminders(company, "developer") == []


def test_two_sessions_in_one_pod_are_one_reminder(company: Company) -> None:
    touched(company, "ops")
    newer = touched(company)
    assert newer.pod_uid == TerminalSession.objects.earliest("pk").pod_uid
    assert reminders(company, "ops2") == [newer.pk]


def test_a_pod_that_will_not_go_fails_with_a_sentence(company: Company, hand: Hand) -> None:
    session = touched(company)
    cluster = Cluster(company, "test-1")
    path = f"/api/v1/namespaces/test/pods/{session.pod}"
    cluster.call("PATCH", path, {"metadata": {"finalizers": ["example.com/hold"]}}, "application/merge-patch+json")
    try:
        ticket = company.file("recycle_pod", "developer", SLUG, "test", **form(session))
        target = f"test-1/{SLUG}"
        hand.drive(ticket, until=hand.step_is(ticket, "await_successor", "waiting", target))
        ticket.steps.filter(name="await_successor").update(started_at=timezone.now() - timedelta(minutes=6))
        ended = hand.drive(ticket, hurry=True)
        assert (ended.status, ended.reason["code"]) == ("failed", "recycle.pod_still_there")
    finally:
        cluster.call("PATCH", path, {"metadata": {"finalizers": None}}, "application/merge-patch+json")
